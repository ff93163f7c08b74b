import Images
import Reporting
import Training

/// The figures of an evaluation as a person reads them.
struct ResultText {
    let lines: [String]

    /// Writes out `result` on photos that come from `source`.
    init(_ result: EvaluationResult, source: String) {
        var rows = [
            (
                "top-1",
                "\(Figures.percent(result.top1, decimals: 2))  \(Figures.grouped(result.correct)) right"
            ),
            ("top-5", Figures.percent(result.top5, decimals: 2)),
            ("loss", Figures.fixed(result.loss, 4)),
            ("GAP", Figures.fixed(result.gap, 4)),
            ("mean over landmarks", Figures.percent(result.macroAccuracy, decimals: 2)),
        ]
        if let new = result.new {
            rows.append(
                (
                    "new photos",
                    "\(Figures.percent(new.top1, decimals: 2))  \(Figures.grouped(new.correct)) of "
                        + "\(Figures.grouped(new.images)) right, which came after the run began"
                )
            )
        }
        if result.skipped > 0 {
            rows.append(("unreadable", Figures.count(result.skipped, "photo")))
        }
        if result.unknown > 0 {
            rows.append(("never learned", Figures.count(result.unknown, "photo")))
        }
        if let count = result.nonLandmark {
            rows.append(("no landmark", Figures.count(count, "photo")))
        }
        if let rejection = result.rejection {
            let others =
                rejection.unknown > 0
                ? ", \(Figures.grouped(rejection.accepted)) of \(Figures.grouped(rejection.unknown)) others named"
                : ""
            rows.append(
                (
                    "threshold",
                    "\(Figures.grouped(rejection.rejected)) of \(Figures.count(rejection.known, "known photo")) "
                        + "not named" + others
                )
            )
        }
        for use in result.byUsage ?? [] {
            let figures = [
                use.gap.map { "GAP \(Figures.fixed($0, 4))" },
                use.top1.map { "top-1 \(Figures.percent($0, decimals: 2))" },
                Figures.count(use.images, "photo"),
            ]
            rows.append((use.usage, figures.compactMap { $0 }.joined(separator: ", ")))
        }
        var lines = ["\(Figures.count(result.images, "photo")) (\(source)), \(result.checkpoint)"]
        lines += TextTable(rows.map { [$0.0, $0.1] }, leading: 2).lines
        let sizes = result.byClassSize.filter { $0.images > 0 }
        if sizes.count > 1 {
            let cells = sizes.map { size in
                let range = size.min == size.max ? "\(size.min)" : "\(size.min)…\(size.max)"
                return [
                    range + " photos", Figures.grouped(size.classes), Figures.grouped(size.images),
                    Figures.percent(size.top1),
                ]
            }
            lines.append("")
            lines += TextTable([["learned from", "landmarks", "photos", "top-1"]] + cells).lines
        }
        self.lines = lines
    }
}

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

/// Photos that could not be read, as they are told after an evaluation.
enum SkippedPhotos {
    /// Photos that are named.
    private static let named = 10

    /// Names some on standard error, and counts the others.
    ///
    /// - Parameter rest: where all of them are listed.
    static func tell(_ photos: [SkippedPhoto], rest: String) {
        for photo in photos.prefix(named) {
            Ending.say("cannot read \(photo.path): \(photo.reason)")
        }
        guard photos.count > named else { return }
        Ending.say(
            "and \(Figures.grouped(photos.count - named)) more cannot be read; \(rest)"
        )
    }
}
