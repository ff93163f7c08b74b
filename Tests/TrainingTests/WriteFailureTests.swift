import Foundation
import Images
import Tensors
import TestSupport
import Testing
import Training

/// A disk that takes no more ends a run on all ranks, with a message, and leaves no half files.
struct WriteFailureTests {
    private let run: TestRun

    init() throws {
        run = try TestRun(
            .quick(steps: 3) { $0.checkpointEvery = 1 },
            DrawnPhotos(14, classes: 2).split(held: 2)
        )
        try run.run.create(run.configuration)
    }

    /// Every rank of a run that was begun ends with the same message and the code of files.
    private func fails(ranks: Int, naming path: String) {
        let outcomes = ThreadRanks.outcomes(ranks) { [run] communicator in
            try Trainer(
                configuration: run.configuration,
                communicator: communicator,
                photos: run.photos,
                run: run.run,
                pool: .init(threads: 1)
            ).train()
        }
        for outcome in outcomes {
            #expect {
                _ = try outcome.get()
            } throws: {
                guard case TrainingError.rank(0, code: 74, let message) = $0 else { return false }
                return message.contains(path) && message.contains("; ")
            }
        }
    }

    /// Puts a folder that is not empty in the place of a file.
    private func block(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: path + "/in the way",
            withIntermediateDirectories: true
        )
    }

    @Test(arguments: 1...3)
    func checkpointThatCannotBeNamed(_ ranks: Int) throws {
        let path = run.run.checkpoint(step: 2)
        try block(path)
        fails(ranks: ranks, naming: path)
        let names = try FileManager.default.contentsOfDirectory(atPath: run.run.checkpoints)
        #expect(!names.contains { $0.hasSuffix(".partial") })
        #expect(try CheckpointFile(run.run.path, latest: true).metadata?.step == 1)
    }

    @Test(arguments: 1...2)
    func checkpointThatCannotBeBegun(_ ranks: Int) throws {
        let path = run.run.checkpoint(step: 1)
        try block(path + ".partial")
        fails(ranks: ranks, naming: path)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test(arguments: 1...2)
    func linesThatCannotBeWritten(_ ranks: Int) throws {
        try block(run.run.metrics)
        fails(ranks: ranks, naming: run.run.metrics)
    }

    @Test func folderThatIsGone() throws {
        try FileManager.default.removeItem(atPath: run.run.checkpoints)
        fails(ranks: 2, naming: run.run.checkpoints)
    }
}
