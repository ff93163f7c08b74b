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
    /// Whether ranks work in one another's memory in `whole`, at least on some nodes.
    public let sharesMemory: Bool
    /// Reducing, updating and gathering in one pass, as training does it.
    public let whole: Timing
    /// The same where all that goes between ranks goes as messages.
    public let messages: Messages
    /// MPI_Allreduce in one call, whose order is MPI's; nil without MPI.
    public let allReduce: Timing?

    /// An exchange by messages alone.
    public struct Messages: Codable, Sendable {
        /// Reducing, updating and gathering bucket by bucket.
        public let whole: Timing
        /// The reduce-scatter: the gradients of all ranks in the order of the tree, each rank its shard.
        public let reduce: Timing
        /// What each rank does to its shard in between.
        public let update: Timing
        /// The all-gather of updated shards.
        public let gather: Timing
    }

    /// Turns the values of a strip into new ones by the totals of its gradient; told the block's
    /// number, the strip's range, and the first of both.
    public typealias Update = (
        Int, Range<Int>, UnsafeMutablePointer<Float>, UnsafePointer<Float>
    ) -> Void

    /// Measures an exchange with one slice for each rank, in turn with MPI_Allreduce.
    ///
    /// - Parameters:
    ///   - count: floats in the flat buffer; 143,652,544 are those of VGG-19.
    ///   - bucket: most floats in a bucket.
    ///   - repetitions: at least 1, after one that does not count.
    ///   - update: told the shards and this rank's blocks, makes what turns values into new ones;
    ///     nil = nothing.
    public init(
        _ communicator: any Communicator,
        count: Int,
        bucket: Int = ShardMap.bucket,
        repetitions: Int = 5,
        pool: ThreadPool,
        update makeUpdate: ((ShardMap, [Range<Int>]) -> Update)? = nil
    ) throws {
        let shards = ShardMap(count: count, ranks: communicator.size, bucket: bucket)
        let bench = try ExchangeBench(communicator, shards, pool, makeUpdate)
        let mpi = communicator as? MPICommunicator
        var times = ExchangeTimes()
        for _ in 0...max(repetitions, 1) { try bench.run(communicator, mpi, &times) }
        ranks = communicator.size
        self.count = count
        self.bucket = bucket
        sharesMemory = bench.sharesMemory
        whole = times.timing(\.whole)
        messages = Messages(
            whole: times.timing(\.messages),
            reduce: times.timing(\.reduce),
            update: times.timing(\.update),
            gather: times.timing(\.gather)
        )
        allReduce = mpi.map { _ in times.timing(\.allReduce) }
    }
}

/// Seconds of all repetitions, the one that does not count first.
private struct ExchangeTimes {
    var whole: [Double] = []
    var messages: [Double] = []
    var reduce: [Double] = []
    var update: [Double] = []
    var gather: [Double] = []
    var allReduce: [Double] = []

    func timing(_ times: KeyPath<ExchangeTimes, [Double]>) -> Timing {
        Timing(Array(self[keyPath: times].dropFirst()))
    }
}

/// Memory and reducers of one rank.
private struct ExchangeBench {
    private let shared: GradientReducer
    private let apart: GradientReducer
    private let blocks: [Range<Int>]
    private let gradients: Storage
    private let node: SliceNode
    private let pool: ThreadPool
    private let update: ExchangeBenchmark.Update

    init(
        _ communicator: any Communicator,
        _ shards: ShardMap,
        _ pool: ThreadPool,
        _ makeUpdate: ((ShardMap, [Range<Int>]) -> ExchangeBenchmark.Update)?
    ) throws {
        let tree = SliceTree(slices: communicator.size, ranks: communicator.size)
        func reducer(_ values: NodeStorage) -> GradientReducer {
            GradientReducer(
                communicator: communicator,
                tree: tree,
                shards: shards,
                values: values,
                pool: pool
            )
        }
        self.pool = pool
        shared = reducer(try communicator.makeNodeStorage(count: shards.count))
        apart = reducer(
            NodeStorage(Storage(count: shards.count), ranks: communicator.size)
        )
        blocks = shared.ownBlocks
        update = makeUpdate?(shards, blocks) ?? { _, _, _, _ in }
        gradients = communicator.makeStorage(count: shards.count)
        node = SliceNode(slices: tree.slices(of: communicator.rank), gradients)
        try shared.connect(sums: [gradients])
    }

    var sharesMemory: Bool { shared.sharesMemory }

    /// One repetition of each way.
    func run(
        _ communicator: any Communicator,
        _ mpi: MPICommunicator?,
        _ times: inout ExchangeTimes
    ) throws {
        times.whole.append(try slowest(communicator) { try exchange(shared) })
        times.messages.append(try slowest(communicator) { try exchange(apart) })
        times.reduce.append(
            try slowest(communicator) {
                try apart.reduceScatter(nodes: [node], into: gradients.base)
            }
        )
        times.update.append(
            try slowest(communicator) {
                pool.parallelFor(blocks.count) { block, _ in
                    let range = blocks[block]
                    let start = range.lowerBound
                    let values = apart.values.storage.base
                    update(block, range, values + start, gradients.base + start)
                }
            }
        )
        times.gather.append(try slowest(communicator) { try apart.gatherValues() })
        guard let mpi else { return }
        times.allReduce.append(
            try slowest(mpi) { try mpi.allReduce(gradients.base, gradients.count) }
        )
    }

    private func exchange(_ reducer: GradientReducer) throws {
        let values = reducer.values.storage.base
        try reducer.exchange(nodes: [node], blocks: blocks) {
            update($0, $1, values + $1.lowerBound, $2)
        }
    }
}

/// Seconds that `body` takes on the slowest rank, all starting together.
private func slowest(_ communicator: any Communicator, _ body: () throws -> Void) throws -> Double {
    try communicator.barrier()
    return try communicator.maximum(try measureSeconds(body))
}
