/// The figures of one step: a line of `metrics.jsonl`.
public struct StepRecord: Codable, Sendable, Equatable {
    /// Steps done, this one included.
    public var step: Int
    /// Epoch of the step, from 1.
    public var epoch: Int
    /// Mean loss over the photos of the step.
    public var loss: Double
    /// Share of the photos of the step whose landmark came first.
    public var accuracy: Double
    /// Learning rate of the step.
    public var learningRate: Double
    /// Photos of the step over its time, all ranks together.
    public var imagesPerSecond: Double
    /// Time of the step.
    public var stepSeconds: Double
    /// Part of it in which rank 0 waited for photos.
    public var dataSeconds: Double
    /// Part of it in which rank 0 waited for other ranks and moved gradients and weights.
    public var communicationSeconds: Double
    /// Steps of the whole run; not stored.
    public var totalSteps = 0
    /// Steps of an epoch; not stored.
    public var stepsPerEpoch = 0

    /// Makes a record of its figures.
    public init(
        step: Int,
        epoch: Int,
        loss: Double,
        accuracy: Double,
        learningRate: Double,
        imagesPerSecond: Double,
        stepSeconds: Double,
        dataSeconds: Double,
        communicationSeconds: Double,
        totalSteps: Int = 0,
        stepsPerEpoch: Int = 0
    ) {
        self.step = step
        self.epoch = epoch
        self.loss = loss
        self.accuracy = accuracy
        self.learningRate = learningRate
        self.imagesPerSecond = imagesPerSecond
        self.stepSeconds = stepSeconds
        self.dataSeconds = dataSeconds
        self.communicationSeconds = communicationSeconds
        self.totalSteps = totalSteps
        self.stepsPerEpoch = stepsPerEpoch
    }

    private enum CodingKeys: String, CodingKey {
        case step, epoch, loss, accuracy
        case learningRate = "learning_rate"
        case imagesPerSecond = "images_per_second"
        case stepSeconds = "step_seconds"
        case dataSeconds = "data_seconds"
        case communicationSeconds = "communication_seconds"
    }
}
