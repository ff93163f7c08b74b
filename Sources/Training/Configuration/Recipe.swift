import Networks

/// A named set of training settings to start from.
public enum Recipe: String, CaseIterable, Codable, Sendable {
    /// Built-in landmarks at 64² and a small network, in a minute or two.
    case demo
    /// The settings of the Keras tutorial that this program grew out of: VGG19 with RMSprop as Keras
    /// defines it.
    ///
    /// Its weaknesses are left out: the split keeps every class in training, runs are seeded,
    /// evaluated, checkpointed and resumable, and an unreadable photo does not end them.
    case tutorial
    /// The default for photos of landmarks, from random weights: ResNet-18 with momentum and a cosine
    /// schedule, as the winners of the Google Landmark challenges train, at a size that CPUs finish.
    case landmark
    /// The default for weights to start from: a lower rate, that keeps what the network has learned, and a
    /// shorter course.
    case fineTune = "fine-tune"

    /// The settings: the usual values, but for what is said here.
    public var configuration: TrainingConfiguration {
        var settings = TrainingConfiguration(recipe: self)
        switch self {
        case .demo:
            settings.model = .small
            settings.imageSize = 64
            settings.epochs = 12
            settings.labelSmoothing = 0.05
            settings.minimumScale = 0.6
            Recipe.momentumAndCosine(&settings)
        case .landmark:
            settings.labelSmoothing = 0.1
            settings.minimumScale = 0.35
            settings.minimumSteps = 1_500
            Recipe.momentumAndCosine(&settings)
        case .fineTune:
            settings.epochs = 12
            settings.labelSmoothing = 0.1
            settings.minimumScale = 0.35
            settings.minimumSteps = 300
            Recipe.momentumAndCosine(&settings)
            settings.learningRate = 0.01
            settings.weightDecay = 1e-4
        case .tutorial:
            settings.model = .tutorial
            settings.imageSize = 224
            settings.preprocessing = .stretch
            settings.batch = 16
            settings.epochs = 15
            settings.optimizer = .rmspropKeras
            settings.learningRate = 1e-4
            settings.momentum = 0.09
            settings.rho = 0.9
            settings.epsilon = 1e-7
            settings.schedule = .inverseTime
            settings.inverseTimeDecay = 1e-6
        }
        return settings
    }

    private static func momentumAndCosine(_ settings: inout TrainingConfiguration) {
        settings.referenceBatch = 64
        settings.nesterov = true
        settings.weightDecay = 5e-4
        settings.schedule = .cosine
        settings.warmupEpochs = 1
        settings.dropLast = true
        settings.flip = 0.5
    }
}
