import Foundation
import Training

extension ReportPage {
    /// Evaluations of which rows are shown.
    private static let shownEvaluations = 30

    /// The figures at the top.
    var tiles: [[String: String]] {
        var tiles: [[String: String]] = []
        func tile(_ name: String, _ value: String, _ note: String) {
            // The unit is set smaller, and may go to a line of its own.
            let parts = value.split(separator: " ", maxSplits: 1)
            tiles.append([
                "name": name, "value": String(parts.first ?? ""),
                "length": (parts.first?.count ?? 0) > 8 ? " long" : "",
                "unit": parts.count > 1 ? String(parts[1]) : "", "note": note,
            ])
        }
        if let best {
            let result = best.result
            tile("top-1", Figures.percent(result.top1), "best held-out epoch: \(best.epoch)")
            tile("top-5", Figures.percent(result.top5), "at the same step")
            tile("GAP", Figures.fixed(result.gap, 3), "global average precision")
            tile("held-out loss", loss(result.loss), "cross-entropy")
        }
        if let test = content.history.test {
            let photos = Figures.count(test.images, "test photo")
            tile("test top-1", Figures.percent(test.top1), photos)
        }
        if let last = steps.last {
            if best == nil {
                tile("training loss", loss(last.loss), "last step")
            }
            let rates = steps.map(\.imagesPerSecond).sorted()
            let seconds = steps.reduce(0) { $0 + $1.stepSeconds }
            let rate = rates[rates.count / 2].rounded(toDigits: 3)
            tile("photos per second", Figures.compact(rate), "median of the steps")
            tile("steps", Figures.grouped(last.step), Figures.count(last.epoch, "epoch"))
            tile("training time", Figures.duration(seconds), "without evaluations")
        }
        return tiles
    }

    /// The curves that have something to show, each for a wide and for a narrow place.
    var charts: [[String: String]] {
        func curve(_ value: (StepRecord) -> Double) -> [(x: Double, y: Double)] {
            steps.map { (Double($0.step), value($0)) }
        }
        func held(_ value: (EvaluationResult) -> Double) -> [(x: Double, y: Double)] {
            evaluations.map { (Double($0.step), value($0.result)) }
        }
        func chart(
            _ title: String,
            _ series: [LineChart.Series],
            share: Bool = false,
            showsAll: Bool = false,
            note: String = ""
        ) -> [String: String]? {
            let chart = LineChart(title: title, series: series, share: share, showsAll: showsAll)
            guard !chart.isEmpty else { return nil }
            return [
                "title": title, "note": note,
                "wide": chart.svg(width: 560, height: 290, showsTitle: false),
                "narrow": chart.svg(width: 380, height: 250, showsTitle: false),
            ]
        }
        let why = content.configuration.flatMap { LossNote(content.history, $0)?.text } ?? ""
        return [
            chart(
                "Loss",
                [
                    .init(name: "training", points: curve(\.loss), colour: 1, smoothed: true),
                    .init(name: "held out", points: held(\.loss), colour: 2),
                ],
                note: why
            ),
            chart(
                "Accuracy",
                [
                    .init(name: "training", points: curve(\.accuracy), colour: 1, smoothed: true),
                    .init(name: "top-1", points: held(\.top1), colour: 2),
                    .init(name: "top-5", points: held(\.top5), colour: 3),
                ],
                share: true
            ),
            chart(
                "Learning rate",
                [.init(name: "rate", points: curve(\.learningRate), colour: 4)],
                showsAll: true
            ),
            chart(
                "Photos per second",
                [.init(name: "speed", points: curve(\.imagesPerSecond), colour: 3, smoothed: true)]
            ),
        ].compactMap { $0 }
    }

    /// Evaluations in their order; of many the first, the last, the best and some between.
    var evaluationRows: [[String: Any]] {
        shownEvaluations.map { place in
            let record = evaluations[place]
            return row(record.result).merging([
                "epoch": Figures.grouped(record.epoch),
                "step": Figures.grouped(record.step),
                "images": Figures.grouped(record.result.images)
                    + (record.sampledFrom.map { " of \(Figures.grouped($0))" } ?? ""),
                "time": Figures.duration(record.seconds),
                "isBest": record.step == best?.step,
            ]) { _, own in own }
        }
    }

