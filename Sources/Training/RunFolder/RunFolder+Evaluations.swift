import Foundation

/// What the lines of `evaluations.jsonl` say to a run that goes on.
extension RunFolder {
    /// What counts of a line.
    private struct Mark: Decodable {
        let step: Int
        let top1: Double
        let sample_top1: Double?
    }

    /// The lines that can be read, one after the other.
    private var marks: [Mark] {
        let text = FileManager.default.contents(atPath: evaluations) ?? Data()
        return text.split(separator: 0x0A).compactMap {
            try? JSONDecoder().decode(Mark.self, from: $0)
        }
    }

    /// Whether the weights after `step` steps were evaluated.
    func isEvaluated(step: Int) -> Bool { marks.contains { $0.step == step } }

    /// The best evaluation of at most `step` steps, the earliest of equals.
    ///
    /// - Parameter known: one that a checkpoint tells of, should its line be lost.
    func best(upTo step: Int, or known: CheckpointMetadata.Best?) -> CheckpointMetadata.Best? {
        let all =
            marks.filter { $0.step <= step }.map {
                CheckpointMetadata.Best(step: $0.step, top1: $0.sample_top1 ?? $0.top1)
            } + (known.map { [$0] } ?? [])
        return all.max { ($0.top1, -$0.step) < ($1.top1, -$1.step) }
    }
}
