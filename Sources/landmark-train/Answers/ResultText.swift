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
        for use in result.byUsage ?? [] {
            let figures = [
                use.gap.map { "GAP \(Figures.fixed($0, 4))" },
                use.top1.map { "top-1 \(Figures.percent($0, decimals: 2))" },
                Figures.count(use.images, "photo"),
            ]
            rows.append((use.usage, figures.compactMap { $0 }.joined(separator: ", ")))
        }
        var lines = ["\(Figures.count(result.images, "photo")) (\(source)), \(result.checkpoint)"]
        lines += rows.map { name, value in
            name + String(repeating: " ", count: max(1, 22 - name.count)) + value
        }
        let sizes = result.byClassSize.filter { $0.images > 0 }
        if sizes.count > 1 {
            lines += ["", "learned from          landmarks   photos    top-1"]
            lines += sizes.map { size in
                let range = size.min == size.max ? "\(size.min)" : "\(size.min)…\(size.max)"
                let cells = [
                    (range + " photos", -20), (Figures.grouped(size.classes), 11),
                    (Figures.grouped(size.images), 9), (Figures.percent(size.top1), 9),
                ]
                return cells.map { ResultText.padded($0, to: $1) }.joined()
            }
        }
        self.lines = lines
    }

    /// The text at the left of `-width`, or at the right of `width`, characters.
    private static func padded(_ text: String, to width: Int) -> String {
        let space = String(repeating: " ", count: max(0, abs(width) - text.count))
        return width < 0 ? text + space : space + text
    }
}
