import Foundation
import Testing
import Training

struct RunFolderTests {
    private let folder: TemporaryFolder
    private let run: RunFolder

    init() throws {
        folder = try TemporaryFolder()
        run = RunFolder(folder.file("a/run"))
    }

    private func touch(_ step: Int) throws {
        try Data("\(step)".utf8).write(to: URL(fileURLWithPath: run.checkpoint(step: step)))
    }

    private func text(_ path: String?) throws -> String {
        try String(contentsOfFile: #require(path), encoding: .utf8)
    }

    @Test func newRunHoldsItsSettings() throws {
        #expect(!run.holdsRun)
        let configuration = TrainingConfiguration.quick()
        try run.create(configuration)
        #expect(run.holdsRun)
        #expect(try run.configuration() == configuration)
        #expect(run.latest == nil && run.best == nil)
    }

    @Test func folderOfARunIsNotTakenAgain() throws {
        try run.create(.quick())
        #expect {
            try run.create(.quick())
        } throws: {
            ($0 as? TrainingError)?.exitCode == 64 && "\($0)".contains("--resume \(run.path)")
        }
        try FileManager.default.removeItem(atPath: run.config)
        try touch(1)
        #expect(throws: TrainingError.self) { try run.create(.quick()) }
    }

    @Test func fileInTheWayIsSaid() throws {
        try folder.write("a", "a file")
        #expect {
            try run.create(.quick())
        } throws: {
            TrainingError.exitCode(of: $0) == 74 && "\($0)".contains(folder.file("a"))
        }
    }

    @Test func settingsOfNoRunAreMissed() {
        #expect {
            try run.configuration()
        } throws: {
            ($0 as? TrainingError)?.exitCode == 74
        }
    }

    @Test func namesHaveEightDigits() {
        #expect(run.checkpoint(step: 1234).hasSuffix("/checkpoints/step-00001234.safetensors"))
        #expect(run.checkpoint(step: 123_456_789).hasSuffix("/step-123456789.safetensors"))
    }

    @Test func publishKeepsNewestBestAndLatest() throws {
        try run.create(.quick())
        for step in [2, 4, 6, 8, 10] {
            try touch(step)
            try run.publish(step: step, isBest: step == 4, keep: 1)
            #expect(try text(run.latest) == "\(step)")
        }
        #expect(run.steps.sorted() == [4, 8, 10])
        #expect(try text(run.best) == "4")
        let link = run.checkpoints + "/best"
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: link)
                == "step-00000004.safetensors"
        )
    }

    @Test func nothingElseIsKeptWhereNothingIsAskedFor() throws {
        try run.create(.quick())
        for step in 1...3 {
            try touch(step)
            try run.publish(step: step, isBest: step == 1, keep: 0)
        }
        #expect(run.steps.sorted() == [1, 3])
        try touch(5)
        try run.publish(step: 5, isBest: true, keep: 0)
        #expect(run.steps == [5])
    }

    @Test func newestStandsInForABrokenLink() throws {
        try run.create(.quick())
        for step in [1, 2] {
            try touch(step)
            try run.publish(step: step, isBest: step == 2, keep: 9)
        }
        try FileManager.default.removeItem(atPath: run.checkpoint(step: 2))
        #expect(try text(run.latest) == "1")
        #expect(run.best == nil)
    }

    @Test func movedRunKeepsItsLinks() throws {
        try run.create(.quick())
        try touch(3)
        try run.publish(step: 3, isBest: true, keep: 0)
        let moved = folder.file("moved")
        try FileManager.default.moveItem(atPath: run.path, toPath: moved)
        #expect(try text(RunFolder(moved).best) == "3")
    }

    @Test(arguments: [EPERM, EOPNOTSUPP, ENOSYS])
    func smallFilesStandInForLinks(_ code: Int32) throws {
        try run.create(.quick())
        for step in [2, 4, 6] {
            try touch(step)
            try run.publish(step: step, isBest: step == 4, keep: 0) { _, _ in
                errno = code
                return -1
            }
        }
        #expect(try text(run.checkpoints + "/best") == "step-00000004.safetensors\n")
        #expect(try text(run.latest) == "6")
        #expect(try text(run.best) == "4")
        #expect(run.steps.sorted() == [4, 6])
        // Copied to a file system that has links, they become links again.
        try touch(8)
        try run.publish(step: 8, isBest: true, keep: 0)
        #expect(try text(run.best) == "8")
        #expect(
            try folder.names("a/run/checkpoints") == [
                "best", "latest", "step-00000008.safetensors",
            ]
        )
    }

    @Test func diskThatRefusesLinksForAnotherReasonIsSaid() throws {
        try run.create(.quick())
        try touch(1)
        #expect {
            try run.publish(step: 1, isBest: true, keep: 0) { _, _ in
                errno = ENOSPC
                return -1
            }
        } throws: {
            "\($0)".contains("No space left")
        }
    }

    @Test func checkpointNamesItsRun() throws {
        try run.create(.quick())
        try touch(3)
        try run.publish(step: 3, isBest: true, keep: 0)
        #expect(RunFolder.containing(run.path)?.run == run)
        #expect(RunFolder.containing(run.path).map { $0.checkpoint == nil } == true)
        let named = try #require(RunFolder.containing(run.checkpoint(step: 3)))
        #expect(named.run == run && named.checkpoint == run.checkpoint(step: 3))
        for name in ["best", "latest"] {
            let linked = try #require(RunFolder.containing(run.checkpoints + "/" + name))
            #expect(try text(linked.checkpoint) == "3")
        }
        let stray = try folder.write("stray.safetensors", "")
        #expect(RunFolder.containing(stray) == nil)
        #expect(RunFolder.containing(folder.path) == nil)
    }

    @Test func onlyTheRunsOwnNamesCount() throws {
        try run.create(.quick())
        for name in [
            "step-3", "step--0000003", "step-+0000003", "step-99999999999999999999", "step-0",
        ] {
            try folder.write("a/run/checkpoints/\(name).safetensors", "x")
        }
        #expect(run.steps == [])
        try touch(3)
        #expect(run.steps == [3])
    }
}
