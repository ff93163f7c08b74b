import ArgumentParser
import Training

/// Flags about the update rule.
struct OptimisationFlags: ParsableArguments {
    @Option(help: "The update rule.")
    var optimizer: OptimizerKind?

    @Option(name: [.long, .customLong("lr")], help: "Learning rate at the top of the schedule.")
    var learningRate: Double?

    @Option(help: "Batch that the learning rate is meant for, scaled linearly; 0 = no scaling.")
    var referenceBatch: Int?

    @Option(help: "Momentum of sgd and rmsprop.")
    var momentum: Double?

    @Flag(inversion: .prefixedNo, help: "Nesterov's form of momentum, with sgd.")
    var nesterov: Bool?

    @Option(help: "Decay of rmsprop's mean of squares.")
    var rho: Double?

    @Option(help: "Decay of adamw's first moment.")
    var beta1: Double?

    @Option(help: "Decay of adamw's second moment.")
    var beta2: Double?

    @Option(help: "Smallest divisor of rmsprop and adamw.")
    var epsilon: Double?

    @Option(help: "Weight decay, not applied to biases and norms.")
    var weightDecay: Double?

    @Option(help: "Course of the learning rate.")
    var schedule: ScheduleKind?

    @Option(help: "Epochs of linear warm-up.")
    var warmupEpochs: Double?

    @Option(help: "Rate of the inverse-time schedule.")
    var inverseTimeDecay: Double?

    @Option(help: "Epochs between drops of the step schedule.")
    var stepEpochs: Double?

    @Option(help: "Factor of a drop of the step schedule.")
    var stepFactor: Double?

    @Option(help: "Share of the target spread over all classes.")
    var labelSmoothing: Double?

    @Option(help: "Largest norm of the gradient; 0 = not clipped.")
    var clip: Double?

    @Option(help: "Decay of a running average of the weights, used in evaluation; 0 = none.")
    var ema: Double?

    func apply(to configuration: inout TrainingConfiguration) {
        if let optimizer { configuration.optimizer = optimizer }
        if let learningRate { configuration.learningRate = learningRate }
        if let referenceBatch {
            configuration.referenceBatch = referenceBatch == 0 ? nil : referenceBatch
        }
        if let momentum { configuration.momentum = momentum }
        if let nesterov { configuration.nesterov = nesterov }
        if let rho { configuration.rho = rho }
        if let beta1 { configuration.beta1 = beta1 }
        if let beta2 { configuration.beta2 = beta2 }
        if let epsilon { configuration.epsilon = epsilon }
        if let weightDecay { configuration.weightDecay = weightDecay }
        if let schedule { configuration.schedule = schedule }
        if let warmupEpochs { configuration.warmupEpochs = warmupEpochs }
        if let inverseTimeDecay { configuration.inverseTimeDecay = inverseTimeDecay }
        if let stepEpochs { configuration.stepEpochs = stepEpochs }
        if let stepFactor { configuration.stepFactor = stepFactor }
        if let labelSmoothing { configuration.labelSmoothing = labelSmoothing }
        if let clip { configuration.clip = clip == 0 ? nil : clip }
        if let ema { configuration.ema = ema == 0 ? nil : ema }
    }
}
