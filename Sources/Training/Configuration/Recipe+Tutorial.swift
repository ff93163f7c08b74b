import Networks

extension TrainingConfiguration {
    /// The tutorial's VGG19 with RMSprop as Keras defines it.
    ///
    /// Its weaknesses are left out: the split keeps every class in training, runs are seeded,
    /// evaluated, checkpointed and resumable, and an unreadable photo does not end them.
    static var tutorial: TrainingConfiguration {
        var recipe = TrainingConfiguration(
            recipe: .tutorial,
            model: .tutorial,
            imageSize: 224,
            learningRate: 1e-4,
            batch: 16,
            epochs: 15
        )
        recipe.preprocessing = .stretch
        recipe.optimizer = .rmspropKeras
        recipe.momentum = 0.09
        recipe.rho = 0.9
        recipe.epsilon = 1e-7
        recipe.schedule = .inverseTime
        recipe.inverseTimeDecay = 1e-6
        return recipe
    }
}
