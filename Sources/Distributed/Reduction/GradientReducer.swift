public import Tensors

/// Adds up the gradients of all slices in the order of the tree and spreads updated values.
///
/// Each rank adds up its own pieces of all nodes' sums, updates its own pieces of the values, and
/// gives them to all: an all-reduce with the update in its middle. What lies in the memory of ranks
/// that `connect` reaches is read and written there; the rest comes and goes in messages, (p−1)/p of
/// the buffer each time, as in any all-reduce. The order of the sums is open to no one.
public final class GradientReducer {
    let communicator: any Communicator
    let shards: ShardMap
    let pool: ThreadPool
    let tree: SliceTree
    /// All nodes that are exchanged, from the first slice to the last, and who holds them.
    let nodes: [(slices: Range<Int>, rank: Int)]
    let plan: SumPlan
    /// The memory of others that is read and written in place.
    private(set) var reach: Reach
    /// Slots of the plan, for each thread.
    let scratch: Storage
    private let pieceCount: Int
    private var messages: Storage?

    /// Makes room to exchange one bucket at a time.
    public init(
        communicator: any Communicator,
        tree: SliceTree,
        shards: ShardMap,
        pool: ThreadPool
    ) {
        precondition(tree.ranks == communicator.size, "the tree is made for these ranks")
        precondition(shards.ranks == communicator.size, "the shards are made for these ranks")
        self.communicator = communicator
        self.tree = tree
        self.shards = shards
        self.pool = pool
        nodes = (0..<tree.ranks).flatMap { rank in
            tree.nodes(of: rank).map { (slices: $0, rank: rank) }
        }
        let rank = communicator.rank
        pieceCount = shards.buckets.map { shards.piece(of: rank, in: $0).count }.max() ?? 0
        plan = SumPlan(tree, nodes: nodes.map(\.slices))
        scratch = Storage(count: pool.threads * plan.slots * GradientReducer.strip)
        reach = Reach(alone: communicator)
    }

    /// Lets ranks of a node work in one another's memory from now on; a collective call.
    ///
    /// - Parameters:
    ///   - sums: all memory that this rank's nodes may lie in, from `Communicator.makeStorage`.
    ///   - values: the flat values that `exchange`, `spread` and `gather` are called with, likewise.
    public func connect(sums: [Storage], values: Storage) throws {
        reach = try Reach(communicator, sums: sums, values: values)
        messages = nil
    }

    /// Whether ranks read and write one another's memory, at least on some nodes.
    public var sharesMemory: Bool { reach.isAny }

    /// Floats held for the exchange.
    public var memory: Int { scratch.count + receivedCount }

    /// Floats of other ranks that this one comes to read or write in place; the system counts their
    /// pages as this process's too.
    public var borrowed: Int {
        let places = (0..<shards.ranks).reduce(0) { sum, other in
            guard other != communicator.rank, reach.sums[other] != nil else { return sum }
            return sum + tree.nodes(of: other).count + (reach.isWhole ? 1 : 0)
        }
        return places * shards.shardCount(of: communicator.rank)
    }

    /// A bucket's worth of what other ranks send: each of their nodes has its own piece.
    func received() -> Storage {
        if let messages { return messages }
        let storage = Storage(count: receivedCount)
        messages = storage
        return storage
    }

    /// The place of a node that comes as the message number `index`, as if it began with the flat
    /// buffer.
    func place(ofMessage index: Int, _ own: Range<Int>) -> UnsafeMutablePointer<Float> {
        received().base + index * pieceCount - own.lowerBound
    }

    private var receivedCount: Int { pieceCount * nodes.count { comes($0.rank) } }

    /// Whether the nodes of a rank come as messages.
    func comes(_ rank: Int) -> Bool { rank != communicator.rank && reach.sums[rank] == nil }
}
