import Files
import Foundation
import Training

/// How a run stands, in a word and a sentence.
struct RunState {
    /// Which look the word has.
    private enum Tone: String { case good, going, bad }

    private let tone: Tone
    private let word: String
    private let sentence: String

    /// Looks at the latest launch; nil where none is known.
    init?(_ content: ReportContent) {
        let history = content.history
        guard let launch = history.status?.latest else { return nil }
        func moment(_ date: Date?, _ word: String) -> String {
            date.map { " \(word) \(Figures.moment($0, in: content.zone))" } ?? ""
        }
        let done = max(history.steps.last?.step ?? 0, launch.firstStep)
        let total = launch.totalSteps
        let ended = RunState.steps(launch.lastStep ?? done, of: total) + moment(launch.ended, "on")
        let reason = launch.reason ?? ""
        let soFar =
            history.steps.isEmpty
            ? "before the first step was done, begun" + moment(launch.started, "on")
            : "last step \(Figures.grouped(done)) of \(Figures.grouped(total))"
                + moment(history.lastWritten, "at")
        switch (launch.status, content.isRunning) {
        case (.finished, _): (tone, word, sentence) = (.good, "Finished", ended)
        case (.stopped, _):
            (tone, word) = (.going, "Stopped")
            sentence = (reason.isEmpty ? "" : "by \(reason), ") + ended + ", with a checkpoint"
        case (.failed, _): (tone, word, sentence) = (.bad, "Failed", "\(ended): \(reason)")
        case (.running, false): (tone, word, sentence) = (.bad, "Ended without a word", soFar)
        case (.running, true): (tone, word, sentence) = (.going, "Running", soFar)
        case (.running, nil):
            (tone, word, sentence) = (.going, "Running, or ended without a word", soFar)
        }
    }

    /// The word and the sentence as text.
    var text: String { "\(word): \(sentence)" }

    /// Fields for the template.
    var fields: [String: String] {
        [
            "tone": tone.rawValue, "word": word,
            "sentence": PageText.path(PageText.cut(sentence, 700)),
        ]
    }

    private static func steps(_ done: Int, of total: Int) -> String {
        done == total
            ? "after \(Figures.count(done, "step"))"
            : "after step \(Figures.grouped(done)) of \(Figures.grouped(total))"
    }
}

extension ReportPage {
    /// Launches of which rows are shown, the last ones.
    private static let shownLaunches = 12

    /// A row for each launch.
    var launchRows: [[String: String]] {
        let launches = content.history.status?.launches ?? []
        return launches.enumerated().suffix(ReportPage.shownLaunches).map { place, launch in
            let isLatest = place == launches.count - 1
            let seconds = launch.ended.map { $0.timeIntervalSince(launch.started) }
            let nodes = PageText.words(Array(launch.nodes.prefix(8)), separator: ", ")
            let more = launch.nodes.count - 8
            return [
                "started": Figures.moment(launch.started, in: content.zone),
                "duration": seconds.map { Figures.duration(max($0, 0)) } ?? "–",
                "steps": ReportPage.range(launch),
                "ended": isLatest && content.isRunning == true && launch.status == .running
                    ? "running" : ReportPage.ending(launch),
                "ranks": Figures.count(launch.ranks, "rank") + ", "
                    + Figures.count(launch.threads, "thread") + " each",
                "nodes": nodes + (more > 0 ? " and \(Figures.grouped(more)) more" : ""),
                "version": PageText.plain(launch.version),
                "command": PageText.words(launch.command.prefix(200).map(ReportPage.quoted)),
            ]
        }
    }

    private static func range(_ launch: RunStatus.Launch) -> String {
        let first = Figures.grouped(launch.firstStep + 1)
        guard let last = launch.lastStep else { return "from \(first)" }
        return last > launch.firstStep ? "\(first) – \(Figures.grouped(last))" : "none"
    }

    private static func ending(_ launch: RunStatus.Launch) -> String {
        switch launch.status {
        case .running: "ended without a word"
        case .finished: "finished"
        case .stopped: "stopped" + (launch.reason.map { " by \(PageText.plain($0))" } ?? "")
        case .failed: "failed"
        }
    }

    /// An argument as a shell takes it.
    public static func quoted(_ argument: String) -> String { argument.shellWord }
}
