public import Distributed
import Images
public import Networks
public import Tensors

/// How long a training step takes on random photos: the step of a run, but for the loading.
public struct StepBenchmark: Codable, Sendable {
    /// Number of ranks.
    public let ranks: Int
    /// Threads of a rank.
    public let threads: Int
    /// Instruction set of the kernels.
    public let instructions: InstructionSet
    /// The network.
    public let model: Architecture
    /// Side of the square photos.
    public let imageSize: Int
    /// Number of classes.
    public let classes: Int
    /// Photos of a step, over all ranks.
    public let batch: Int
    /// Parts of the batch that are computed apart.
    public let slices: Int
    /// The update rule.
    public let optimizer: OptimizerKind
    /// Steps that count.
    public let steps: Int
    /// Seconds of a step, each the slowest rank's.
    public let step: Timing
    /// Photos a second, over all ranks.
    public let imagesPerSecond: Timing
    /// Seconds of the parts of the step, means over steps and ranks.
    public let parts: StepTimes
    /// Multiply-adds of a photo's forward pass.
    public let multiplyAdds: Int
    /// Billions of operations a second in the median step, were each layer computed directly:
    /// two for each multiply-add of a forward and twice as many of a backward pass.
    public let gigaflops: Double
    /// What all ranks' threads reach together in multiply-adds on registers, before or after the
    /// steps, whichever was faster.
    public let peakGigaflops: Double
    /// `gigaflops` over `peakGigaflops`; above 1 where fast algorithms save operations.
    public let shareOfPeak: Double
    /// The peak resident memory in bytes of the rank that needed most, without what it reaches of
    /// other ranks' memory.
    public let peakMemory: Int
    /// Mean loss of the last step.
    public let loss: Double

    /// Trains on the same random photos again and again; every rank with the same arguments.
    ///
    /// - Parameters:
    ///   - configuration: what to measure; photos and what is kept play no part.
    ///   - steps: how many count, at least 1.
    ///   - warmup: steps before them.
    /// - Throws: `TrainingError.usage` for settings that cannot be, on all ranks.
    public init(
        _ configuration: TrainingConfiguration,
        classes: Int,
        steps: Int,
        warmup: Int,
        communicator: any Communicator,
        pool: ThreadPool
    ) throws {
        try communicator.together {
            guard steps >= 1 else {
                throw TrainingError.usage("--steps is \(steps); give at least 1")
            }
            guard warmup >= 0 else {
                throw TrainingError.usage("--warmup is \(warmup); give 0 or more")
            }
            try configuration.check(ranks: communicator.size)
            try configuration.description(classes: classes).check()
        }
        let bench = try StepBench(configuration, classes: classes, communicator, pool)
        let before = multiplierPeak(pool)
        var unused = StepTimes()
        for number in 0..<warmup { _ = try bench.run(number, &unused) }
        var times: [Double] = []
        var total = StepTimes()
        var loss = 0.0
        for number in warmup..<warmup + steps {
            try communicator.barrier()
            var outcome: TrainingStep.Outcome?
            let time = try measureSeconds { outcome = try bench.run(number, &total) }
            times.append(try communicator.maximum(time))
            loss = outcome?.loss ?? loss
        }
        let peak = max(before, multiplierPeak(pool))
        ranks = communicator.size
        threads = pool.threads
        instructions = pool.instructions
        model = configuration.model
        imageSize = configuration.imageSize
        self.classes = classes
        batch = configuration.batch
        slices = configuration.slices ?? communicator.size
        optimizer = configuration.optimizer
        self.steps = steps
        self.loss = loss
        step = Timing(times)
        imagesPerSecond = step.rate(of: Double(configuration.batch))
        parts = StepTimes(meanOf: try communicator.gather(total), steps: steps)
        multiplyAdds = bench.model.summary().multiplyAdds
        gigaflops = 6e-9 * Double(multiplyAdds) * imagesPerSecond.median
        peakGigaflops = 1e-9 * (try communicator.gather(peak).reduce(0, +))
        shareOfPeak = gigaflops / peakGigaflops
        let own = peakResidentBytes() - bench.borrowed
        peakMemory = Int(try communicator.maximum(Double(own)))
    }
}

/// All that a step needs on this rank.
private struct StepBench {
    private let replica: Replica
    private let step: TrainingStep
    private let photos: LoadedBatch
    private let slices: [Range<Int>]
    private let learningRate: Float

    init(
        _ configuration: TrainingConfiguration,
        classes: Int,
        _ communicator: any Communicator,
        _ pool: ThreadPool
    ) throws {
        replica = try Replica(
            configuration,
            configuration.description(classes: classes),
            communicator: communicator,
            pool: pool
        )
        step = try TrainingStep(
            replica,
            loss: BatchLoss(smoothing: Float(configuration.labelSmoothing), classWeights: nil),
            seed: configuration.seed
        )
        let (count, own) = (replica.tree.slices, replica.ownSlices)
        slices = (0..<count).map {
            Sampler.slicePositions(slice: $0, slices: count, count: configuration.batch)
        }
        learningRate = Float(configuration.learningRate)
        photos = randomPhotos(
            slices[own.lowerBound].lowerBound..<slices[own.upperBound - 1].upperBound,
            imageSize: configuration.imageSize,
            classes: classes
        )
    }

    var model: Model { replica.model }

    /// Bytes of other ranks' memory that count as this rank's too.
    var borrowed: Int { replica.reducer.borrowed * MemoryLayout<Float>.stride }

    func run(_ number: Int, _ times: inout StepTimes) throws -> TrainingStep.Outcome? {
        let facts = try step.agree(.success(photos), slices, checkpointIsDue: false, &times)
        let batch = GlobalBatch(step: number, slices: slices, photos: photos, scale: facts.scale)
        let end = try step.run(batch, learningRate: learningRate, &times)
        // No signal is taken here, so that no step is left.
        guard case .done(let outcome) = end else { return nil }
        return outcome
    }
}

extension StepTimes {
    /// A step's mean, from the sums over the steps of each rank.
    fileprivate init(meanOf ranks: [StepTimes], steps: Int) {
        let part = 1 / Double(steps * ranks.count)
        func mean(_ key: KeyPath<StepTimes, Double>) -> Double {
            ranks.reduce(0) { $0 + $1[keyPath: key] } * part
        }
        forward = mean(\.forward)
        backward = mean(\.backward)
        exchange = mean(\.exchange)
        update = mean(\.update)
    }
}

/// A batch of noise in the place of photos.
///
/// What stands at a position of the global batch is a function of the position alone.
///
/// - Parameters:
///   - positions: of the photos in the global batch.
///   - classes: number of classes that labels are drawn from.
func randomPhotos(_ positions: Range<Int>, imageSize: Int, classes: Int) -> LoadedBatch {
    let perPhoto = imageSize * imageSize * 3
    let images = Storage(count: positions.count * perPhoto)
    var labels: [Int32] = []
    for (n, position) in positions.enumerated() {
        var random = Random(seed: 1, .benchmark, 0, UInt64(position))
        labels.append(Int32(random.integer(below: classes)))
        // Uniform with the deviation 1 of normalised photos.
        for i in n * perPhoto..<(n + 1) * perPhoto {
            images.base[i] = random.uniform(-1.732, 1.732)
        }
    }
    return LoadedBatch(images: images, imageSize: imageSize, labels: labels)
}
