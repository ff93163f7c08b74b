import Foundation
import Reporting
import Testing
import Training

@Suite struct ReportPageTests {
    private func content(steps: Int, evaluations: [(Int, Double)], bad: Int) throws -> ReportContent
    {
        let folder = try Samples.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        var history = try RunHistory(RunFolder(folder.path))
        history.steps = (0..<steps).map { Samples.step($0 + 1, loss: 5 / Double($0 + 1)) }
        history.evaluations = try evaluations.map { try Samples.evaluation(step: $0, top1: $1) }
        history.skipped = (0..<bad).map { .init(path: "p\($0).jpg", reason: "no JPEG") }
        var content = ReportContent(title: "run <1>", subtitle: "resnet18", history: history)
        content.settings = [("batch", "64")]
        content.trainingCounts = [5, 2, 9]
        content.hardest = [
            LandmarkRow(name: "Tour & Dôme", trained: 4, images: 2, correct: 0, takenFor: "Pont")
        ]
        return content
    }

    @Test func thePageStandsAloneAndSaysAll() throws {
        let page = ReportPage(
            try content(steps: 300, evaluations: [(100, 0.5), (200, 0.75), (300, 0.7)], bad: 60)
        )
        let html = try page.html()
        #expect(html.contains("run &lt;1&gt;"))
        #expect(html.contains("Tour &amp; Dôme") && html.contains("0 of 2"))
        #expect(html.contains("75.0 %"))
        // Four curves and the photos of each landmark.
        #expect(html.components(separatedBy: "<svg").count == 6)
        // The best evaluation alone is marked.
        #expect(html.components(separatedBy: "class=\"best\"").count == 2)
        #expect(html.contains("and 10 more in skipped.csv"))
        for outside in ["<script", "src=\"http", "href=", "@import", "url("] {
            #expect(!html.contains(outside))
        }
        #expect(!html.contains("{{"))
    }

    @Test func aRunThatJustBeganHasAPageToo() throws {
        let html = try ReportPage(try content(steps: 0, evaluations: [], bad: 0)).html()
        #expect(!html.contains("Held-out photos") && !html.contains("Unreadable photos"))
        #expect(!html.contains("{{"))
    }

    @Test func aPageThatCannotBeWrittenIsAnError() throws {
        let page = ReportPage(try content(steps: 1, evaluations: [], bad: 0))
        #expect(throws: ReportingError.self) { try page.write(to: "/nowhere/at/all/report.html") }
    }
}