    /// A word on the evaluations that are not shown.
    var evaluationsLeftOut: String {
        let shown = shownEvaluations.count
        return shown < evaluations.count
            ? "\(Figures.grouped(shown)) of \(Figures.grouped(evaluations.count)) evaluations; "
                + "all are in evaluations.jsonl"
            : ""
    }

    /// The evaluation of the test photos.
    var testRows: [[String: Any]] { content.history.test.map { [row($0)] } ?? [] }

    private var shownEvaluations: [Int] {
        let most = ReportPage.shownEvaluations
        guard evaluations.count > most else { return Array(evaluations.indices) }
        var places = Set((0..<most).map { $0 * (evaluations.count - 1) / (most - 1) })
        if let best = evaluations.firstIndex(where: { $0.step == best?.step }) {
            places.insert(best)
        }
        return places.sorted()
    }

    private func loss(_ value: Double) -> String { Figures.compact(value.rounded(toDigits: 4)) }

    private func row(_ result: EvaluationResult) -> [String: Any] {
        [
            "loss": loss(result.loss),
            "top1": Figures.percent(result.top1),
            "top5": Figures.percent(result.top5),
            "gap": Figures.fixed(result.gap, 3),
            "macro": Figures.percent(result.macroAccuracy),
            "images": Figures.grouped(result.images),
            "skipped": Figures.grouped(result.skipped),
        ]
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

/// Why the loss in training lies above the held-out loss, which alarms whoever expects the opposite.
struct LossNote {
    /// One or two sentences.
    let text: String

    /// Looks at the last evaluation and the epoch that led to it; nil where the training loss is not
    /// clearly above.
    init?(_ history: RunHistory, _ configuration: TrainingConfiguration) {
        guard let last = history.evaluations.last else { return nil }
        let losses = history.steps.reversed().prefix {
            $0.epoch >= last.epoch || $0.step > last.step
        }
        .filter { $0.step <= last.step && $0.loss.isFinite }.map(\.loss)
        guard !losses.isEmpty else { return nil }
        let training = losses.reduce(0, +) / Double(losses.count)
        guard training > 1.02 * last.result.loss else { return nil }
        var reasons: [String] = []
        if configuration.labelSmoothing > 0 {
            reasons.append(
                "label smoothing \(Figures.compact(configuration.labelSmoothing)) raises it, since "
                    + "the target is spread over all landmarks"
            )
        }
        let changes = LossNote.changes(configuration.augmentation)
        if !changes.isEmpty {
            reasons.append(
                "augmentation (\(changes.joined(separator: ", "))) makes training photos harder"
            )
        }
        switch configuration.balance {
        case .none: break
        case .weights: reasons.append("class weights let rare landmarks count more")
        case .sampling: reasons.append("rare landmarks are drawn more often than they occur")
        }
        if configuration.dropoutRate > 0 {
            let rate = Figures.compact(configuration.dropoutRate)
            reasons.append("dropout \(rate) is active in training only")
        }
        if configuration.stochasticDepthRate > 0 {
            let rate = Figures.compact(configuration.stochasticDepthRate)
            reasons.append("stochastic depth \(rate) is active in training only")
        }
        if configuration.ema != nil {
            reasons.append("held-out photos are evaluated with the running average of the weights")
        }
        if reasons.isEmpty {
            reasons.append(
                "it is the mean over an epoch in which the network still learned, while the "
                    + "held-out loss is measured at the epoch's end"
            )
        }
        text =
            "After epoch \(last.epoch) the training loss, \(Figures.fixed(training, 3)), is above "
            + "the held-out loss, \(Figures.fixed(last.result.loss, 3)). That is to be "
            + "expected: " + reasons.joined(separator: "; ") + "."
    }

    private static func changes(_ settings: AugmentationSettings) -> [String] {
        var changes: [String] = []
        if settings.minimumScale < 1 { changes.append("crops") }
        if settings.flip > 0 { changes.append("mirroring") }
        if settings.colourJitter > 0 { changes.append("colours") }
        if settings.erasing > 0 { changes.append("erasing") }
        return changes
    }
}
