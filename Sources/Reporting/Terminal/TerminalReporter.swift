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
