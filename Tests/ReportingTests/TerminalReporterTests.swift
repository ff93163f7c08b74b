import Foundation
import Reporting
import Testing
import Training

@Suite struct TerminalReporterTests {
    /// What a reporter wrote, and the clock that it read.
    private final class Desk {
        var written = ""
        var time = 0.0

        func reporter(isScreen: Bool, columns: Int = 100) -> TerminalReporter {
            TerminalReporter(
                Terminal(
                    isScreen: isScreen,
                    columns: { columns },
                    output: { self.written += $0 }
                ),
                now: { self.time }
            )
        }
    }

    @Test func aFileGetsALineNowAndThen() {
        let desk = Desk()
        let reporter = desk.reporter(isScreen: false)
        for step in 1...100 {
            desk.time += 0.5
            reporter.record(.step(Samples.step(step)))
        }
        reporter.finish()
        let lines = desk.written.split(separator: "\n")
        // At 0.5, 10.5, 20.5, 30.5, 40.5 seconds and at the end.
        #expect(lines.count == 6)
        #expect(lines.allSatisfy { !$0.contains("\r") && !$0.contains("\u{1b}") })
        #expect(lines.last?.contains("step 100/400") == true)
    }

    @Test func aScreenGetsOneLineInPlace() {
        let desk = Desk()
        let reporter = desk.reporter(isScreen: true, columns: 60)
        for step in 1...40 {
            desk.time += 0.5
            reporter.record(.step(Samples.step(step)))
        }
        #expect(!desk.written.contains("\n"))
        let shown = desk.written.components(separatedBy: "\r").filter { !$0.isEmpty }
        #expect(shown.count == 40)
        #expect(shown.allSatisfy { $0.hasSuffix("\u{1b}[K") && $0.count <= 59 + 3 })
    }

    @Test func aScreenIsNotWrittenOverMoreThanTenTimesASecond() {
        let desk = Desk()
        let reporter = desk.reporter(isScreen: true)
        for step in 1...1000 {
            desk.time += 0.001
            reporter.record(.step(Samples.step(step, of: 2000)))
        }
        let shown = desk.written.components(separatedBy: "\r").filter { !$0.isEmpty }
        #expect(shown.count <= 11)
    }

    @Test func theTimeLeftFollowsTheClock() {
        let desk = Desk()
        let reporter = desk.reporter(isScreen: true, columns: 160)
        for step in 1...100 {
            desk.time += 2
            reporter.record(.step(Samples.step(step)))
        }
        #expect(desk.written.hasSuffix("ETA 10:00 min\u{1b}[K"))
    }

    @Test func evaluationsStayOnTheScreen() throws {
        let desk = Desk()
        let reporter = desk.reporter(isScreen: true)
        reporter.record(.evaluation(try Samples.evaluation(step: 100, top1: 0.625, skipped: 3)))
        #expect(
            desk.written
                == "\repoch 2, step 100: held-out loss 1.250, top-1 62.5 %, top-5 90.0 %, "
                + "GAP 0.500 (200 photos, 3 unreadable, 2.0 s)\u{1b}[K\n"
        )
    }

    @Test func samplesAreCalledSo() throws {
        var record = try Samples.evaluation(step: 100, top1: 0.625)
        record.sampledFrom = 316_107
        #expect(TerminalReporter.line(record).contains("(200 photos, a sample of 316,107, 2.0 s)"))
    }

    /// On paper a long evaluation says now and then how far it is.
    @Test func evaluationsShowHowFarTheyAre() {
        let desk = Desk()
        let reporter = desk.reporter(isScreen: false)
        for photo in 1...40 {
            desk.time += 1
            reporter.record(.evaluating(done: photo * 100, of: 4000))
        }
        let lines = desk.written.split(separator: "\n")
        #expect(lines.first == "evaluating 100/4,000" && (3...5).contains(lines.count))
    }

    @Test func unreadablePhotosAreNamedUpToTen() {
        let desk = Desk()
        let reporter = desk.reporter(isScreen: false)
        for photo in 1...30 {
            reporter.record(.photoSkipped(path: "p\(photo).jpg", reason: "no JPEG"))
        }
        let lines = desk.written.split(separator: "\n")
        #expect(lines.count == 11)
        #expect(lines.first == "unreadable photo p1.jpg: no JPEG")
        #expect(lines.last == "further unreadable photos are listed in skipped.csv only")
    }

    @Test func namesCannotUpsetTheScreen() {
        let desk = Desk()
        let reporter = desk.reporter(isScreen: true)
        reporter.record(.photoSkipped(path: "a\n\u{1B}[2J.jpg", reason: "no photo"))
        #expect(desk.written.contains("a\\x0A\\x1B[2J.jpg"))
        #expect(!desk.written.contains("\u{1B}[2J"))
    }
}
