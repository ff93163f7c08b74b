public import Tensors

/// How long the exchange of one step's gradients and weights takes, beside MPI's own all-reduce of
/// the same floats: seconds, each repetition's the slowest rank's.
public struct ExchangeBenchmark: Codable, Sendable {
    /// Number of ranks.
    public let ranks: Int
    /// Floats in the flat buffer.
    public let count: Int
    /// Most floats in a bucket.
    public let bucket: Int
    /// Adding up the gradients of all ranks in the order of the tree, each rank its shard.
    public let reduce: Timing
    /// Giving every rank's shard to all.
    public let gather: Timing
    /// What each rank does to its shard in between.
    public let update: Timing
    /// Adding up and giving, without what lies between.
    public let exchange: Timing
    /// All three.
    public let whole: Timing
    /// MPI_Allreduce in one call, whose order is MPI's; nil without MPI.
    public let allReduce: Timing?

    /// Turns this rank's shard of the values into new ones by its shard of the gradients; both are
    /// the flat buffers, whole.
    public typealias Update = (UnsafeMutablePointer<Float>, UnsafePointer<Float>) -> Void

    /// Measures an exchange with one slice for each rank, in turn with MPI_Allreduce.
    ///
    /// - Parameters:
    ///   - count: floats in the flat buffer; 143,652,544 are those of VGG-19.
    ///   - bucket: most floats in a bucket.
    ///   - repetitions: at least 1, after one that does not count.
    ///   - update: told the shards, makes what turns the values into new ones by the gradients;
    ///     nil = nothing.
    public init(
        _ communicator: any Communicator,
        count: Int,
        bucket: Int = ShardMap.bucket,
        repetitions: Int = 5,
        pool: ThreadPool,
        update makeUpdate: ((ShardMap) -> Update)? = nil
    ) throws {
        let shards = ShardMap(count: count, ranks: communicator.size, bucket: bucket)
        let update = makeUpdate?(shards)
        let tree = SliceTree(slices: communicator.size, ranks: communicator.size)
        let reducer = GradientReducer(
            communicator: communicator,
            tree: tree,
            shards: shards,
            pool: pool
        )
        let gradients = Storage(count: count)
        let values = Storage(count: count)
        let node = SliceNode(slices: tree.slices(of: communicator.rank), gradients)
        let mpi = communicator as? MPICommunicator
        var reductions: [Double] = []
        var updates: [Double] = []
        var gatherings: [Double] = []
        var allReductions: [Double] = []
        for _ in 0...max(repetitions, 1) {
            reductions.append(
                try slowest(communicator) {
                    try reducer.reduce(nodes: [node], into: gradients.base)
                }
            )
            updates.append(try slowest(communicator) { update?(values.base, gradients.base) })
            gatherings.append(try slowest(communicator) { try reducer.gather(values.base) })
            if let mpi {
                allReductions.append(try slowest(mpi) { try mpi.sum(gradients.base, count) })
            }
        }
        ranks = communicator.size
        self.count = count
        self.bucket = bucket
        reduce = Timing(Array(reductions.dropFirst()))
        gather = Timing(Array(gatherings.dropFirst()))
        self.update = Timing(Array(updates.dropFirst()))
        exchange = Timing(zip(reductions, gatherings).dropFirst().map { $0 + $1 })
        whole = Timing(
            zip(zip(reductions, gatherings), updates).dropFirst().map { $0.0 + $0.1 + $1 }
        )
        allReduce = mpi.map { _ in Timing(Array(allReductions.dropFirst())) }
    }
}

/// Seconds that `body` takes on the slowest rank, all starting together.
private func slowest(_ communicator: any Communicator, _ body: () throws -> Void) throws -> Double {
    try communicator.barrier()
    return try communicator.largest(try measureSeconds(body))
}
