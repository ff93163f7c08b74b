import Foundation
import Reporting
import Testing
import Training

@Suite struct RunHistoryTests {
    private func run(_ body: (RunFolder) throws -> Void) throws {
        let folder = try Samples.folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(RunFolder(folder.path))
    }

    private func line(_ step: Int, loss: Double) throws -> String {
        String(decoding: try Samples.step(step, loss: loss).jsonLine(), as: UTF8.self)
    }

    @Test func stepsComeInOrderAndTheLastWordCounts() throws {
        try run { run in
            let lines = try [
                line(1, loss: 5), line(2, loss: 4), line(3, loss: 3), line(2, loss: 9),
            ]
            try (lines.joined(separator: "\n") + "\n{\"step\": 4, \"lo")
                .write(toFile: run.metrics, atomically: true, encoding: .utf8)
            let history = try RunHistory(run)
            #expect(history.steps.map(\.step) == [1, 2, 3])
            #expect(history.steps.map(\.loss) == [5, 9, 3])
            #expect(history.evaluations.isEmpty && history.skipped.isEmpty)
        }
    }

    @Test func aBrokenLineInTheMiddleIsNamed() throws {
        try run { run in
            let text = try line(1, loss: 5) + "\nrubbish\n" + line(2, loss: 4) + "\n"
            try text.write(toFile: run.metrics, atomically: true, encoding: .utf8)
            #expect {
                try RunHistory(run)
            } throws: {
                "\($0)".contains("metrics.jsonl, line 2")
            }
        }
    }

    @Test func skippedPhotosMayHaveAnyName() throws {
        try run { run in
            try "path,reason\n\"a,\"\"b\"\".jpg\",empty\nc.jpg,\"cut off, perhaps\"\n"
                .write(toFile: run.skipped, atomically: true, encoding: .utf8)
            let skipped = try RunHistory(run).skipped
            #expect(skipped.map(\.path) == ["a,\"b\".jpg", "c.jpg"])
            #expect(skipped.map(\.reason) == ["empty", "cut off, perhaps"])
        }
    }
}
