/// The settings of the update rule, the course of the learning rate and the loss.
public struct OptimisationSettings: SettingGroup {
    /// Title of the flags in `--help`.
    public static let title = "Optimisation"

    /// Makes the definitions.
    public init() {}

    /// The update rule.
    public let optimizer = Setting(
        "optimizer",
        aliases: ["opt"],
        "The update rule; timm's sgd is sgd with --nesterov, timm's momentum is sgd without",
        usual: OptimizerKind.sgd,
        resume: .fixed
    )

    /// Learning rate at the top of the schedule, for a batch of `referenceBatch`.
    public let learningRate = Setting(
        "learning_rate",
        aliases: ["lr"],
        "Learning rate at the top of the schedule, for a batch of --reference-batch",
        usual: 0.1,
        check: .positive("a positive number such as 0.1")
    )

    /// The learning rate is multiplied by `batch / referenceBatch`; nil = used as it is.
    public let referenceBatch = Setting<Int?>(
        "reference_batch",
        "Batch that the learning rate is for: it is multiplied by --batch over this; 0 = used as it "
            + "is, as timm and torchvision do",
        none: 0,
        check: .within(1...TrainingConfiguration.largestBatch)
    )

    /// Factor of the learning rate before the head; nil = 0.1 where a run starts from weights, else 1.
    public let trunkLearningRateFactor = Setting<Double?>(
        "trunk_learning_rate_factor",
        flag: "trunk-lr-factor",
        "Factor of the learning rate of all that lies before the head (default: 0.1 with --weights, else 1)",
        check: .zeroOrMore
    )

    /// Momentum of SGD and RMSprop.
    public let momentum = Setting(
        "momentum",
        "Momentum of sgd and rmsprop",
        usual: 0.9,
        check: .shareBelowOne,
        resume: .fixedAs { $0 > 0 ? "above 0" : "0" }
    )

    /// Nesterov's form of momentum, with SGD.
    public let nesterov = Setting(
        "nesterov",
        "Nesterov's form of momentum, with sgd",
        usual: false
    )

    /// Decay of RMSprop's mean of squares.
    public let rho = Setting(
        "rho",
        "Decay of the mean of squared gradients, of rmsprop",
        usual: 0.9,
        check: .shareBelowOne
    )

    /// Decay of AdamW's first moment.
    public let beta1 = Setting(
        "beta1",
        "Decay of the first moment, of adamw",
        usual: 0.9,
        check: .shareBelowOne
    )

    /// Decay of AdamW's second moment.
    public let beta2 = Setting(
        "beta2",
        "Decay of the second moment, of adamw",
        usual: 0.999,
        check: .shareBelowOne
    )

    /// Smallest divisor of RMSprop and AdamW.
    public let epsilon = Setting(
        "epsilon",
        aliases: ["opt-eps"],
        "Epsilon in the denominator, of rmsprop and adamw",
        usual: 1e-8,
        check: .positive
    )

    /// Weight decay, not applied to biases and norms.
    public let weightDecay = Setting(
        "weight_decay",
        aliases: ["wd"],
        "Weight decay, not applied to biases and norms",
        usual: 0.0,
        check: .zeroOrMore
    )

    /// Course of the learning rate.
    public let schedule = Setting(
        "schedule",
        aliases: ["sched", "lr-scheduler"],
        "Learning-rate schedule",
        usual: ScheduleKind.constant
    )

    /// Epochs of linear warm-up.
    public let warmupEpochs = Setting(
        "warmup_epochs",
        aliases: ["lr-warmup-epochs"],
        "Epochs of linear warm-up",
        usual: 0.0,
        check: .zeroOrMore
    )

    /// Rate of the inverse-time schedule: lr / (1 + decay · step).
    public let inverseTimeDecay = Setting(
        "inverse_time_decay",
        "Rate of the inverse-time schedule",
        usual: 0.0,
        check: .zeroOrMore
    )

    /// Epochs between drops of the step schedule.
    public let stepEpochs = Setting(
        "step_epochs",
        aliases: ["decay-epochs", "lr-step-size"],
        "Epochs between drops of the step schedule",
        usual: 10.0,
        check: .positive
    )

    /// Factor of a drop of the step schedule.
    public let stepFactor = Setting(
        "step_factor",
        aliases: ["decay-rate", "lr-gamma"],
        "Factor of a drop of the step schedule",
        usual: 0.1,
        check: .positive
    )

    /// Share of the target spread evenly over all classes.
    public let labelSmoothing = Setting(
        "label_smoothing",
        aliases: ["smoothing"],
        "Label smoothing: fraction of the target that is spread over all classes",
        usual: 0.0,
        check: .shareBelowOne
    )

    /// Largest norm of the gradient; nil = not clipped.
    public let clip = Setting<Double?>(
        "clip",
        aliases: ["clip-grad", "clip-grad-norm"],
        "Largest norm of the gradient, which is scaled down to it; 0 = no clipping",
        none: 0,
        check: .positive("a positive norm such as 1")
    )

    /// Decay of the running average of weights that is evaluated and exported; nil = none.
    public let ema = Setting<Double?>(
        "ema",
        aliases: ["model-ema-decay"],
        "Decay of the exponential moving average of weights, which is evaluated and exported; 0 = none",
        none: 0,
        check: .shareBelowOne,
        resume: .fixedAs { $0 == nil ? "0" : "above 0" }
    )
}

extension TrainingConfiguration {
    /// Learning rate at the top of the schedule for this batch (linear scaling; Goyal et al.,
    /// "Accurate, Large Minibatch SGD", 2017).
    public var scaledLearningRate: Double {
        guard let reference = self.referenceBatch else { return self.learningRate }
        return self.learningRate * Double(self.batch) / Double(reference)
    }

    /// Factor of the learning rate before the head.
    public var trunkRate: Double {
        self.trunkLearningRateFactor ?? (self.weights == nil ? 1 : 0.1)
    }

    /// The update rule for a shard of `count` elements.
    public func makeOptimizer(count: Int) -> any Optimizer {
        let (momentum, rho, epsilon) = (self.momentum, self.rho, self.epsilon)
        let weightDecay = self.weightDecay
        switch self.optimizer {
        case .sgd:
            return SGD(
                count: count,
                momentum: momentum,
                nesterov: self.nesterov,
                weightDecay: weightDecay
            )
        case .rmsprop:
            return RMSprop(
                count: count,
                rho: rho,
                momentum: momentum,
                epsilon: epsilon,
                weightDecay: weightDecay
            )
        case .rmspropKeras:
            return KerasRMSprop(
                count: count,
                rho: rho,
                momentum: momentum,
                epsilon: epsilon,
                weightDecay: weightDecay
            )
        case .adamw:
            return AdamW(
                count: count,
                beta1: self.beta1,
                beta2: self.beta2,
                epsilon: epsilon,
                weightDecay: weightDecay
            )
        }
    }
}
