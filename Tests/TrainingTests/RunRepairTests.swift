import Distributed
import Foundation
import Tensors
import TestSupport
import Testing
import Training

/// What kills, power failures, copies and editors leave in a run folder is gone on with, and nothing of
/// it is lost without a word.
struct RunRepairTests {
    private let whole: TestRun
    private let configuration = TrainingConfiguration.quick(batch: 8) {
        $0.keep = 99
        $0.checkpointEvery = 1
        $0.evaluateEvery = 1
    }

    init() throws {
        whole = try TestRun(configuration, DrawnPhotos(27, classes: 3).split(held: 7))
        try whole.train(ranks: 1)
    }

    /// A copy of the run, changed by `change`, gone on with.
    private func resumed(
        from step: Int? = nil,
        ranks: Int = 2,
        _ change: (TestRun) throws -> Void = { _ in }
    ) throws -> (run: TestRun, remarks: [String]) {
        let copy = try TestRun(configuration, whole.photos)
        try FileManager.default.copyItem(atPath: whole.run.path, toPath: copy.run.path)
        try change(copy)
        let remarks = Events()
        _ = try ThreadRanks.run(ranks) { [configuration, run = copy.run, photos = whole.photos] in
            let trainer = try Trainer(
                configuration: configuration,
                communicator: $0,
                photos: photos,
                run: run,
                pool: .init(threads: 1),
                report: { remarks.add($0) }
            )
            try trainer.resume(from: step.map { run.checkpoint(step: $0) } ?? run.path)
            return try trainer.train()
        }
        return (
            copy, remarks.all.compactMap { if case .remark(let text) = $0 { text } else { nil } }
        )
    }

    private func edit(_ path: String, _ change: (inout [UInt8]) -> Void) throws {
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        change(&bytes)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    private func steps(_ path: String, _ run: TestRun) throws -> [Int] {
        struct Mark: Decodable { let step: Int }
        return try run.lines(path).map {
            try JSONDecoder().decode(Mark.self, from: Data($0.utf8)).step
        }
    }

    @Test func wholeRunIsLeftAsItIs() throws {
        let (run, remarks) = try resumed()
        #expect(remarks == [])
        #expect(try run.lines(run.run.metrics) == whole.lines(whole.run.metrics))
        #expect(try run.folder.names("run/checkpoints") == whole.folder.names("run/checkpoints"))
    }

    @Test func brokenLineTakesNoOtherAlong() throws {
        let (run, remarks) = try resumed { run in
            var lines = try run.lines(run.run.metrics)
            lines[1] = "{\"step\": 2, \"lo"
            lines[3] = "rubbish"
            try (lines.joined(separator: "\n") + "\n")
                .write(toFile: run.run.metrics, atomically: true, encoding: .utf8)
        }
        #expect(try steps(run.run.metrics, run) == [1, 3, 5, 6])
        #expect(try run.lines(run.run.metrics + ".broken") == ["{\"step\": 2, \"lo", "rubbish"])
        #expect(
            remarks == [
                "\(run.run.metrics): 2 lines cannot be read: 2, 4; kept in \(run.run.metrics).broken"
            ]
        )
    }

    @Test func zerosAndForeignLineEndsGo() throws {
        let (run, remarks) = try resumed { run in
            let lines = try run.lines(run.run.metrics)
            let text =
                lines[0] + "\r\n\n" + lines[1] + "\r\n\0\0\0" + lines[2] + "\n"
                + lines[3...].joined(separator: "\n") + "\n" + String(repeating: "\0", count: 4000)
            try text.write(toFile: run.run.metrics, atomically: true, encoding: .utf8)
        }
        #expect(try run.lines(run.run.metrics) == whole.lines(whole.run.metrics))
        #expect(try Data(contentsOf: URL(fileURLWithPath: run.run.metrics)).contains(0) == false)
        #expect(remarks.count == 1 && remarks[0].contains("4003 zero bytes"))
    }

