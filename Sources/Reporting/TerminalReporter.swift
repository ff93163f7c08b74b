import Files
import Foundation
public import Training

/// Shows a run while it goes on: on a screen one line in place, otherwise plain lines now and then.
public final class TerminalReporter {
    private let terminal: Terminal
    private let now: () -> Double
    private let start: Double
    private var loss = RecentMean()
    private var accuracy = RecentMean()
    private var rate = RecentMean()
    private var first: (time: Double, step: Int)?
    private var lastStep: StepRecord?
    private var shownAt = -Double.infinity
    private var shownStep = 0
    private var skippedPhotos = 0

    /// Unreadable photos that are named before the rest are only counted.
    private static let namedPhotos = 10

    /// Makes a reporter.
    ///
    /// - Parameter now: the time in seconds, from any start.
    public init(
        _ terminal: Terminal,
        now: @escaping () -> Double = WallClock.uptime
    ) {
        self.terminal = terminal
        self.now = now
        start = now()
    }

    /// Shows what the event tells.
    public func record(_ event: TrainingEvent) {
        switch event {
        case .step(let step): show(step)
        case .evaluating(let done, let count):
            let line = "evaluating \(Figures.grouped(done))/\(Figures.grouped(count))"
            let time = now()
            guard terminal.isScreen || done < count else { return }
            guard time - shownAt >= (terminal.isScreen ? 0.1 : pause(time)) else { return }
            shownAt = time
            if terminal.isScreen { terminal.replace(line) } else { terminal.print(line) }
        case .evaluation(let record):
            terminal.print(TerminalReporter.line(record))
            shownStep = record.step
        case .checkpoint(let path, _):
            // With one at each epoch's end these lines say little that is new.
            if terminal.isScreen { terminal.replace("checkpoint \(path)") }
        case .remark(let sentence): terminal.print("landmark-train: \(sentence)")
        case .photoSkipped(let path, let reason):
            skippedPhotos += 1
            if skippedPhotos <= TerminalReporter.namedPhotos {
                terminal.print("unreadable photo \(path): \(reason)")
            } else if skippedPhotos == TerminalReporter.namedPhotos + 1 {
                terminal.print("further unreadable photos are listed in skipped.csv only")
            }
        }
    }

    /// Leaves the screen clean for what follows, with the last step said.
    public func finish() {
        guard let lastStep else { return }
        if terminal.isScreen || shownStep != lastStep.step {
            terminal.print(text(lastStep))
        }
    }

    /// An evaluation on one line.
    public static func line(_ record: EvaluationRecord) -> String {
        let result = record.result
        let skipped = result.skipped > 0 ? ", \(result.skipped) unreadable" : ""
        let sample = record.sampledFrom.map { ", a sample of \(Figures.grouped($0))" } ?? ""
        return "epoch \(record.epoch), step \(Figures.grouped(record.step)): held-out loss "
            + "\(Figures.fixed(result.loss, 3)), top-1 \(Figures.percent(result.top1)), "
            + "top-5 \(Figures.percent(result.top5)), GAP \(Figures.fixed(result.gap, 3)) "
            + "(\(Figures.count(result.images, "photo"))\(sample)\(skipped), "
            + "\(Figures.duration(record.seconds)))"
    }

    private func show(_ step: StepRecord) {
        loss.add(step.loss)
        accuracy.add(step.accuracy)
        rate.add(step.stepSeconds > 0 ? step.imagesPerSecond : 0)
        lastStep = step
        let time = now()
        if first == nil { first = (time, step.step) }
        if terminal.isScreen {
            guard time - shownAt >= 0.1 || step.step == step.totalSteps else { return }
            terminal.replace(text(step))
        } else {
            guard shownStep == 0 || time - shownAt >= pause(time) else { return }
            terminal.print(text(step))
        }
        shownAt = time
        shownStep = step.step
    }

    /// Seconds between plain lines: short at the start, when one wants to see that all is well.
    private func pause(_ time: Double) -> Double {
        let age = time - start
        return age < 60 ? 10 : age < 600 ? 30 : 120
    }

    private func text(_ step: StepRecord) -> String {
        let line = ProgressLine(
            step,
            loss: loss.value,
            accuracy: accuracy.value,
            imagesPerSecond: rate.value,
            remaining: remaining(step)
        )
        return line.text(width: terminal.isScreen ? terminal.width : 200, bar: terminal.isScreen)
    }

    /// From the time that steps took so far, evaluations and checkpoints included.
    private func remaining(_ step: StepRecord) -> Double? {
        guard step.totalSteps > step.step else { return 0 }
        let left = Double(step.totalSteps - step.step)
        guard let first, step.step - first.step >= 3 else { return left * step.stepSeconds }
        return left * (now() - first.time) / Double(step.step - first.step)
    }
}

/// A mean in which what is older counts less.
struct RecentMean {
    private var sum = 0.0
    private var weight = 0.0
    private static let keep = 0.95

    /// The mean so far, 0 at the start.
    var value: Double { weight > 0 ? sum / weight : 0 }

    mutating func add(_ value: Double) {
        sum = RecentMean.keep * sum + value
        weight = RecentMean.keep * weight + 1
    }
}

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

/// Where progress is written: lines, and on a screen one line that is written over.
public struct Terminal {
    /// Whether a person watches a screen.
    public let isScreen: Bool
    private let columns: () -> Int
    private let output: (String) -> Void

    /// Makes a terminal of its parts.
    ///
    /// - Parameters:
    ///   - columns: width of the screen at this moment.
    ///   - output: takes text as it is.
    public init(isScreen: Bool, columns: @escaping () -> Int, output: @escaping (String) -> Void) {
        self.isScreen = isScreen
        self.columns = columns
        self.output = output
    }

    /// Standard error.
    public static var standardError: Terminal {
        let isDumb = ProcessInfo.processInfo.environment["TERM"] == "dumb"
        return Terminal(
            isScreen: isatty(STDERR_FILENO) == 1 && !isDumb,
            columns: {
                var size = winsize()
                guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else {
                    return 80
                }
                return Int(size.ws_col)
            },
            output: { try? FileHandle.standardError.write(contentsOf: Data($0.utf8)) }
        )
    }

    /// Columns that a line which is written over may fill.
    public var width: Int { max(columns() - 1, 20) }

    /// Writes over the line at hand, its control characters escaped; does nothing where no person
    /// watches.
    public func replace(_ line: String) {
        guard isScreen else { return }
        output("\r\(line.shown)\u{1b}[K")
    }

    /// Writes a line that stays, its control characters escaped.
    public func print(_ line: String) {
        output(isScreen ? "\r\(line.shown)\u{1b}[K\n" : line.shown + "\n")
    }
}
