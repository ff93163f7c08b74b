import Files
import Foundation
import Reporting
import Testing
import Training

@Suite struct ReportPageTests {
    /// A run's course; evaluations are pairs of a step and top-1.
    private func content(
        steps: Int,
        evaluations: [(Int, Double)] = [],
        bad: Int = 0,
        status: RunStatus? = nil
    ) throws -> ReportContent {
        let folder = try Samples.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        var history = RunHistory(RunFolder(folder.path))
        history.steps = (0..<steps).map { Samples.step($0 + 1, loss: 5 / Double($0 + 1)) }
        history.evaluations = try evaluations.map { try Samples.evaluation(step: $0, top1: $1) }
        history.skipped = (0..<bad).map { .init(path: "p\($0).jpg", reason: "no JPEG") }
        history.status = status
        var content = ReportContent(title: "run <1>", subtitle: ["resnet18"], history: history)
        content.zone = TimeZone(identifier: "UTC") ?? .current
        return content
    }

    private func launch(
        _ outcome: RunStatus.Outcome,
        _ reason: String? = nil,
        last: Int?,
        of total: Int = 400
    ) -> RunStatus {
        var launch = RunStatus.Launch(
            command: ["landmark-train", "--data", "my photos"],
            version: "9.8.7",
            ranks: 1,
            threads: 2,
            nodes: ["node-7"],
            started: Date(timeIntervalSince1970: 1_000_000_000),
            firstStep: 0,
            totalSteps: total
        )
        launch.status = outcome
        launch.reason = reason
        launch.lastStep = last
        launch.ended = outcome == .running ? nil : Date(timeIntervalSince1970: 1_000_000_187)
        return RunStatus(launches: [launch], notes: ["5 copies"])
    }

    private func occurrences(_ word: String, in text: String) -> Int {
        text.components(separatedBy: word).count - 1
    }

    @Test func thePageStandsAloneAndSaysAll() throws {
        var content = try content(
            steps: 300,
            evaluations: [(100, 0.5), (200, 0.75), (300, 0.7)],
            bad: 60
        )
        content.settings = [("batch", "64")]
        content.landmarks = [.init(name: "Louvre", count: 5), .init(name: "Pont Neuf", count: 1)]
        content.hardest = [
            LandmarkRow(name: "Tour & Dôme", trained: 4, images: 2, correct: 0, takenFor: "Pont")
        ]
        let html = try ReportPage(content).html()
        #expect(html.contains("run &lt;1&gt;"))
        #expect(html.contains("Tour &amp; Dôme") && html.contains("0 of 2"))
        #expect(html.contains("75.0 <small>%</small>"))
        // Four curves, each for wide and for narrow places.
        #expect(occurrences("<svg", in: html) == 8)
        // The best evaluation alone is marked.
        #expect(occurrences("class=\"best\"", in: html) == 1)
        #expect(html.contains("and 10 more in skipped.csv"))
        #expect(html.contains("Louvre</bdi>") && html.contains("Pont Neuf</bdi>"))
        for outside in ["<script", "src=\"http", "href=", "@import", "url("] {
            #expect(!html.contains(outside))
        }
        #expect(!html.contains("{{"))
    }

    @Test func aRunThatJustBeganHasAPageWithoutEmptyCards() throws {
        let html = try ReportPage(try content(steps: 0)).html()
        #expect(!html.contains("class=\"card\"") && !html.contains("<figure"))
        #expect(!html.contains("class=\"tile\"") && !html.contains("{{"))
    }

    @Test func oneIsOne() throws {
        var content = try content(steps: 1, status: launch(.finished, last: 1, of: 1))
        content.landmarks = [.init(name: "Louvre", count: 1)]
        let html = try ReportPage(content).html()
        for word in ["epoch", "step", "rank", "landmark"] {
            #expect(html.contains("1 \(word)") && !html.contains("1 \(word)s"), "\(word)")
        }
    }

