public import Distributed
import Images
public import Networks
public import Tensors

/// How long a network takes to answer about random photos: the pass of an evaluation, but for the
/// loading and the counting.
public struct EvaluationBenchmark: Codable, Sendable {
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
    /// Photos of a batch; each rank has its own.
    public let batch: Int
    /// Seconds of a batch, each the slowest rank's.
    public let pass: Timing
    /// Photos a second, over all ranks.
    public let imagesPerSecond: Timing
    /// Multiply-adds of a photo.
    public let multiplyAdds: Int
    /// Billions of operations a second in the median pass, were each layer computed directly.
    public let gigaflops: Double
    /// What all ranks' threads reach together in multiply-adds on registers, before or after the
    /// passes, whichever was faster.
    public let peakGigaflops: Double
    /// `gigaflops` over `peakGigaflops`; above 1 where fast algorithms save operations.
    public let shareOfPeak: Double
    /// The peak resident memory in bytes of the rank that needed most, with its
    /// share of the values that its node has in common.
    public let peakMemory: Int

    /// Asks about the same random photos again and again; every rank with the same arguments.
    ///
    /// - Parameters:
    ///   - description: one that passes `check()`.
    ///   - batch: photos of each rank, at least 1.
    ///   - repetitions: passes that count, at least 1.
    ///   - warmup: passes before them.
    public init(
        _ description: ModelDescription,
        batch: Int,
        repetitions: Int,
        warmup: Int,
        communicator: any Communicator,
        pool: ThreadPool
    ) throws {
        let values = try communicator.makeNodeStorage(
            count: description.valueCount
        )
        let network = Model(
            description,
            maximumBatch: batch,
            purpose: .evaluation,
            pool: pool,
            values: values.storage
        )
        network.store.initialize(seed: 1)
        let first = communicator.rank * batch
        let photos = randomPhotos(
            first..<first + batch,
            imageSize: description.imageSize,
            classes: description.classes
        )
        let before = multiplierPeak(pool)
        var times: [Double] = []
        try network.withConstantWeights {
            for _ in 0..<warmup + max(repetitions, 1) {
                try communicator.barrier()
                let time = measureSeconds { _ = network.forward(photos.images, .evaluation) }
                times.append(try communicator.maximum(time))
            }
        }
        let peak = max(before, multiplierPeak(pool))
        ranks = communicator.size
        threads = pool.threads
        instructions = pool.instructions
        model = description.architecture
        imageSize = description.imageSize
        classes = description.classes
        self.batch = batch
        pass = Timing(Array(times.dropFirst(warmup)))
        imagesPerSecond = pass.rate(of: Double(batch * communicator.size))
        multiplyAdds = network.summary().multiplyAdds
        gigaflops = 2e-9 * Double(multiplyAdds) * imagesPerSecond.median
        peakGigaflops = 1e-9 * (try communicator.gather(peak).reduce(0, +))
        shareOfPeak = gigaflops / peakGigaflops
        let others = values.others(of: communicator.rank) * MemoryLayout<Float>.stride
        peakMemory = Int(try communicator.maximum(Double(peakResidentBytes() - others)))
    }
}
