import Distributed
import Images
import Networks
import TensorFiles
import Tensors
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
            let file = try TensorFile(path: run.run.checkpoint(step: 3))
            return try file.floats(#require(file.entry(named: "fc.weight")))
        }
        let whole = try weights(slices: 1)
        for slices in [2, 3, 6] {
            let cut = try weights(slices: slices)
            #expect(whole.count == cut.count && !whole.isEmpty)
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
            let file = try TensorFile(path: run.run.checkpoint(step: step))
            let weights = file.entries.filter { $0.dtype == .f32 }
            #expect(!weights.isEmpty)
            for entry in weights { #expect(try file.floats(entry).allSatisfy(\.isFinite)) }
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

    /// From ten on, and beyond what chance allows, before anything is learned from what is left.
    @Test(arguments: [(9, false), (10, true)])
    func tooManyUnreadablePhotosEndTheRun(_ bad: Int, _ ends: Bool) throws {
        let drawn = try DrawnPhotos(24, classes: 3)
        for number in 0..<bad { try drawn.folder.write("\(number).jpg", "not a photo") }
        let run = try TestRun(.quick { $0.dropLast = false }, drawn.split(held: 0))
        guard ends else {
            // Each epoch counts anew: two of them have more than ten bad places.
            try run.train(ranks: 2)
            let last = try #require(CheckpointFile(run.run.path, latest: true).metadata)
            #expect(last.step == 4 && last.badPhotos == 9)
            return
        }
        #expect {
            try run.train(ranks: 2)
        } throws: {
            guard case TrainingError.data(let message) = $0 else { return false }
            return message.contains("--max-bad-photos") && message.contains("skipped.csv")
        }
        #expect(try run.lines(run.run.skipped).count == 11)
    }

    /// A photo that cannot be read gives its place to the next of the epoch: what is learned is what a
    /// folder teaches that has the next photo's bytes there, but for how it is cropped.
    @Test func unreadablePhotosGiveTheirPlaceToTheNext() throws {
        let configuration = TrainingConfiguration.quick {
            $0.augmentation = .none
            $0.maximumBadPhotos = 1
        }
        let bad = [3, 7, 8, 20]
        let order = Sampler(
            labels: Array(repeating: 0, count: 24),
            classes: 3,
            batch: 12,
            dropLast: false,
            balanced: false,
            seed: configuration.seed
        ).order(epoch: 0).map { Int($0) }
        func next(after photo: Int) -> Int {
            var place = order.firstIndex(of: photo) ?? 0
            while bad.contains(order[place]) { place = (place + 1) % order.count }
            return order[place]
        }
        let holes = try DrawnPhotos(24, classes: 3)
        for number in bad { try holes.folder.write("\(number).jpg", "not a photo") }
        let one = try TestRun(configuration, holes.split(held: 0))
        try one.train(ranks: 1)
        for ranks in [2, 4] {
            let other = try TestRun(configuration, holes.split(held: 0))
            try other.train(ranks: ranks, threads: ranks)
            #expect(try one.checkpoint(4) == other.checkpoint(4), "\(ranks) ranks")
        }

        let filled = try DrawnPhotos(24, classes: 3)
        let stand = StandIns(
            photos: filled,
            places: Dictionary(uniqueKeysWithValues: bad.map { ($0, next(after: $0)) })
        )
        let set = TrainingSet(
            training: stand,
            held: holes.split(held: 0).held,
            classes: holes.classes
        )
        let whole = try TestRun(configuration, set)
        let first = steps(try whole.train(ranks: 1))
        let again = steps(try TestRun(configuration, holes.split(held: 0)).train(ranks: 1))
        // The first epoch; the second has another order, and other photos in the places.
        #expect(first.prefix(2).map(\.loss) == again.prefix(2).map(\.loss))
        #expect(first.allSatisfy { $0.loss > 0 })
    }

    /// Photos of which some are others under their numbers.
    private struct StandIns: Dataset {
        let photos: DrawnPhotos
        let places: [Int: Int]
        var count: Int { photos.count }
        var classes: ClassIndex { photos.classes }
        var labels: [Int32] { (0..<count).map { label($0) } }
        var countsPerClass: [Int] { photos.countsPerClass }
        func id(_ index: Int) -> String { photos.id(index) }
        func path(_ index: Int) -> String { photos.path(places[index] ?? index) }
        func label(_ index: Int) -> Int32 { photos.label(places[index] ?? index) }
    }

    @Test func aFolderWithoutAnyGoodPhotoTeachesNothing() throws {
        let drawn = try DrawnPhotos(8, classes: 2)
        for number in 0..<8 { try drawn.folder.write("\(number).jpg", "not a photo") }
        let run = try TestRun(.quick(batch: 4) { $0.maximumBadPhotos = 1 }, drawn.split(held: 0))
        #expect {
            try run.train(ranks: 2)
        } throws: {
            guard case TrainingError.data(let message) = $0 else { return false }
            return message.contains("none of the 8 photos tried for one place of step 1")
        }
        #expect(try run.lines(run.run.metrics).isEmpty)
        #expect(try run.lines(run.run.skipped).count == 9)
    }

    /// A mean of all batches at first, PyTorch's exponential mean in the end.
    @Test func runningStatisticsForgetTheirStart() throws {
        let drawn = try DrawnPhotos(3, classes: 3)
        let set = TrainingSet(
            training: OnePhoto(photos: drawn, count: 12),
            held: OnePhoto(photos: drawn, count: 0),
            classes: drawn.classes
        )
        // Equal batches and a first layer that hardly moves: its statistics are those of the photo at once.
        func mean(steps: Int) throws -> [Float] {
            let configuration = TrainingConfiguration.quick(batch: 12, steps: steps) {
                $0.augmentation = .none
                $0.learningRate = 1e-9
            }
            let run = try TestRun(configuration, set)
            try run.train(ranks: 1)
            let file = try TensorFile(path: run.run.checkpoint(step: steps))
            return try file.floats(#require(file.entry(named: "bn1.running_var")))
        }
        let (one, three) = (try mean(steps: 1), try mean(steps: 3))
        #expect(one.contains { abs($0 - 1) > 0.2 })
        #expect(one.count == three.count && !one.isEmpty)
        #expect(zip(one, three).allSatisfy { abs($0 - $1) < 1e-4 * abs($0) })
    }

    @Test func normsOfSingleValuesAreRefused() throws {
        let photos = try DrawnPhotos(26, classes: 2).split(held: 0)
        func message(_ change: @escaping (inout TrainingConfiguration) -> Void) -> String {
            let configuration = TrainingConfiguration.quick(batch: 8, slices: 4, change: change)
            do {
                _ = try Trainer(
                    configuration: configuration,
                    communicator: SoloCommunicator(),
                    photos: photos,
                    run: RunFolder("nowhere"),
                    pool: ThreadPool(threads: 1)
                )
                return ""
            } catch { return "\(error)" }
        }
        let one = message { ($0.model, $0.slices) = (.resnet18, 8) }
        #expect(one.contains("slice of one photo") && one.contains("--slices"))
        #expect(one.contains("--image-size"))
        // Of 26 photos two are left for the last batch.
        #expect(message { ($0.model, $0.slices) = (.resnet18, 4) }.contains("--drop-last"))
        #expect(message { ($0.model, $0.slices, $0.dropLast) = (.resnet18, 4, true) } == "")
        #expect(message { ($0.model, $0.slices) = (.small, 8) } == "")
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
        #expect(file.metadata?.best?.step != first.step)
        #expect(run.run.steps.count <= 2)
        let latest = try CheckpointFile(run.run.path, latest: true)
        #expect(latest.metadata?.step == 8)
    }
}
