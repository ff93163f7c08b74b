import Foundation
import Images
import Tensors
import TestSupport
import Testing
import Training

/// After any interruption a run ends as if there had been none.
struct TrainerResumeTests {
    private let photos: TrainingSet
    private let configuration = TrainingConfiguration.quick(batch: 8) {
        $0.dropout = 0.2
        $0.ema = 0.9
        $0.keep = 99
        $0.checkpointEvery = 1
        $0.evaluateEvery = 1
    }

    init() throws { photos = try DrawnPhotos(27, classes: 3).split(held: 7) }

    /// Takes a run back to where it was when it was killed right after the checkpoint of `step`;
    /// lines of later steps, the last cut off, stay behind.
    private func kill(_ run: TestRun, after step: Int, best: Int?) throws {
        for later in run.run.steps where later > step {
            try FileManager.default.removeItem(atPath: run.run.checkpoint(step: later))
        }
        try run.run.publish(step: step, isBest: false, keep: 99)
        if let best { try run.run.publish(step: best, isBest: true, keep: 99) }
        try run.run.publish(step: step, isBest: false, keep: 99)
        let handle = try #require(FileHandle(forWritingAtPath: run.run.metrics))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(#"{"step": 7, "lo"#.utf8))
        try handle.close()
        try Data("half".utf8).write(
            to: URL(fileURLWithPath: run.run.checkpoint(step: step + 1) + ".partial")
        )
    }

    /// Lines without what depends on the clock.
    private func timeless(_ lines: [String]) throws -> [Data] {
        try lines.map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            let fields = try #require(object as? [String: Any])
            return try JSONSerialization.data(
                withJSONObject: fields.filter { !$0.key.contains("second") },
                options: .sortedKeys
            )
        }
    }

    @Test(arguments: [(1, 3), (2, 1), (3, 4), (4, 2), (5, 3)])
    func resumedIsUninterrupted(_ step: Int, _ ranks: Int) throws {
        let whole = try TestRun(configuration, photos)
        try whole.train(ranks: 2)
        #expect(whole.run.steps.count == 6)

        let killed = try TestRun(configuration, photos)
        try killed.train(ranks: 1)
        try kill(killed, after: step, best: step >= 3 ? 3 : nil)
        try killed.train(ranks: ranks)
        for step in 1...6 {
            #expect(try killed.checkpoint(step) == whole.checkpoint(step), "step \(step)")
        }
        for file in [\RunFolder.metrics, \RunFolder.evaluations] {
            let a = try timeless(whole.lines(whole.run[keyPath: file]))
            let b = try timeless(killed.lines(killed.run[keyPath: file]))
            #expect(a == b)
        }
        #expect(try killed.lines(killed.run.metrics).count == 6)
        #expect(try killed.lines(killed.run.evaluations).count == 2)
        let leftovers = try FileManager.default.contentsOfDirectory(atPath: killed.run.checkpoints)
            .filter { $0.hasSuffix(".partial") }
        #expect(leftovers.isEmpty)
    }

    @Test func signalStopsWithACheckpointAndLosesNothing() throws {
        let whole = try TestRun(configuration, photos)
        try whole.train(ranks: 1)
        let stopped = try TestRun(configuration, photos)
        try stopped.run.create(configuration)
        // The step at hand ends an epoch: its evaluation is left to the resumed run.
        let outcome = try ThreadRanks.run(2) { [configuration, photos] communicator in
            let signals = StopSignals()
            let trainer = try Trainer(
                configuration: configuration,
                communicator: communicator,
                photos: photos,
                run: stopped.run,
                pool: ThreadPool(threads: 1),
                signals: signals,
                report: { event in
                    if case .step(let record) = event, record.step == 2 { signals.request(15) }
                }
            )
            let signal = try trainer.train()
            return [signal.map(Int.init) ?? 0, trainer.stepsDone]
        }
        #expect(outcome == [[15, 3], [15, 3]])
        #expect(StopSignals.name(15) == "SIGTERM")
        try stopped.train(ranks: 4)
        for step in 1...6 { #expect(try stopped.checkpoint(step) == whole.checkpoint(step)) }
        #expect(try stopped.lines(stopped.run.evaluations).count == 2)
    }

    @Test func finishedRunHasNothingToDo() throws {
        let run = try TestRun(configuration, photos)
        try run.train(ranks: 1)
        let before = try run.checkpoint(6)
        #expect(try run.train(ranks: 2).isEmpty)
        #expect(try run.checkpoint(6) == before)
    }

    @Test func moreEpochsGoOn() throws {
        let run = try TestRun(configuration, photos)
        try run.train(ranks: 1)
        var longer = configuration
        longer.epochs = 3
        try run.train(ranks: 2, with: longer)
        #expect(run.run.steps.max() == 9)
        #expect(try run.lines(run.run.metrics).count == 9)
    }

    @Test func settingsThatMadeTheStateAreFixed() throws {
        let run = try TestRun(configuration, photos)
        try run.train(ranks: 1)
        var other = configuration
        other.batch = 16
        #expect {
            try run.train(ranks: 2, with: other)
        } throws: {
            guard case TrainingError.rank(0, code: 64, let message) = $0 else { return false }
            return message.contains("--batch")
        }
    }

    @Test func otherPhotosAreRefused() throws {
        let run = try TestRun(configuration, photos)
        try run.train(ranks: 1)
        for other in [
            try DrawnPhotos(27, classes: 4).split(held: 7),
            try DrawnPhotos(30, classes: 3).split(held: 7),
        ] {
            #expect {
                try ThreadRanks.run(2) { [configuration] communicator in
                    let trainer = try Trainer(
                        configuration: configuration,
                        communicator: communicator,
                        photos: other,
                        run: run.run,
                        pool: ThreadPool(threads: 1)
                    )
                    try trainer.resume(from: run.run.path)
                }
            } throws: {
                guard case TrainingError.rank(0, code: 65, let message) = $0 else { return false }
                return message.contains("--data")
            }
        }
    }
}
