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

    /// Trains on two ranks, of which one gets a signal when `strikes` says so of what rank 0 is told.
    private func stop(
        _ run: TestRun,
        signal number: Int32 = 15,
        ranks: Int = 2,
        when strikes: @escaping @Sendable (TrainingEvent) -> Bool
    ) throws -> [[Int]] {
        let resumes = run.run.holdsRun
        if !resumes { try run.run.create(run.configuration) }
        return try ThreadRanks.run(ranks) { communicator in
            let signals = StopSignals()
            let trainer = try Trainer(
                configuration: run.configuration,
                communicator: communicator,
                photos: run.photos,
                run: run.run,
                pool: ThreadPool(threads: 1),
                signals: signals,
                report: { if strikes($0) { signals.request(number) } }
            )
            if resumes { try trainer.resume(from: run.run.path) }
            let signal = try trainer.train()
            try trainer.flush()
            return [signal.map(Int.init) ?? 0, trainer.stepsDone]
        }
    }

    @Test func signalStopsWithACheckpointAndLosesNothing() throws {
        let whole = try TestRun(configuration, photos)
        try whole.train(ranks: 1)
        let stopped = try TestRun(configuration, photos)
        // The step that follows is left, on the rank without the signal too.
        let outcome = try stop(stopped) { event in
            if case .step(let record) = event { record.step == 2 } else { false }
        }
        #expect(outcome == [[15, 2], [15, 2]])
        #expect(StopSignals.name(15) == "SIGTERM")
        #expect(stopped.run.steps.max() == 2)
        try stopped.train(ranks: 4)
        for step in 1...6 { #expect(try stopped.checkpoint(step) == whole.checkpoint(step)) }
        #expect(try stopped.lines(stopped.run.evaluations).count == 2)
    }

    /// The checkpoint comes first, and whoever resumes evaluates.
    @Test func evaluationsAreLeftAndMadeUpFor() throws {
        let whole = try TestRun(configuration, photos)
        try whole.train(ranks: 1)
        let stopped = try TestRun(configuration, photos)
        let outcome = try stop(stopped) { event in
            if case .evaluating = event { true } else { false }
        }
        #expect(outcome == [[15, 3], [15, 3]])
        #expect(stopped.run.steps.max() == 3 && stopped.run.best == nil)
        #expect(try stopped.lines(stopped.run.evaluations).isEmpty)
        // The evaluation at the very end can be left as well.
        let again = try stop(stopped, ranks: 1) { event in
            if case .evaluating = event { stopped.run.steps.contains(6) } else { false }
        }
        #expect(again == [[15, 6]])
        #expect(try stopped.lines(stopped.run.evaluations).count == 1)
        try stopped.train(ranks: 3)
        for step in 1...6 { #expect(try stopped.checkpoint(step) == whole.checkpoint(step)) }
        for file in [\RunFolder.metrics, \RunFolder.evaluations] {
            let a = try timeless(whole.lines(whole.run[keyPath: file]))
            let b = try timeless(stopped.lines(stopped.run[keyPath: file]))
            #expect(a == b)
        }
        #expect(
            try CheckpointFile(stopped.run.path).path
                == CheckpointFile(whole.run.path).path
                .replacing(whole.run.path, with: stopped.run.path)
        )
    }

    /// Open MPI's warning keeps the state, and the run goes on to the same end.
    @Test func warningKeepsTheStateAndGoesOn() throws {
        let quiet = TrainingConfiguration.quick(batch: 8) { $0.keep = 99 }
        let whole = try TestRun(quiet, photos)
        try whole.train(ranks: 1)
        let warned = try TestRun(quiet, photos)
        let outcome = try stop(warned, signal: SIGCONT) { event in
            if case .step(let record) = event { record.step == 4 } else { false }
        }
        #expect(outcome == [[0, 6], [0, 6]])
        #expect(warned.run.steps.sorted() == [3, 4, 6] && whole.run.steps.sorted() == [3, 6])
        #expect(try warned.checkpoint(6) == whole.checkpoint(6))
        #expect(try warned.lines(warned.run.metrics).count == 6)
    }

    @Test func theClockAsksForCheckpoints() throws {
        var timed = TrainingConfiguration.quick(batch: 8) { $0.keep = 99 }
        timed.checkpointMinutes = 1e-9
        let often = try TestRun(timed, photos)
        try often.train(ranks: 3)
        #expect(often.run.steps.sorted() == Array(1...6))
        timed.checkpointMinutes = 0
        let seldom = try TestRun(timed, photos)
        try seldom.train(ranks: 1)
        #expect(seldom.run.steps.sorted() == [3, 6])
        #expect(try often.checkpoint(6) == seldom.checkpoint(6))
    }

    @Test func evaluationsTakeASampleAndTheLastTakesAll() throws {
        var sampled = configuration
        sampled.evaluateAtMost = 4
        let one = try TestRun(sampled, photos)
        let events = try one.train(ranks: 1)
        let records = events.compactMap { event -> EvaluationRecord? in
            if case .evaluation(let record) = event { record } else { nil }
        }
        #expect(records.map(\.result.images) == [4, 7])
        #expect(records.map(\.sampledFrom) == [7, nil])
        #expect(records[0].sampleTop1 == nil && records[1].sampleTop1 != nil)
        // A share of four photos.
        #expect((records[1].comparableTop1 * 4).truncatingRemainder(dividingBy: 1) == 0)
        let three = try TestRun(sampled, photos)
        try three.train(ranks: 3)
        #expect(try one.checkpoint(6) == three.checkpoint(6))
        #expect(
            try timeless(one.lines(one.run.evaluations))
                == timeless(three.lines(three.run.evaluations))
        )
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
