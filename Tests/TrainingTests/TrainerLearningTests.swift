import Images
import Testing
import Training

/// That training learns, weighs and stops as it should.
struct TrainerLearningTests {
    private func steps(_ events: [TrainingEvent]) -> [StepRecord] {
        events.compactMap { if case .step(let record) = $0 { record } else { nil } }
    }

    private func evaluations(_ events: [TrainingEvent]) -> [EvaluationResult] {
        events.compactMap { if case .evaluation(let record) = $0 { record.result } else { nil } }
    }

    @Test(arguments: [OptimizerKind.sgd, .rmsprop, .rmspropKeras, .adamw])
    func thirtyTwoPhotosAreLearnedByHeart(_ optimizer: OptimizerKind) throws {
        let photos = try DrawnPhotos(32, classes: 4)
        let set = TrainingSet(training: photos, held: photos, classes: photos.classes)
        let configuration = TrainingConfiguration.quick(batch: 32, slices: 2, steps: 40) {
            $0.optimizer = optimizer
            $0.learningRate = optimizer == .sgd ? 0.05 : 2e-3
            $0.momentum = optimizer == .sgd ? 0.9 : 0
            $0.nesterov = optimizer == .sgd
            $0.labelSmoothing = 0
            $0.weightDecay = 0
            $0.augmentation = .none
            $0.ema = 0.5
        }
        let events = try TestRun(configuration, set).train(ranks: 2)
        let last = try #require(steps(events).last)
        #expect(abs(steps(events)[0].loss - 1.386) < 0.7)
        #expect(last.loss < 0.05 && last.accuracy == 1)
        let result = try #require(evaluations(events).last)
        #expect(result.top1 == 1 && result.images == 32 && result.gap > 0.999)
    }

    /// Where all photos are equal, batch norm sees the same in a slice as in the whole batch.
    private struct OnePhoto: Dataset {
        let photos: DrawnPhotos
        let count: Int
        var classes: ClassIndex { photos.classes }
        var labels: [Int32] { Array(repeating: 1, count: count) }
        var countsPerClass: [Int] { [0, count, 0] }
        func id(_ index: Int) -> String { "\(index)" }
        func path(_ index: Int) -> String { photos.path(1) }
        func label(_ index: Int) -> Int32 { 1 }
    }

    @Test func accumulationIsOneLargeBatch() throws {
        let drawn = try DrawnPhotos(3, classes: 3)
        let set = TrainingSet(
            training: OnePhoto(photos: drawn, count: 12),
            held: OnePhoto(photos: drawn, count: 0),
            classes: drawn.classes
        )
        func weights(slices: Int) throws -> [Float] {
            let configuration = TrainingConfiguration.quick(batch: 12, slices: slices, steps: 3) {
                $0.augmentation = .none
            }
            let run = try TestRun(configuration, set)
            try run.train(ranks: 1)
            let file = try SafetensorsFile(path: run.run.checkpoint(step: 3))
            return try file.floats(#require(file.entry(named: "fc.weight")))
        }
        let whole = try weights(slices: 1)
        for slices in [2, 3, 6] {
            let cut = try weights(slices: slices)
            #expect(zip(whole, cut).allSatisfy { abs($0 - $1) < 1e-4 })
        }
    }

    @Test func divergenceEndsWithAdviceOnAllRanks() throws {
        let photos = try DrawnPhotos(24, classes: 3).split(held: 0)
        let configuration = TrainingConfiguration.quick(steps: 30) {
            $0.learningRate = 1e30
            $0.checkpointEvery = 1
        }
        let run = try TestRun(configuration, photos)
        #expect {
            try run.train(ranks: 2)
        } throws: {
            guard case TrainingError.diverged(let message) = $0 else { return false }
            return message.contains("--learning-rate")
        }
        // Whatever checkpoint lies there is one of finite weights.
        for step in run.run.steps {
            let file = try SafetensorsFile(path: run.run.checkpoint(step: step))
            for entry in file.entries where entry.dtype == .f32 {
                #expect(try file.floats(entry).allSatisfy(\.isFinite))
            }
        }
    }

    @Test func unreadablePhotosAreCountedNamedAndSurvived() throws {
        let drawn = try DrawnPhotos(30, classes: 3)
        try drawn.folder.write("4.jpg", "not a photo")
        try drawn.folder.write("29.jpg", "not a photo, \"either\"")
        let configuration = TrainingConfiguration.quick {
            $0.maximumBadPhotos = 0.1
            $0.evaluateEvery = 1
        }
        let one = try TestRun(configuration, drawn.split(held: 6))
        let events = try one.train(ranks: 1)
        let skipped = events.filter { if case .photoSkipped = $0 { true } else { false } }
        #expect(skipped.count == 2)
        let rows = try one.lines(one.run.skipped)
        #expect(rows.count == 3 && rows[0] == "path,reason")
        #expect(rows.contains { $0.hasPrefix(drawn.path(4) + ",") })
        #expect(evaluations(events).map(\.skipped) == [1, 1])
        #expect(evaluations(events).map(\.images) == [5, 5])
        let three = try TestRun(configuration, drawn.split(held: 6))
        try three.train(ranks: 3)
        #expect(try one.checkpoint(4) == three.checkpoint(4))
        #expect(try one.lines(one.run.skipped).sorted() == three.lines(three.run.skipped).sorted())
    }

    @Test func tooManyUnreadablePhotosEndTheRun() throws {
        let drawn = try DrawnPhotos(24, classes: 3)
        try drawn.folder.write("4.jpg", "not a photo")
        let run = try TestRun(.quick(), drawn.split(held: 0))
        #expect {
            try run.train(ranks: 2)
        } throws: {
            guard case TrainingError.data(let message) = $0 else { return false }
            return message.contains("--max-bad-photos") && message.contains("skipped.csv")
        }
    }

    @Test func bestCheckpointIsTheBest() throws {
        let set = try DrawnPhotos(36, classes: 3).split(held: 12)
        let configuration = TrainingConfiguration.quick {
            $0.evaluateEvery = 1
            $0.epochs = 4
            $0.keep = 0
        }
        let run = try TestRun(configuration, set)
        let results = evaluations(try run.train(ranks: 2))
        let best = try #require(results.max { $0.top1 < $1.top1 })
        let first = try #require(results.first { $0.top1 == best.top1 })
        let file = try CheckpointFile(run.run.path)
        #expect(file.metadata?.step == first.step)
        #expect(file.metadata?.evaluation?.top1 == first.top1)
        #expect(run.run.steps.count <= 2)
        let latest = try CheckpointFile(run.run.path, latest: true)
        #expect(latest.metadata?.step == 8)
    }
}
