/// An evaluation in the course of a run: a line of `evaluations.jsonl`.
///
/// As JSON it is one flat object: the fields of the result, `epoch` and `seconds`.
public struct EvaluationRecord: Codable, Sendable, Equatable {
    /// What came out.
    public var result: EvaluationResult
    /// Epochs begun when it was made, from 1.
    public var epoch: Int
    /// How long it took.
    public var seconds: Double

    /// Makes a record of a result.
    public init(_ result: EvaluationResult, epoch: Int, seconds: Double) {
        self.result = result
        self.epoch = epoch
        self.seconds = seconds
    }

    /// Steps done when it was made.
    public var step: Int { result.step }

    private enum CodingKeys: String, CodingKey {
        case epoch, seconds
    }

    /// Reads the flat object.
    public init(from decoder: any Decoder) throws {
        result = try EvaluationResult(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        epoch = try container.decode(Int.self, forKey: .epoch)
        seconds = try container.decode(Double.self, forKey: .seconds)
    }

    /// Writes the flat object.
    public func encode(to encoder: any Encoder) throws {
        try result.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(epoch, forKey: .epoch)
        try container.encode(seconds, forKey: .seconds)
    }
}
