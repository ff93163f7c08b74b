import Distributed
import Files
import Foundation
import Images
import Networks
import Synchronization
import Tensors
import TestSupport
import Testing
import Training

/// Training of a network whose beginning keeps its weights, and on features that are computed once.
struct FrozenTrunkTests {
    private let photos: TrainingSet

    init() throws { photos = try DrawnPhotos(34, classes: 3).split(held: 8) }

    private func train(
        _ configuration: TrainingConfiguration,
        _ photos: TrainingSet? = nil,
        ranks: Int = 1,
        threads: Int = 1,
        nodes: [Int]? = nil
    ) throws -> (run: TestRun, remarks: [String]) {
        let run = try TestRun(configuration, photos ?? self.photos)
        let events = try run.train(ranks: ranks, threads: threads, nodes: nodes)
        return (run, remarks(events))
    }

    private func remarks(_ events: [TrainingEvent]) -> [String] {
        events.compactMap { if case .remark(let text) = $0 { text } else { nil } }
    }

    /// What a checkpoint holds beside its header.
    private func tensors(_ run: TestRun, _ step: Int) throws -> ArraySlice<UInt8> {
        let bytes = try run.checkpoint(step)
        let length = (0..<8).reduce(0) { $0 | Int(bytes[$1]) << (8 * $1) }
        return bytes[(8 + length)...]
    }

    private func store(_ run: TestRun, _ step: Int) throws -> ParameterStore {
        let model = Model(
            run.configuration.description(classes: 3),
            maximumBatch: 1,
            purpose: .evaluation,
            pool: ThreadPool(threads: 1)
        )
        try CheckpointFile(run.run.checkpoint(step: step)).load(into: model.store, average: false)
        return model.store
    }

