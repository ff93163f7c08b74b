import Files
import Foundation
import Mustache
import Training

/// A run on one page of HTML that needs nothing but itself: no network, no script.
///
/// However many steps and landmarks a run has, the page stays small: curves are thinned to what
/// can be seen, and long tables are cut with a word on what is left out.
public struct ReportPage: Sendable {
    let content: ReportContent
    var steps: [StepRecord] { content.history.steps }
    var evaluations: [EvaluationRecord] { content.history.evaluations }
    var best: EvaluationRecord? { content.history.best }

    /// Unreadable photos that are named on the page.
    private static let namedPhotos = 50
    /// Notes that are shown.
    private static let shownNotes = 40

    /// Takes what is to be shown.
    public init(_ content: ReportContent) {
        self.content = content
    }

    /// How the run stands, on one line; nil = that is not known.
    public var state: String? { RunState(content)?.text }

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

    /// What the template is filled with; all text in it is escaped.
    private var fields: [String: Any] {
        var fields: [String: Any] = [
            "title": PageText.plain(PageText.cut(content.title)),
            "subtitle": content.subtitle.map(PageText.path).joined(separator: " · "),
            "style": PageTemplate.style,
        ]
        func section(_ name: String, _ rows: [Any], _ further: [String: Any] = [:]) {
            guard !rows.isEmpty else { return }
            fields[name] = [further.merging(["rows": rows]) { first, _ in first }]
        }
        if let state = RunState(content) { fields["state"] = [state.fields] }
        section("notes", noteRows)
        section("tiles", tiles)
        section("charts", charts)
        section("launches", launchRows)
        section("evaluations", evaluationRows, ["rest": evaluationsLeftOut])
        section("test", testRows)
        section("sizes", sizeRows)
        section("hardest", hardestRows)
        fields["matrix"] = matrix.map { [$0] } ?? []
        section("pairs", pairRows)
        section("answers", answerGroups, ["after": answersAfter])
        fields["landmarks"] = landmarks.map { [$0] } ?? []
        section(
            "settings",
            content.settings.map {
                [
                    "name": PageText.plain($0.name),
                    "value": PageText.path(PageText.cut($0.value, 400)),
                ]
            }
        )
        section("skipped", skippedRows, ["count": skippedCount, "rest": skippedLeftOut])
        section(
            "commands",
            content.commands.map { PageText.words($0.split(separator: " ").map(String.init)) }
        )
        return fields
    }

    private var noteRows: [String] {
        let notes = content.history.passedOver + (content.history.status?.notes ?? [])
        let rest = notes.count - ReportPage.shownNotes
        return notes.prefix(ReportPage.shownNotes).map { PageText.path(PageText.cut($0, 600)) }
            + (rest > 0 ? ["\(Figures.count(rest, "more note")) in status.json"] : [])
    }

    private var skippedRows: [[String: String]] {
        content.history.skipped.prefix(ReportPage.namedPhotos).map {
            [
                "path": PageText.path(PageText.cut($0.path, 300)),
                "reason": PageText.path(PageText.cut($0.reason, 300)),
            ]
        }
    }

    private var skippedCount: String { Figures.grouped(content.history.skipped.count) }

    private var skippedLeftOut: String {
        let hidden = content.history.skipped.count - ReportPage.namedPhotos
        return hidden > 0 ? "and \(Figures.grouped(hidden)) more in skipped.csv" : ""
    }
}

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
            ? "before the first step was done, started" + moment(launch.started, "on")
            : "last step \(Figures.grouped(done)) of \(Figures.grouped(total))"
                + moment(history.lastWritten, "at")
        switch (launch.status, content.isRunning) {
        case (.finished, _): (tone, word, sentence) = (.good, "Finished", ended)
        case (.stopped, _):
            (tone, word) = (.going, "Stopped")
            sentence = (reason.isEmpty ? "" : "by \(reason), ") + ended + ", with a checkpoint"
        case (.failed, _): (tone, word, sentence) = (.bad, "Failed", "\(ended): \(reason)")
        case (.running, false): (tone, word, sentence) = (.bad, "Ended unexpectedly", soFar)
        case (.running, true): (tone, word, sentence) = (.going, "Running", soFar)
        case (.running, nil):
            (tone, word, sentence) = (.going, "Running or ended unexpectedly", soFar)
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
                "command": PageText.words(launch.command.prefix(200).map(\.shellWord)),
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
        case .running: "ended unexpectedly"
        case .finished: "finished"
        case .stopped: "stopped" + (launch.reason.map { " by \(PageText.plain($0))" } ?? "")
        case .failed: "failed"
        }
    }
}
