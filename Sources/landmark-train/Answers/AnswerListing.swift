import Images
import Reporting
import Training

/// The tutorial's listing of a test: a line for each photo, and the errors at the end.
struct AnswerListing {
    /// The lines.
    let lines: [String]

    /// Lists what was found about `photos`; classes are told by their label.
    init(_ findings: Evaluator.Findings, of photos: any Dataset) {
        var lines: [String] = []
        var errors = 0
        for outcome in findings.outcomes {
            guard let best = outcome.best.first else { continue }
            let label = photos.label(outcome.photo)
            if best.label != label { errors += 1 }
            let confidence = Figures.fixed(Double(best.confidence), 2)
            lines.append("Class: \(best.label) - Confidence: \(confidence) - GT: \(label)")
        }
        let right = Double(lines.count - errors) / Double(max(lines.count, 1))
        lines.append("Errors:  \(errors) Acc: \(Figures.fixed(100 * right, 2))")
        self.lines = lines
    }
}
