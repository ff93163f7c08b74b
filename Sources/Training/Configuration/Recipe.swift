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
    /// The default for weights to start from: a lower rate before the head, which keeps what the network has
    /// learned, and a shorter course; with a frozen trunk what suits a head alone.
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
            // Of the head; what lies before it has a tenth of that.
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

    /// The settings with changes made to them, such as those of flags.
    ///
    /// Where they freeze the trunk, `fineTune` starts from what suits a head alone: on features of a frozen
    /// EfficientNet-Lite0, held-out photos liked rates from 0.01 to 0.03 best, on 341 photos as on 7,060. Photos
    /// stay as they are, so that the trunk computes each once, but where several views of them are asked for.
    public func configuration(
        _ change: (inout TrainingConfiguration) -> Void
    ) -> TrainingConfiguration {
        var settings = configuration
        change(&settings)
        guard self == .fineTune, settings.freezing == .trunk else { return settings }
        let isPlain = settings.cachedViews == 1
        settings = configuration
        settings.learningRate = 0.03
        if isPlain { settings.augmentation = .none }
        change(&settings)
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
