import Files
import Foundation
import Mustache
import Training

/// A run on one page of HTML that needs nothing but itself: no network, no script.
public struct ReportPage: Sendable {
    private let content: ReportContent
    private var steps: [StepRecord] { content.history.steps }
    private var evaluations: [EvaluationRecord] { content.history.evaluations }
    private var best: EvaluationRecord? { content.history.best }

    /// Unreadable photos that are named on the page.
    private static let namedPhotos = 50

    /// Takes what is to be shown.
    public init(_ content: ReportContent) {
        self.content = content
    }

    /// The page.
    public func html() throws -> String {
        let template: MustacheTemplate
        do {
            template = try MustacheTemplate(string: PageTemplate.page)
        } catch {
            throw ReportingError.data("the page's template is broken: \(error)")
        }
        return template.render(fields)
    }

    /// Writes the page to `path`, where it appears whole or not at all.
    public func write(to path: String) throws {
        try OutputFile.write(Data(try html().utf8), to: path)
    }

    private var fields: [String: Any] {
        let hidden = content.history.skipped.count - ReportPage.namedPhotos
        var fields: [String: Any] = [
            "title": content.title,
            "subtitle": content.subtitle,
            "style": PageTemplate.style,
            "tiles": tiles,
            "charts": charts,
            "hasEvaluations": !evaluations.isEmpty,
            "evaluations": evaluationRows,
            "hasSizes": !(best?.result.byClassSize.isEmpty ?? true),
            "sizes": sizeRows,
            "hasHardest": !content.hardest.isEmpty,
            "hardest": hardestRows,
            "hasSheet": content.sheet != nil,
            "sheet": content.sheet?.base64EncodedString() ?? "",
            "hasSettings": !content.settings.isEmpty,
            "settings": content.settings.map { ["name": $0.name, "value": $0.value] },
            "hasSkipped": !content.history.skipped.isEmpty,
            "skippedCount": Figures.grouped(content.history.skipped.count),
            "skipped": content.history.skipped.prefix(ReportPage.namedPhotos).map {
                ["path": $0.path, "reason": $0.reason]
            },
            "hasCommands": !content.commands.isEmpty,
            "commands": content.commands,
        ]
        if hidden > 0 { fields["skippedRest"] = [Figures.grouped(hidden)] }
        if !content.trainingCounts.isEmpty { fields["dataset"] = [datasetChart] }
        return fields
    }

    private var tiles: [[String: String]] {
        var tiles: [[String: String]] = []
        func tile(_ name: String, _ value: String, _ note: String) {
            tiles.append(["name": name, "value": value, "note": note])
        }
        if let best {
            let result = best.result
            tile("top-1", Figures.percent(result.top1), "best, epoch \(best.epoch)")
            tile("top-5", Figures.percent(result.top5), "at the same step")
            tile("GAP", Figures.fixed(result.gap, 3), "global average precision")
            tile("held-out loss", Figures.fixed(result.loss, 3), "cross-entropy")
        }
        if let last = steps.last {
            let rates = steps.map(\.imagesPerSecond).sorted()
            let seconds = steps.map(\.stepSeconds).reduce(0, +)
            tile(
                "photos a second",
                Figures.compact(rates[rates.count / 2].rounded(toDigits: 3)),
                "median of the steps"
            )
            tile("steps", Figures.grouped(last.step), "\(last.epoch) epochs")
            tile("training time", Figures.duration(seconds), "without evaluations")
        }
        return tiles
    }

    private var charts: [String] {
        guard !steps.isEmpty else { return [] }
        func curve(_ value: (StepRecord) -> Double) -> [(x: Double, y: Double)] {
            steps.map { (Double($0.step), value($0)) }
        }
        func held(_ value: (EvaluationResult) -> Double) -> [(x: Double, y: Double)] {
            evaluations.map { (Double($0.step), value($0.result)) }
        }
        let charts = [
            LineChart(
                title: "Loss",
                series: [
                    .init(name: "training", points: curve(\.loss), colour: 1, smoothed: true),
                    .init(name: "held out", points: held(\.loss), colour: 2),
                ]
            ),
            LineChart(
                title: "Photos named rightly",
                series: [
                    .init(name: "training", points: curve(\.accuracy), colour: 1, smoothed: true),
                    .init(name: "top-1", points: held(\.top1), colour: 2),
                    .init(name: "top-5", points: held(\.top5), colour: 3),
                ],
                share: true
            ),
            LineChart(
                title: "Learning rate",
                series: [.init(name: "rate", points: curve(\.learningRate), colour: 4)]
            ),
            LineChart(
                title: "Photos a second",
                series: [
                    .init(
                        name: "speed",
                        points: curve(\.imagesPerSecond),
                        colour: 3,
                        smoothed: true
                    )
                ]
            ),
        ]
        return charts.map { $0.svg() }
    }

    private var datasetChart: String {
        let counts = content.trainingCounts.sorted(by: >)
        return BarChart(
            title: "Photos that each of \(Figures.grouped(counts.count)) landmarks is learned from",
            xLabel: "landmarks, the most photographed first",
            yLabel: "photos",
            bars: counts.enumerated().map { place, count in
                .init(
                    lower: Double(place),
                    upper: Double(place + 1),
                    value: Double(count),
                    note: "\(count) photos"
                )
            }
        ).svg(width: 1140, height: 280)
    }

    private var evaluationRows: [[String: Any]] {
        evaluations.map { record in
            let result = record.result
            return [
                "epoch": "\(record.epoch)",
                "step": Figures.grouped(record.step),
                "loss": Figures.fixed(result.loss, 3),
                "top1": Figures.percent(result.top1),
                "top5": Figures.percent(result.top5),
                "gap": Figures.fixed(result.gap, 3),
                "macro": Figures.percent(result.macroAccuracy),
                "images": Figures.grouped(result.images),
                "skipped": Figures.grouped(result.skipped),
                "time": Figures.duration(record.seconds),
                "isBest": record.step == best?.step,
            ]
        }
    }

    private var sizeRows: [[String: String]] {
        (best?.result.byClassSize ?? []).map { size in
            [
                "range": size.min == size.max ? "\(size.min)" : "\(size.min) – \(size.max)",
                "classes": Figures.grouped(size.classes),
                "images": Figures.grouped(size.images),
                "top1": Figures.percent(size.top1),
                "width": Figures.fixed(100 * size.top1, 1),
            ]
        }
    }

    private var hardestRows: [[String: String]] {
        content.hardest.map { row in
            [
                "name": row.name,
                "trained": Figures.grouped(row.trained),
                "right": "\(row.correct) of \(row.images)",
                "takenFor": row.takenFor ?? "–",
            ]
        }
    }
}

extension Double {
    /// The number with so many digits that count.
    fileprivate func rounded(toDigits digits: Int) -> Double {
        guard self != 0, isFinite else { return self }
        let factor = pow(10, Double(digits - 1) - log10(abs(self)).rounded(.down))
        return (self * factor).rounded() / factor
    }
}