    @Test(arguments: [Freezing.layers(4), .trunk])
    func whatIsFrozenKeepsItsBits(_ freezing: Freezing) throws {
        let configuration = TrainingConfiguration.quick {
            $0.freeze = freezing
            $0.views = freezing == .trunk ? 0 : nil
            $0.dropout = 0.3
            $0.clip = 0.5
            $0.ema = 0.9
            $0.weightDecay = 0.1
            $0.schedule = .constant
            $0.evaluateEvery = 1
            $0.augmentation.colourJitter = 0.3
        }
        let one = try train(configuration, ranks: 1).run
        let trained = try store(one, 6)
        let start = Model(
            configuration.description(classes: 3),
            freezing: freezing,
            maximumBatch: 1,
            purpose: .evaluation,
            pool: ThreadPool(threads: 1)
        )
        start.store.initialize(seed: configuration.seed)
        for (before, after) in zip(start.store.parameters, trained.parameters) {
            #expect(before.name == after.name)
            #expect(
                (start.store.read(before) == trained.read(after)) == before.isFrozen,
                "\(before.name)"
            )
        }
        let header = String(decoding: try one.checkpoint(6).prefix(100_000), as: UTF8.self)
        #expect(!header.contains("optimizer.velocity.conv1.weight"))
        #expect(header.contains("optimizer.velocity.fc.weight"))
        let launches: [(Int, Int, [Int]?)] = [(2, 2, nil), (3, 1, [0, 1, 1]), (3, 1, [0, 1, 2])]
        for (ranks, threads, nodes) in launches {
            let other = try train(configuration, ranks: ranks, threads: threads, nodes: nodes).run
            #expect(try one.checkpoint(6) == other.checkpoint(6), "\(ranks) ranks")
        }
        var shorter = configuration
        // Where an epoch ends, so that statistics follow the weights there in both.
        shorter.steps = 3
        let halved = try TestRun(configuration, photos)
        try halved.train(ranks: 2, with: shorter)
        try halved.train(ranks: 1)
        #expect(try tensors(one, 6) == tensors(halved, 6))
    }

    private func cached(_ change: (inout TrainingConfiguration) -> Void = { _ in })
        -> TrainingConfiguration
    {
        .quick {
            $0.freeze = .trunk
            $0.dropout = 0.3
            $0.evaluateEvery = 1
            $0.keep = 9
            $0.schedule = .constant
            $0.augmentation = .none
            change(&$0)
        }
    }

    @Test func cachingChangesNothing() throws {
        let (anew, none) = try train(cached { $0.views = 0 })
        let (once, remarks) = try train(cached())
        for step in [3, 6] { #expect(try tensors(anew, step) == tensors(once, step)) }
        #expect(none.isEmpty)
        #expect(remarks.count == 2)
        #expect(remarks[0].contains("prepared as for evaluation"))
        #expect(remarks[1].contains("features of 34 photos"))
        let results = try [anew, once].map { run in
            try run.lines(run.run.evaluations).map {
                try JSONDecoder().decode(EvaluationRecord.self, from: Data($0.utf8)).result
            }
        }
        #expect(results[0] == results[1])
        #expect(results[0].count == 2)
    }

    @Test func ranksThreadsAndStopsChangeNoBit() throws {
        let one = try train(cached()).run
        let launches: [(Int, Int, [Int]?)] = [(2, 2, nil), (3, 1, [0, 0, 1]), (3, 2, [0, 1, 2])]
        for (ranks, threads, nodes) in launches {
            let other = try train(cached(), ranks: ranks, threads: threads, nodes: nodes).run
            for step in [3, 6] {
                #expect(try one.checkpoint(step) == other.checkpoint(step), "\(ranks) ranks")
            }
        }
        let halved = try TestRun(cached(), photos)
        try halved.train(ranks: 2, with: cached { $0.steps = 4 })
        let told = remarks(try halved.train(ranks: 1))
        #expect(told.contains { $0.hasPrefix("the features of all photos are in") })
        #expect(try tensors(one, 6) == tensors(halved, 6))
    }

    @Test func staleFeaturesAreComputedAnew() throws {
        let one = try train(cached()).run
        let other = try TestRun(cached(), photos)
        try other.train(ranks: 1, with: cached { $0.steps = 2 })
        let folder = other.run.features
        let names = try FolderListing.names(in: folder)
        #expect(names.sorted() == ["held-out-0-0.safetensors", "training-0-0.safetensors"])
        let path = folder + "/training-0-0.safetensors"
        var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        bytes.removeLast(5)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let told = remarks(try other.train(ranks: 3))
        #expect(told.contains { $0.hasPrefix("features of training photos") })
        #expect(told.contains { $0.contains("features of 26 photos were computed") })
        #expect(try tensors(one, 6) == tensors(other, 6))
    }

    @Test func viewsTakeTurns() throws {
        let change: (inout TrainingConfiguration) -> Void = {
            $0.views = 2
            $0.epochs = 4
            $0.augmentation.colourJitter = 0.4
            $0.augmentation.minimumScale = 0.4
        }
        let (one, remarks) = try train(cached(change))
        #expect(remarks.contains { $0.contains("2 random views of each photo") })
        #expect(remarks.contains { $0.contains("features of 60 photos") })
        let three = try train(cached(change), ranks: 3).run
        #expect(try one.checkpoint(12) == three.checkpoint(12))
        // In the first epoch a view is the photo as ordinary training has it there.
        let ordinary = try train(
            cached {
                change(&$0)
                $0.views = 0
            }
        )
        .run
        for step in [3, 6] { #expect(try tensors(one, step) == tensors(ordinary, step)) }
        #expect(try tensors(one, 9) != tensors(ordinary, 9))
    }

    @Test func badPhotosAreCountedAsInOrdinaryTraining() throws {
        let drawn = try DrawnPhotos(34, classes: 3)
        for number in [3, 4, 30] { try drawn.folder.write("\(number).jpg", "no photo") }
        let photos = drawn.split(held: 8)
        let anew = try train(cached { $0.views = 0 }, photos).run
        for ranks in [1, 3] {
            let once = try train(cached(), photos, ranks: ranks).run
            for step in [3, 6] { #expect(try tensors(anew, step) == tensors(once, step)) }
            #expect(
                try anew.lines(anew.run.skipped).sorted() == once.lines(once.run.skipped).sorted()
            )
        }
    }

    @Test func evaluationsAreThoseOfTheWholeNetwork() throws {
        let run = try TestRun(cached(), photos)
        try run.run.create(run.configuration)
        let pool = ThreadPool(threads: 2)
        let trainer = try Trainer(
            configuration: run.configuration,
            communicator: SoloCommunicator(),
            photos: photos,
            run: run.run,
            pool: pool
        )
        #expect(try trainer.train() == nil)
        let model = Model(
            run.configuration.description(classes: 3),
            maximumBatch: 5,
            purpose: .evaluation,
            pool: pool
        )
        try CheckpointFile(run.run.checkpoint(step: 6)).load(into: model.store, average: true)
        let whole = try Evaluator(
            communicator: SoloCommunicator(),
            model: model,
            plans: PhotoPlans(run.configuration),
            batch: 5,
            pool: pool
        )
        .run(photos.held, count: photos.held.count, top: 5)
        #expect(trainer.findings?.outcomes == whole.outcomes)
        let tested = try trainer.test(photos.held)
        #expect(tested.images == photos.held.count)
    }

    @Test func aStopLosesNoWholePart() throws {
        let many = try DrawnPhotos(564, classes: 2, side: 34).split(held: 12)
        let configuration = cached { $0.steps = 2 }
        let whole = try train(configuration, many).run
        let halved = try TestRun(configuration, many)
        try halved.run.create(configuration)
        let signals = StopSignals()
        let counted = CountedPhotos(many.training) { if $0 == 548 { signals.request(15) } }
        let set = TrainingSet(training: counted, held: many.held, classes: many.classes)
        func trainer() throws -> Trainer {
            try Trainer(
                configuration: configuration,
                communicator: SoloCommunicator(),
                photos: set,
                run: halved.run,
                pool: ThreadPool(threads: 1),
                signals: counted.read == 0 ? signals : nil
            )
        }
        #expect(try trainer().train() == 15)
        #expect(halved.run.steps == [0])
        let before = counted.read
        // What is read ahead does not count: of the second part nothing is kept.
        #expect((548...552).contains(before))
        let resumed = try trainer()
        try resumed.resume(from: halved.run.path)
        #expect(try resumed.train() == nil)
        #expect(counted.read - before == 552 - 512)
        #expect(try whole.checkpoint(2) == halved.checkpoint(2))
    }

    @Test func settingsThatCannotBeAreRefused() throws {
        #expect {
            try train(.quick { $0.views = 2 })
        } throws: {
            "\($0)".contains("--views is for --freeze trunk")
        }
        #expect {
            try train(.quick { $0.freeze = .layers(11) })
        } throws: {
            "\($0)".contains("small has 11 layers with weights")
        }
        let run = try train(cached { $0.steps = 2 }).run
        #expect {
            try run.train(ranks: 1, with: .quick())
        } throws: {
            "\($0)".contains(
                "--freeze cannot change on --resume: the run has trunk, now it is none"
            )
        }
    }

    @Test func frozenBatchNormsKeepTheirStatistics() throws {
        let configuration = TrainingConfiguration.quick(steps: 3) { $0.freezeBatchNorm = true }
        let (one, _) = try train(configuration)
        let trained = try store(one, 3)
        for parameter in trained.parameters where parameter.name.contains(".running_") {
            let start: Float = parameter.name.hasSuffix("mean") ? 0 : 1
            #expect(trained.read(parameter).allSatisfy { $0 == start })
        }
        let scale = try #require(trained.parameters.first { $0.name == "bn1.weight" })
        #expect(trained.read(scale).contains { $0 != 1 })
        let three = try train(configuration, ranks: 3, threads: 2).run
        #expect(try one.checkpoint(3) == three.checkpoint(3))
    }

    @Test func theTrunkLearnsMoreSlowly() throws {
        let plain = try train(.quick(steps: 1)).run
        let slow = try train(.quick(steps: 1) { $0.trunkLearningRateFactor = 0.5 }).run
        let still = try train(.quick(steps: 1) { $0.trunkLearningRateFactor = 0 }).run
        let stores = try [plain, slow, still].map { try store($0, 1) }
        let start = Model(
            plain.configuration.description(classes: 3),
            maximumBatch: 1,
            purpose: .evaluation,
            pool: ThreadPool(threads: 1)
        )
        start.store.initialize(seed: plain.configuration.seed)
        for parameter in start.store.parameters where parameter.isTrainable {
            let before = start.store.read(parameter)
            let after = stores.map { $0.read(parameter) }
            guard !parameter.isHead else {
                #expect(after[0] == after[1] && after[0] == after[2])
                #expect(after[0] != before)
                continue
            }
            #expect(after[2] == before)
            #expect(after[0] != before)
            for (place, value) in before.enumerated() {
                let (full, half) = (after[0][place] - value, after[1][place] - value)
                #expect(abs(half - full / 2) <= 1e-4 * abs(full) + 1e-6)
            }
        }
    }
}

/// Photos that count how often one is asked for.
private struct CountedPhotos: Dataset {
    let photos: any Dataset
    private let asked = Count()
    private let tell: @Sendable (Int) -> Void

    private final class Count: Sendable {
        let value = Mutex(0)
    }

    init(_ photos: any Dataset, _ tell: @escaping @Sendable (Int) -> Void) {
        self.photos = photos
        self.tell = tell
    }

    var read: Int { asked.value.withLock { $0 } }
    var count: Int { photos.count }
    var classes: ClassIndex { photos.classes }
    var labels: [Int32] { photos.labels }
    var countsPerClass: [Int] { photos.countsPerClass }
    func id(_ index: Int) -> String { photos.id(index) }
    func label(_ index: Int) -> Int32 { photos.label(index) }

    func path(_ index: Int) -> String {
        let count = asked.value.withLock { value in
            value += 1
            return value
        }
        tell(count)
        return photos.path(index)
    }
}
