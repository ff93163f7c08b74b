public import Distributed
import Tensors

/// One exchange as a training step makes it, over made-up slice gradients.
public struct SliceExchange: Sendable {
    /// Floats in the flat buffer.
    public var count: Int
    /// Number of slices.
    public var slices: Int
    /// Most floats in a bucket.
    public var bucket: Int
    /// Floats in a block.
    public var block: Int
    /// Threads of each rank.
    public var threads: Int
    /// Whether ranks of a node are let into one another's memory, and have their values in common.
    public var connects = true

    /// Whether the pass with an update is an `OverlappedExchange`, where ranks share no memory.
    public var overlaps = false

    /// What came of it on one rank.
    public struct Outcome: Sendable, Equatable {
        /// The totals, gathered from all ranks.
        public var total: [Float]
        /// Sum of squares of the totals without the first and the last tenth.
        public var squares: Double
        /// The totals after a journey through shards to rank 0 and back.
        public var returned: [Float]
        /// Half the totals and the totals again, in one pass with a second sum.
        public var updated: [Float]
        /// The same and 1, in a pass without a sum.
        public var raised: [Float]
    }

    /// An exchange of `count` floats from each of `slices` slices.
    public init(count: Int, slices: Int, bucket: Int = 96, block: Int = 8, threads: Int = 1) {
        self.count = count
        self.slices = slices
        self.bucket = bucket
        self.block = block
        self.threads = threads
    }

    /// The floats that the sum of squares counts.
    public var middle: Range<Int> { count / 10..<count - count / 10 }

    /// What every rank must find.
    public var expected: Outcome {
        let total = SliceReference.sum(of: 0..<slices, count: count)
        return Outcome(
            total: total,
            squares: SliceReference.squares(total, middle, block: block),
            returned: total,
            updated: total.map { 0.5 * $0 + $0 },
            raised: total.map { 0.5 * $0 + $0 + 1 }
        )
    }

    /// Takes part as one rank.
    public func run(_ communicator: any Communicator) throws -> Outcome {
        let rank = communicator.rank
        let pool = ThreadPool(threads: threads)
        let tree = SliceTree(slices: slices, ranks: communicator.size)
        let shards = ShardMap(count: count, ranks: communicator.size, bucket: bucket, block: block)
        let gradient = communicator.makeStorage(count: count)
        let common = try makeValues(communicator)
        let values = common.storage
        let accumulator = SliceAccumulator(
            tree: tree,
            rank: rank,
            passes: tree.nodes(of: rank, atMost: 1),
            gradient: gradient,
            pool: pool,
            allocate: communicator.makeStorage
        )
        let reducer = GradientReducer(
            communicator: communicator,
            tree: tree,
            shards: shards,
            values: common,
            pool: pool
        )
        if connects { try reducer.connect(sums: accumulator.places) }
        addSlices(tree.slices(of: rank), accumulator)
        try reducer.reduceScatter(nodes: accumulator.nodes, into: gradient.base)
        let shard = Storage(count: shards.shardCount(of: rank))
        for piece in shards.pieces(of: rank) {
            for (index, place) in piece.range.enumerated() {
                values.base[place] = gradient.base[place]
                shard.base[piece.offset + index] = gradient.base[place]
            }
        }
        let squares = try reducer.sumOfSquares(of: values.base, range: middle)
        try reducer.gatherValues()
        let total = Array(values.buffer)

        let whole = rank == 0 ? Storage(count: count) : nil
        try reducer.gatherShard(shard.base, into: whole?.base)
        fillZero(shard.base, shard.count, pool)
        try withExtendedLifetime(whole) {
            try reducer.scatterShard(whole?.base, into: shard.base)
        }
        // What a rank has read may be overwritten by others once all have.
        try communicator.barrier()
        fillZero(values.base, count, pool)
        try communicator.barrier()
        for piece in shards.pieces(of: rank) {
            for (index, place) in piece.range.enumerated() {
                values.base[place] = shard.base[piece.offset + index]
            }
        }
        try reducer.gatherValues()
        let returned = Array(values.buffer)

        addSlices(tree.slices(of: rank), accumulator)
        let blocks = shards.pieces(of: rank).flatMap { shards.cut($0.range) }
        let update: GradientReducer.Update = {
            for (index, place) in $1.enumerated() {
                values.base[place] = 0.5 * values.base[place] + $2[index]
            }
        }
        if overlaps, communicator.size > 1, !reducer.sharesMemory {
            let exchange = try OverlappedExchange(
                reducer,
                nodes: accumulator.nodes,
                blocks: blocks,
                update: update
            )
            for first in stride(from: count, to: 0, by: -bucket / 3 - 1) {
                exchange.advance(to: first)
            }
            try exchange.finish()
        } else {
            try reducer.exchange(nodes: accumulator.nodes, blocks: blocks, update: update)
        }
        let updated = Array(values.buffer)
        try reducer.updateAndGather(blocks: blocks) {
            for place in $1 { values.base[place] += 1 }
        }
        return Outcome(
            total: total,
            squares: squares,
            returned: returned,
            updated: updated,
            raised: Array(values.buffer)
        )
    }

    private func makeValues(_ communicator: any Communicator) throws -> NodeStorage {
        guard !connects else { return try communicator.makeNodeStorage(count: count) }
        return NodeStorage(Storage(count: count), ranks: communicator.size)
    }

    private func addSlices(_ slices: Range<Int>, _ accumulator: SliceAccumulator) {
        for slice in slices {
            let target = accumulator.begin()
            for (index, value) in SliceReference.gradient(of: slice, count: count).enumerated() {
                target.base[index] = value
            }
            accumulator.add()
        }
    }
}
