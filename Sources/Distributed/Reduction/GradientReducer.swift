public import Tensors

/// Adds up the gradients of all slices in the order of the tree and spreads updated values.
///
/// Each rank adds up its own pieces of all nodes' sums and updates its own pieces of the values, which
/// are then given to all: an all-reduce with the update in its middle. Sums in the memory of ranks
/// that `connect` reaches are read there, and values that the ranks of a node have in common are
/// written once; the rest comes and goes in messages. The order of the sums is open to no one.
public final class GradientReducer {
    let communicator: any Communicator
    let shards: ShardMap
    let pool: ThreadPool
    let tree: SliceTree
    /// All nodes that are exchanged, from the first slice to the last, and who holds them.
    let nodes: [(slices: Range<Int>, rank: Int)]
    let plan: SumPlan
    /// The flat values; all ranks may read them but between the meetings of an exchange.
    let values: NodeStorage
    /// Whom this rank sends its values to, and whose it receives.
    let route: (targets: [Int], sources: [Int])
    /// The memory of others that is read in place.
    private(set) var reach: Reach
    /// Slots of the plan, for each thread.
    let scratch: Storage
    private let pieceCount: Int
    private var messages: Storage?

    /// Makes room to exchange one bucket at a time.
    ///
    /// - Parameter values: the flat values, which `exchange`, `spread` and `gather` bring up to date.
    public init(
        communicator: any Communicator,
        tree: SliceTree,
        shards: ShardMap,
        values: NodeStorage,
        pool: ThreadPool
    ) {
        precondition(tree.ranks == communicator.size, "the tree is made for these ranks")
        precondition(shards.ranks == communicator.size, "the shards are made for these ranks")
        precondition(values.homes.count == communicator.size, "the values are these ranks'")
        precondition(values.storage.count == shards.count, "the shards are made for these values")
        self.communicator = communicator
        self.tree = tree
        self.shards = shards
        self.values = values
        self.pool = pool
        route = values.route(of: communicator.rank)
        nodes = (0..<tree.ranks).flatMap { rank in
            tree.nodes(of: rank).map { (slices: $0, rank: rank) }
        }
        let rank = communicator.rank
        pieceCount = shards.buckets.map { shards.piece(of: rank, in: $0).count }.max() ?? 0
        plan = SumPlan(tree, nodes: nodes.map(\.slices))
        scratch = Storage(count: pool.threads * plan.slots * GradientReducer.strip)
        reach = Reach(alone: communicator)
    }

    /// Lets ranks of a node read one another's sums from now on; a collective call.
    ///
    /// - Parameter sums: all memory that this rank's nodes may lie in, from `Communicator.makeStorage`.
    public func connect(sums: [Storage]) throws {
        reach = try Reach(communicator, sums: sums)
        messages = nil
    }

    /// Whether ranks work in one another's memory, at least on some nodes.
    public var sharesMemory: Bool { reach.isAny || values.isShared }

    /// Whether every rank has a machine to itself, and an exchange goes on beside the backward pass
    /// (`OverlappedExchange`).
    ///
    /// Ranks of one machine have to wait until all have their sums complete before they
    /// work in one another's memory, and are done sooner than a pass could hide; their messages too are the
    /// work of the processors that compute.
    public var canOverlap: Bool {
        communicator.size > 1 && !sharesMemory
            && Set(communicator.machines).count == communicator.size
    }

    /// Whether all of an exchange happens in memory.
    var needsNoMessages: Bool { reach.isWhole && values.isWhole }

    /// Floats held for the exchange.
    public var memory: Int { scratch.count + receivedCount }

    /// Floats of other ranks that this one comes to read or write in place; the system counts their
    /// pages as this process's too.
    public var borrowed: Int {
        let places = (0..<shards.ranks).reduce(0) { sum, other in
            guard other != communicator.rank, reach.sums[other] != nil else { return sum }
            return sum + tree.nodes(of: other).count
        }
        let rank = communicator.rank
        return places * shards.shardCount(of: rank) + values.others(of: rank)
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
