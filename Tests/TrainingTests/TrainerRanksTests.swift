import Images
import Synchronization
import Testing
import Training

/// The same model, bit for bit, on any number of ranks and threads.
///
/// Batches of 12 in 4 slices over 26 photos: the last batch of an epoch leaves slices of one photo
/// and of none.
struct TrainerRanksTests {
    private let photos: TrainingSet

    init() throws { photos = try DrawnPhotos(34, classes: 3).split(held: 8) }

    private func train(
        _ configuration: TrainingConfiguration,
        ranks: Int,
        threads: Int = 1,
        nodes: [Int]? = nil
    ) throws -> TestRun {
        let run = try TestRun(configuration, photos)
        try run.train(ranks: ranks, threads: threads, nodes: nodes)
        return run
    }

    @Test func ranksAndThreadsChangeNoBit() throws {
        let configuration = TrainingConfiguration.quick {
            $0.dropout = 0.3
            $0.evaluateEvery = 1
            $0.keep = 9
            $0.ema = 0.9
            $0.clip = 0.5
            $0.augmentation.colourJitter = 0.3
            $0.augmentation.erasing = 0.5
        }
        let one = try train(configuration, ranks: 1)
        let evaluations = try one.lines(one.run.evaluations).count
        #expect(evaluations == 2)
        for (ranks, threads) in [(1, 3), (2, 1), (3, 2), (4, 1)] {
            let other = try train(configuration, ranks: ranks, threads: threads)
            #expect(other.run.steps.sorted() == [3, 6])
            for step in [3, 6] {
                #expect(try one.checkpoint(step) == other.checkpoint(step), "\(ranks) ranks")
            }
        }
    }

    @Test(arguments: [nil, 0.5])
    func nodesChangeNoBit(clip: Double?) throws {
        let configuration = TrainingConfiguration.quick {
            $0.evaluateEvery = 1
            $0.ema = 0.9
            $0.clip = clip
        }
        let one = try train(configuration, ranks: 1)
        for nodes in [[0, 0, 0], [0, 0, 1], [0, 1, 2]] {
            let other = try train(configuration, ranks: 3, nodes: nodes)
            #expect(try one.checkpoint(6) == other.checkpoint(6), "nodes \(nodes)")
        }
    }

    @Test(arguments: [OptimizerKind.rmsprop, .rmspropKeras, .adamw])
    func ranksChangeNoBitWith(_ optimizer: OptimizerKind) throws {
        let configuration = TrainingConfiguration.quick(steps: 4) {
            $0.optimizer = optimizer
            $0.nesterov = false
            $0.learningRate = 1e-3
            $0.balance = .weights
        }
        let one = try train(configuration, ranks: 1)
        let three = try train(configuration, ranks: 3)
        #expect(try one.checkpoint(4) == three.checkpoint(4))
    }

    @Test func balancedSamplingIsTheSameOnAnyRanks() throws {
        let configuration = TrainingConfiguration.quick(steps: 3) { $0.balance = .sampling }
        let one = try train(configuration, ranks: 1)
        let two = try train(configuration, ranks: 2)
        #expect(try one.checkpoint(3) == two.checkpoint(3))
        let plain = try train(.quick(steps: 3), ranks: 1)
        #expect(try one.checkpoint(3) != plain.checkpoint(3))
    }

    @Test func whatMattersChangesBits() throws {
        let plain = try train(.quick(steps: 2), ranks: 1).checkpoint(2)
        let changes: [(inout TrainingConfiguration) -> Void] = [
            { $0.seed = 2 }, { $0.dropout = 0.3 }, { $0.clip = 0.01 }, { $0.slices = 2 },
            { $0.weightDecay = 0.1 }, { $0.labelSmoothing = 0 }, { $0.augmentation = .none },
            { $0.nesterov = false }, { $0.schedule = .constant },
        ]
        for change in changes {
            let other = try train(.quick(steps: 2, change: change), ranks: 1)
            #expect(try other.checkpoint(2) != plain)
        }
    }

    @Test(arguments: 1...4)
    func everyPhotoComesOnceInAnEpoch(_ ranks: Int) throws {
        let read = ReadPhotos(photos.training)
        let set = TrainingSet(training: read, held: photos.held, classes: photos.classes)
        let run = try TestRun(.quick { $0.epochs = 1 }, set)
        let events = try run.train(ranks: ranks)
        #expect(read.indices.sorted() == Array(0..<26))
        let steps = events.compactMap { event -> StepRecord? in
            if case .step(let record) = event { record } else { nil }
        }
        #expect(steps.map(\.step) == [1, 2, 3])
        #expect(steps.allSatisfy { $0.totalSteps == 3 && $0.stepsPerEpoch == 3 && $0.epoch == 1 })
    }
}

/// Photos that remember which of them were read.
private struct ReadPhotos: Dataset {
    let photos: any Dataset
    private let log = Log()

    private final class Log: Sendable {
        let indices = Mutex<[Int]>([])
    }

    init(_ photos: any Dataset) { self.photos = photos }

    var indices: [Int] { log.indices.withLock { $0 } }
    var count: Int { photos.count }
    var classes: ClassIndex { photos.classes }
    var labels: [Int32] { photos.labels }
    var countsPerClass: [Int] { photos.countsPerClass }
    func id(_ index: Int) -> String { photos.id(index) }
    func label(_ index: Int) -> Int32 { photos.label(index) }

    func path(_ index: Int) -> String {
        log.indices.withLock { $0.append(index) }
        return photos.path(index)
    }
}
