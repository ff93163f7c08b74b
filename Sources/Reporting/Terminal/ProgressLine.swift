public import Training

/// The line that shows how far a run is, cut to the width of the terminal.
public struct ProgressLine: Sendable, Equatable {
    /// Steps done.
    public var step: Int
    /// Steps of the whole run.
    public var totalSteps: Int
    /// Epoch, from 1.
    public var epoch: Int
    /// Epochs of the whole run.
    public var epochs: Int
    /// Loss, a mean over recent steps.
    public var loss: Double
    /// Share of photos named rightly, a mean over recent steps.
    public var accuracy: Double
    /// Photos a second, a mean over recent steps.
    public var imagesPerSecond: Double
    /// Seconds to the end; nil = not known yet.
    public var remaining: Double?

    /// The line of a step, with means in place of its own figures.
    public init(
        _ step: StepRecord,
        loss: Double,
        accuracy: Double,
        imagesPerSecond: Double,
        remaining: Double?
    ) {
        self.step = step.step
        totalSteps = max(step.totalSteps, step.step)
        epoch = step.epoch
        let perEpoch = max(step.stepsPerEpoch, 1)
        epochs = max((totalSteps + perEpoch - 1) / perEpoch, step.epoch)
        self.loss = loss
        self.accuracy = accuracy
        self.imagesPerSecond = imagesPerSecond
        self.remaining = remaining
    }

    /// The line in at most `width` characters; what matters least is left out first.
    ///
    /// - Parameter bar: begin with a bar where there is room for it.
    public func text(width: Int, bar: Bool = false) -> String {
        let share = Double(step) / Double(max(totalSteps, 1))
        let percent = Figures.percent(share, decimals: 0)
        let parts: [(text: String, weight: Int)] = [
            ("epoch \(epoch)/\(epochs)", 3),
            ("step \(Figures.grouped(step))/\(Figures.grouped(totalSteps))", 5),
            ("loss \(Figures.fixed(loss, 3))", 6),
            ("acc \(Figures.percent(accuracy))", 2),
            ("\(rate) img/s", 1),
            ("ETA \(remaining.map(Figures.duration) ?? "–")", 4),
        ]
        var shown = parts
        func line() -> String { shown.map(\.text).joined(separator: "  ") }
        while line().count > width, shown.count > 1 {
            guard let least = shown.indices.min(by: { shown[$0].weight < shown[$1].weight })
            else { break }
            shown.remove(at: least)
        }
        let room = width - line().count - percent.count - 4
        guard bar, shown.count == parts.count, room >= 10 else {
            return String(line().prefix(width))
        }
        return "\(ProgressLine.bar(share, width: min(room, 24))) \(percent)  \(line())"
    }

    private var rate: String {
        Figures.fixed(imagesPerSecond, imagesPerSecond < 9.95 ? 2 : imagesPerSecond < 99.5 ? 1 : 0)
    }

    /// A bar of eighths of characters.
    static func bar(_ share: Double, width: Int) -> String {
        let eighths = Int((min(max(share, 0), 1) * Double(width * 8)).rounded(.down))
        let full = String(repeating: "█", count: eighths / 8)
        let part = eighths % 8 == 0 ? "" : String(Array("▏▎▍▌▋▊▉")[eighths % 8 - 1])
        let drawn = full + part
        return drawn + String(repeating: "░", count: width - drawn.count)
    }
}
