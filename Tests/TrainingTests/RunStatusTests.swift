import Foundation
import Testing
import Training

@Suite struct RunStatusTests {
    private func launch(_ command: [String], first: Int) -> RunStatus.Launch {
        RunStatus.Launch(
            command: command,
            version: "1.2.3",
            ranks: 4,
            threads: 2,
            nodes: ["a", "b"],
            firstStep: first,
            totalSteps: 90
        )
    }

    @Test func launchesAndNotesAreKeptInTheirOrder() throws {
        let folder = try TemporaryFolder()
        try withExtendedLifetime(folder) {
            let run = RunFolder(folder.path)
            #expect(try run.readStatus() == nil)
            try run.begin(launch(["landmark-train", "--data", "a \"b\""], first: 0))
            #expect(try run.readStatus()?.latest?.status == .running)
            try run.note("two copies")
            try run.end(.stopped, step: 40, reason: "SIGTERM")
            try run.begin(launch(["landmark-train", "--resume", "r"], first: 40))
            try run.note("two copies")
            try run.end(.finished, step: 90)
            let status = try #require(try run.readStatus())
            #expect(status.notes == ["two copies"])
            #expect(status.launches.map(\.status) == [.stopped, .finished])
            #expect(status.launches.map(\.lastStep) == [40, 90])
            #expect(status.launches.map(\.reason) == ["SIGTERM", nil])
            #expect(status.launches[0].command == ["landmark-train", "--data", "a \"b\""])
            #expect(status.launches[1].ended != nil)
        }
    }

    @Test func aDamagedAccountIsReplacedWithAWord() throws {
        let folder = try TemporaryFolder()
        try withExtendedLifetime(folder) {
            let run = RunFolder(folder.path)
            try Data("{\"launches\": 3}".utf8).write(to: URL(fileURLWithPath: run.status))
            #expect(throws: TrainingError.self) { try run.readStatus() }
            try run.begin(launch(["landmark-train"], first: 0))
            let status = try #require(try run.readStatus())
            #expect(status.launches.count == 1 && status.notes.first?.contains("damaged") == true)
        }
    }
}
