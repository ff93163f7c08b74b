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
