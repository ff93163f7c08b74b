import Files
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
            let history = RunHistory(run)
            #expect(history.steps.map(\.step) == [1, 2, 3])
            #expect(history.steps.map(\.loss) == [5, 9, 3])
            #expect(history.evaluations.isEmpty && history.skipped.isEmpty)
        }
    }

    @Test func brokenLinesArePassedOverWithAWord() throws {
        try run { run in
            let text = try line(1, loss: 5) + "\nrubbish\n" + line(2, loss: 4) + "\n{}\n"
            try text.write(toFile: run.metrics, atomically: true, encoding: .utf8)
            try "{\"step\": 3}\n".write(toFile: run.evaluations, atomically: true, encoding: .utf8)
            try "path,reason\na.jpg,empty\nb.jpg\n"
                .write(toFile: run.skipped, atomically: true, encoding: .utf8)
            try "[]".write(toFile: run.status, atomically: true, encoding: .utf8)
            let history = RunHistory(run)
            #expect(
                history.steps.map(\.step) == [1, 2] && history.skipped.map(\.path) == ["a.jpg"]
            )
            #expect(history.passedOver.count == 4)
            #expect(
                history.passedOver[0].hasPrefix(
                    "2 lines of metrics.jsonl, the first of them line 2,"
                )
            )
            #expect(history.passedOver[1].hasPrefix("Line 1 of evaluations.jsonl"))
            #expect(history.passedOver[2].hasPrefix("Line 3 of skipped.csv"))
            #expect(history.passedOver[3].hasPrefix("status.json"))
        }
    }

    @Test func linesAreReadAsWrittenWhateverTheirOrder() throws {
        try run { run in
            var record = Samples.step(3, loss: 0.1 + 0.2)
            record.communicationSeconds = 1.5e-7
            record.totalSteps = 0
            record.stepsPerEpoch = 0
            let other = """
                { "step": 4, "loss": 2, "epoch": 1, "accuracy": 0.5, "learning_rate": 0.1, \
                "images_per_second": 1, "step_seconds": 1, "data_seconds": 0, \
                "communication_seconds": 0, "further": "text" }
                """
            let written = String(decoding: try record.jsonLine(), as: UTF8.self)
            try "\(written)\n\n\(other)\n"
                .write(toFile: run.metrics, atomically: true, encoding: .utf8)
            let history = RunHistory(run)
            #expect(history.steps.first == record)
            #expect(history.steps.map(\.step) == [3, 4] && history.steps.last?.loss == 2)
            #expect(history.passedOver.isEmpty && history.lastWritten != nil)
        }
    }

    @Test func skippedPhotosMayHaveAnyName() throws {
        try run { run in
            try "path,reason\n\"a,\"\"b\"\".jpg\",empty\nc.jpg,\"cut off, perhaps\"\n"
                .write(toFile: run.skipped, atomically: true, encoding: .utf8)
            let skipped = RunHistory(run).skipped
            #expect(skipped.map(\.path) == ["a,\"b\".jpg", "c.jpg"])
            #expect(skipped.map(\.reason) == ["empty", "cut off, perhaps"])
        }
    }
}