    @Test func lastLineWithoutAnEndIsWholeOrGone() throws {
        let (run, remarks) = try resumed { try edit($0.run.metrics) { $0.removeLast() } }
        #expect(remarks == [])
        #expect(
            try run.folder.bytes("run/metrics.jsonl") == whole.folder.bytes("run/metrics.jsonl")
        )
        let (other, words) = try resumed(from: 5) { try edit($0.run.metrics) { $0.removeLast(9) } }
        #expect(try steps(other.run.metrics, other) == [1, 2, 3, 4, 5, 6])
        #expect(words.contains { $0.contains("its last line was cut off") })
    }

    @Test(arguments: [1, 3])
    func olderCheckpointIsGoneOnFrom(_ ranks: Int) throws {
        let (run, remarks) = try resumed(from: 2, ranks: ranks)
        for step in 1...6 { #expect(try run.checkpoint(step) == whole.checkpoint(step)) }
        #expect(try steps(run.run.metrics, run) == [1, 2, 3, 4, 5, 6])
        #expect(try steps(run.run.evaluations, run) == [3, 6])
        #expect(remarks.contains { $0.contains("checkpoints of steps 3, 4, 5, 6 went to") })
        #expect(remarks.contains { $0.contains("the lines of 4 steps after step 2 are gone") })
        #expect(try run.folder.names("run/checkpoints/aside").count == 4)
        #expect(
            run.run.best == run.run.checkpoint(step: 6)
                || run.run.best == run.run.checkpoint(step: 3)
        )
    }

    @Test(arguments: [0, 7, 3000])
    func newestWholeCheckpointStandsInForATornOne(_ size: Int) throws {
        let (run, remarks) = try resumed { run in
            try edit(run.run.checkpoint(step: 6)) { $0.removeLast($0.count - size) }
            try edit(run.run.checkpoint(step: 5)) { $0.append(0) }
        }
        for step in 1...6 { #expect(try run.checkpoint(step) == whole.checkpoint(step)) }
        for step in [5, 6] {
            #expect(
                remarks.contains {
                    $0.hasPrefix(run.run.checkpoint(step: step))
                        && $0.hasSuffix("\(run.run.checkpoint(step: 4)) is taken instead")
                }
            )
        }
    }

    @Test func damageIsToldWhereNoCheckpointIsWhole() throws {
        #expect {
            try resumed { run in
                for step in 1...6 { try edit(run.run.checkpoint(step: step)) { $0 = [] } }
            }
        } throws: {
            guard case TrainingError.rank(0, code: 65, let message) = $0 else { return false }
            return message.contains("step-00000006.safetensors")
        }
    }

    @Test func copyWithoutLinksKnowsItsBestCheckpoint() throws {
        let best = try #require(whole.run.best)
        let (run, _) = try resumed { run in
            for name in ["best", "latest"] {
                try FileManager.default.removeItem(atPath: run.run.checkpoints + "/" + name)
            }
            #expect(
                run.run.best.map { ($0 as NSString).lastPathComponent }
                    == (best as NSString).lastPathComponent
            )
            // As a copy that follows links leaves it.
            try FileManager.default.copyItem(atPath: best, toPath: run.run.checkpoints + "/best")
            #expect(try CheckpointFile(run.run.path).metadata == CheckpointFile(best).metadata)
        }
        let link = run.run.checkpoints + "/best"
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: link)
                == (best as NSString).lastPathComponent
        )
    }

    @Test func runThatLostItsFolderEndsAndWritesNothing() throws {
        let run = try TestRun(configuration, whole.photos)
        let lock = try RunLock.take(run.run)
        try run.run.create(configuration)
        let outcomes = ThreadRanks.outcomes(2) {
            [configuration, photos = whole.photos] communicator in
            try Trainer(
                configuration: configuration,
                communicator: communicator,
                photos: photos,
                run: run.run,
                pool: .init(threads: 1),
                lock: communicator.rank == 0 ? lock : nil,
                report: { event in
                    guard case .step(let record) = event, record.step == 2 else { return }
                    try? FileManager.default.removeItem(atPath: run.run.lock)
                }
            ).train()
        }
        for outcome in outcomes {
            #expect {
                _ = try outcome.get()
            } throws: {
                guard case TrainingError.rank(0, code: 73, let message) = $0 else { return false }
                return message.contains("was taken over by")
            }
        }
        #expect(run.run.steps == [1])
    }
}
