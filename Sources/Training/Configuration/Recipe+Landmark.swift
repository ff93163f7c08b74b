import Networks

extension TrainingConfiguration {
    /// ResNet-18 with momentum and a cosine schedule, as the winners of the Google Landmark
    /// challenges train, at a size that CPUs finish.
    static var landmark: TrainingConfiguration {
        var recipe = TrainingConfiguration(
            recipe: .landmark,
            model: .resnet18,
            imageSize: 128,
            learningRate: 0.1,
            batch: 64,
            epochs: 30
        )
        recipe.referenceBatch = 64
        recipe.nesterov = true
        recipe.weightDecay = 5e-4
        recipe.schedule = .cosine
        recipe.warmupEpochs = 1
        recipe.labelSmoothing = 0.1
        recipe.dropLast = true
        recipe.augmentation = AugmentationSettings(
            minimumScale: 0.35,
            flip: 0.5,
            colourJitter: 0,
            erasing: 0
        )
        return recipe
    }
}