    @Test func howTheRunStandsIsSaid() throws {
        func state(_ status: RunStatus, isRunning: Bool? = nil, steps: Int = 120) throws -> String?
        {
            var content = try content(steps: steps, status: status)
            content.isRunning = isRunning
            content.history.lastWritten = Date(timeIntervalSince1970: 1_000_000_100)
            let page = ReportPage(content)
            // Systems call the zone the one or the other.
            let html = try page.html().replacing("GMT", with: "UTC")
            #expect(html.contains("9.8.7") && html.contains("node-7") && html.contains("5 copies"))
            #expect(html.contains("&#39;my") && html.contains("2001-09-09 01:46 UTC"))
            return page.state?.replacing("GMT", with: "UTC")
        }
        #expect(
            try state(launch(.finished, last: 400))
                == "Finished: after 400 steps on 2001-09-09 01:49 UTC"
        )
        #expect(
            try state(launch(.stopped, "SIGTERM", last: 120))
                == "Stopped: by SIGTERM, after step 120 of 400 on 2001-09-09 01:49 UTC, "
                + "with a checkpoint"
        )
        #expect(
            try state(launch(.failed, "the disk is full", last: 7))
                == "Failed: after step 7 of 400 on 2001-09-09 01:49 UTC: the disk is full"
        )
        #expect(
            try state(launch(.running, last: nil), isRunning: false)
                == "Ended unexpectedly: last step 120 of 400 at 2001-09-09 01:48 UTC"
        )
        #expect(
            try state(launch(.running, last: nil), isRunning: true)?.hasPrefix("Running: last step")
                == true
        )
        #expect(
            try state(launch(.running, last: nil), steps: 0)
                == "Running or ended unexpectedly: before the first step was done, "
                + "started on 2001-09-09 01:46 UTC"
        )
    }

    @Test func anyTextMayBeAName() throws {
        let names = [
            "x\"\u{301} onload=alert(1)", "<script>", "{{title}}", "bell\u{7}\u{202E}turned",
            String(repeating: "long name ", count: 400), "قلعة حلب", "🗽",
        ]
        var content = try content(steps: 3)
        content.landmarks = names.map { .init(name: $0, count: 1) }
        content.confusion = Confusion(
            names: names,
            answers: names.indices.map { .init(truth: $0, answer: 0) }
        )
        content.answers = AnswerGallery(
            step: 3,
            right: names.map {
                .init(landmark: $0, answer: $0, confidence: 0.5, trained: 1, photo: Data([1, 2]))
            },
            wrong: []
        )
        let html = try ReportPage(content).html()
        // An escaped mark may carry the accent; a bare one would have ended the attribute.
        let scalars = Array(html.unicodeScalars)
        let accents = scalars.indices.filter { scalars[$0] == "\u{301}" }
        #expect(!accents.isEmpty && accents.allSatisfy { scalars[$0 - 1] == ";" })
        #expect(!html.contains("<script>") && !scalars.contains("\u{7}"))
        #expect(!scalars.contains("\u{202E}") && html.contains("bell\\x07\\u{202E}turned"))
        #expect(html.contains("🗽") && html.utf8.count < 200_000)
        #expect(occurrences("data:image/jpeg;base64,AQI=", in: html) == names.count)
    }

    @Test func fewLandmarksHaveAMatrixAndManyTheirWorstPairs() throws {
        func page(_ landmarks: Int) throws -> String {
            var content = try content(steps: 3)
            // Each is taken for the first twice, for itself six times.
            let answers = (0..<landmarks).flatMap { truth in
                (0..<8).map { Confusion.Answer(truth: truth, answer: $0 < 2 ? 0 : truth) }
            }
            content.confusion = Confusion(
                names: (0..<landmarks).map { "Place \($0)" },
                answers: answers
            )
            return try ReportPage(content).html()
        }
        let few = try page(3)
        #expect(few.contains("class=\"matrix\"") && !few.contains("Most confused pairs"))
        #expect(occurrences("<td class=\"h8 right\">6</td>", in: few) == 2)
        #expect(occurrences("<td class=\"h3\">2</td>", in: few) == 2)
        #expect(occurrences("<td class=\"h10 right\">8</td>", in: few) == 1)
        let many = try page(21)
        #expect(!many.contains("class=\"matrix\"") && many.contains("Most confused pairs"))
        #expect(occurrences("<td>2 of 8</td>", in: many) == 15)
        #expect(try !page(1).contains("class=\"matrix\""))
    }

    @Test func trainingLossAboveHeldOutLossIsExplainedBySettings() throws {
        // The held-out loss of the samples is 1.25, the training loss at the end 5/50.
        var content = try content(steps: 50, evaluations: [(50, 0.5)])
        var settings = Recipe.demo.configuration
        settings.labelSmoothing = 0.1
        settings.augmentation = AugmentationSettings(
            minimumScale: 0.5,
            flip: 0.5,
            colourJitter: 0,
            erasing: 0
        )
        settings.balance = .weights
        content.configuration = settings
        #expect(try !ReportPage(content).html().contains("That is to be expected"))
        for index in content.history.steps.indices { content.history.steps[index].loss = 2 }
        var html = try ReportPage(content).html()
        #expect(html.contains("the training loss, 2.000, is above the held-out loss, 1.250"))
        for word in ["label smoothing 0.1", "(crops, mirroring)", "class weights"] {
            #expect(html.contains(word), "\(word)")
        }
        settings.labelSmoothing = 0
        settings.augmentation = .none
        settings.balance = .none
        settings.dropout = 0
        settings.ema = nil
        content.configuration = settings
        html = try ReportPage(content).html()
        #expect(html.contains("still learned") && !html.contains("smoothing"))
    }

    @Test func theLargestRunHasASmallPage() throws {
        var content = try content(steps: 0, evaluations: (1...2_000).map { ($0 * 500, 0.5) })
        content.history.steps = (1...1_000_000).map { step in
            Samples.step(step, of: 1_000_000, perEpoch: 500, loss: Double(step % 97))
        }
        content.landmarks = (0..<81_313).map { .init(name: "Place \($0)", count: 1 + $0 % 700) }
        content.confusion = Confusion(
            names: content.landmarks.map(\.name),
            answers: (0..<81_313).map { .init(truth: $0, answer: $0 * 7 % 81_313) }
        )
        let html = try ReportPage(content).html()
        #expect(html.utf8.count < 1_000_000)
        #expect(html.contains("81,313 landmarks") && html.contains("1,000,000"))
        #expect(html.contains("of 2,000 evaluations; all are in evaluations.jsonl"))
        #expect(html.contains("Most photos") && html.contains("Fewest photos"))
    }

    @Test func aPageThatCannotBeWrittenIsAnError() throws {
        let page = ReportPage(try content(steps: 1))
        #expect(throws: FileError.self) { try page.write(to: "/nowhere/at/all/report.html") }
    }
}
