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
