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
    public let parts: StepParts
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
        let bench = try communicator.together {
            guard steps >= 1 else {
                throw TrainingError.usage("--steps is \(steps); give at least 1")
            }
            guard warmup >= 0 else {
                throw TrainingError.usage("--warmup is \(warmup); give 0 or more")
            }
            return try StepBench(configuration, classes: classes, communicator, pool)
        }
        let before = multiplierPeak(pool)
        for number in 0..<warmup { _ = try bench.run(number) }
        var times: [Double] = []
        var total = StepParts()
        var loss = 0.0
        for number in warmup..<warmup + steps {
            try communicator.barrier()
            var outcome: TrainingStep.Outcome?
            let time = try measureSeconds { outcome = try bench.run(number) }
            times.append(try communicator.largest(time))
            guard let outcome else { continue }
            total += outcome.parts
            loss = outcome.loss
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
        parts = try total.mean(steps: steps, communicator)
        multiplyAdds = bench.model.summary().operations
        gigaflops = 6e-9 * Double(multiplyAdds) * imagesPerSecond.median
        peakGigaflops = 1e-9 * (try communicator.gather(peak).reduce(0, +))
        shareOfPeak = gigaflops / peakGigaflops
        let own = peakResidentBytes() - bench.borrowed
        peakMemory = Int(try communicator.largest(Double(own)))
    }
}

/// All that a step needs on this rank.
private struct StepBench {
    private let replica: Replica
    private let photos: LoadedBatch
    private let parts: [Range<Int>]
    private let learningRate: Float

    init(
        _ configuration: TrainingConfiguration,
        classes: Int,
        _ communicator: any Communicator,
        _ pool: ThreadPool
    ) throws {
        try configuration.check(ranks: communicator.size)
        let description = configuration.description(classes: classes)
        try description.check()
        replica = try Replica(
            configuration,
            description,
            loss: BatchLoss(smoothing: Float(configuration.labelSmoothing), classWeights: nil),
            communicator: communicator,
            pool: pool
        )
        let slices = replica.tree.slices
        let own = replica.tree.slices(of: communicator.rank)
        parts = (0..<slices).map {
            Sampler.slicePositions(slice: $0, slices: slices, count: configuration.batch)
        }
        learningRate = Float(configuration.learningRate)
        photos = randomPhotos(
            parts[own.lowerBound].lowerBound..<parts[own.upperBound - 1].upperBound,
            imageSize: configuration.imageSize,
            classes: classes
        )
    }

    var model: Model { replica.model }

    /// Bytes of other ranks' memory that count as this rank's too.
    var borrowed: Int { replica.reducer.borrowed * MemoryLayout<Float>.stride }

    func run(_ number: Int) throws -> TrainingStep.Outcome? {
        var spent = StepParts()
        let facts = try replica.step.meet(
            .success(photos),
            parts: parts,
            checkpointIsDue: false,
            &spent
        )
        let end = try replica.step.run(
            step: number,
            photos: photos,
            facts: facts,
            parts: parts,
            learningRate: learningRate,
            spent: spent
        )
        // No signal is taken here, so that no step is left.
        guard case .done(let outcome) = end else { return nil }
        return outcome
    }
}

extension StepParts {
    fileprivate static func += (sum: inout StepParts, part: StepParts) {
        sum.forward += part.forward
        sum.backward += part.backward
        sum.exchange += part.exchange
        sum.update += part.update
    }

    /// A step's mean over all ranks, from the sums over this rank's steps.
    fileprivate func mean(steps: Int, _ communicator: any Communicator) throws -> StepParts {
        var values = [forward, backward, exchange, update]
        try communicator.sum(&values)
        let share = 1 / Double(steps * communicator.size)
        var mean = StepParts()
        mean.forward = values[0] * share
        mean.backward = values[1] * share
        mean.exchange = values[2] * share
        mean.update = values[3] * share
        return mean
    }
}
