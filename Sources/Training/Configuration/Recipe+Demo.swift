import Networks

extension TrainingConfiguration {
    /// Built-in landmarks at 64² and a small network.
    static var demo: TrainingConfiguration {
        var recipe = TrainingConfiguration(
            recipe: .demo,
            model: .small,
            imageSize: 64,
            learningRate: 0.1,
            batch: 64,
            epochs: 12
        )
        recipe.referenceBatch = 64
        recipe.nesterov = true
        recipe.weightDecay = 5e-4
        recipe.schedule = .cosine
        recipe.warmupEpochs = 1
        recipe.labelSmoothing = 0.05
        recipe.dropLast = true
        recipe.augmentation = AugmentationSettings(
            minimumScale: 0.6,
            flip: 0.5,
            colourJitter: 0,
            erasing: 0
        )
        return recipe
    }
}
