/// What a run tells while it goes on, on rank 0 only and in the order it happened.
///
/// The files of the run folder (`metrics.jsonl`, `evaluations.jsonl`, `skipped.csv`, checkpoints)
/// are kept by the trainer itself; events are for showing and for further formats.
public enum TrainingEvent: Sendable, Equatable {
    /// A step is done.
    case step(StepRecord)
    /// An evaluation has come as far as `done` of `count` photos.
    case evaluating(done: Int, of: Int)
    /// An evaluation is done.
    case evaluation(EvaluationRecord)
    /// A checkpoint lies whole on the disk.
    case checkpoint(path: String, step: Int)
    /// A photo could not be read; told once for each photo.
    case photoSkipped(path: String, reason: String)
    /// Something that a user should know, in a sentence: what was mended, passed over or moved.
    case remark(String)
}

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

/// An evaluation in the course of a run: a line of `evaluations.jsonl`.
///
/// As JSON it is one flat object: the fields of the result, `epoch`, `seconds`, and where evaluations take
/// a sample `sampled_from` or `sample_top1`.
public struct EvaluationRecord: Codable, Sendable, Equatable {
    /// What came out.
    public var result: EvaluationResult
    /// Epochs begun when it was made, from 1.
    public var epoch: Int
    /// How long it took.
    public var seconds: Double
    /// Held-out photos that the ones asked about are a sample of; nil = they are all.
    public var sampledFrom: Int?
    /// Top-1 on the sample that earlier evaluations took, where this one took all; nil = there is no sample.
    public var sampleTop1: Double?

    /// Makes a record of a result.
    public init(_ result: EvaluationResult, epoch: Int, seconds: Double) {
        self.result = result
        self.epoch = epoch
        self.seconds = seconds
    }

    /// Steps done when it was made.
    public var step: Int { result.step }

    /// The share by which the evaluations of a run are compared: of the same photos each time.
    public var comparableTop1: Double { sampleTop1 ?? result.top1 }

    private enum CodingKeys: String, CodingKey {
        case epoch, seconds
        case sampledFrom = "sampled_from"
        case sampleTop1 = "sample_top1"
    }

    /// Reads the flat object.
    public init(from decoder: any Decoder) throws {
        result = try EvaluationResult(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        epoch = try container.decode(Int.self, forKey: .epoch)
        seconds = try container.decode(Double.self, forKey: .seconds)
        sampledFrom = try container.decodeIfPresent(Int.self, forKey: .sampledFrom)
        sampleTop1 = try container.decodeIfPresent(Double.self, forKey: .sampleTop1)
    }

    /// Writes the flat object.
    public func encode(to encoder: any Encoder) throws {
        try result.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(epoch, forKey: .epoch)
        try container.encode(seconds, forKey: .seconds)
        try container.encodeIfPresent(sampledFrom, forKey: .sampledFrom)
        try container.encodeIfPresent(sampleTop1, forKey: .sampleTop1)
    }
}

extension Duration {
    /// The duration in seconds.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
