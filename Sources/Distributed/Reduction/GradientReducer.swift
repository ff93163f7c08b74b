public import Tensors

/// Reduces the gradients of all slices in the order of the tree and keeps the values of all ranks equal.
///
/// Each rank reduces its own shard of the gradient (reduce-scatter), updates its shard of the values, and
/// gives it to all (all-gather): an all-reduce with the update in its middle. Sums in the memory of ranks
/// that `connect` maps are read there, and values that the ranks of a node have in common are
/// written once; the rest comes and goes in messages. The summation order is fixed.
public final class GradientReducer {
    let communicator: any Communicator
    let shards: ShardMap
    let pool: ThreadPool
    private let tree: SliceTree
    /// All nodes that are exchanged, from the first slice to the last, and who holds them.
    private let nodes: [(slices: Range<Int>, rank: Int)]
    private let sums: TreeSum
    /// The flat values; all ranks may read them but during an exchange.
    let values: NodeStorage
    /// Whom this rank sends its values to, and whose it receives.
    private let route: (targets: [Int], sources: [Int])
    /// The memory of others that is read in place.
    private var reach: Reach
    /// Slots of `sums`, for each thread.
    private let scratch: Storage
    private let pieceCount: Int
    private var messages: Storage?

    /// Makes room to exchange one bucket at a time.
    ///
    /// - Parameter values: the flat values, which `exchange`, `updateAndGather` and `gatherValues` bring up to date.
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
        sums = TreeSum(tree, nodes: nodes.map(\.slices))
        scratch = Storage(count: pool.threads * sums.slots * GradientReducer.strip)
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
    private var needsNoMessages: Bool { reach.isWhole && values.isWhole }

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
    private func received() -> Storage {
        if let messages { return messages }
        let storage = Storage(count: receivedCount)
        messages = storage
        return storage
    }

    /// The place of a node that comes as the message number `index`, as if it began with the flat
    /// buffer.
    private func place(ofMessage index: Int, _ own: Range<Int>) -> UnsafeMutablePointer<Float> {
        received().base + index * pieceCount - own.lowerBound
    }

    private var receivedCount: Int { pieceCount * nodes.count { arrivesByMessage($0.rank) } }

    /// Whether the nodes of a rank come as messages.
    private func arrivesByMessage(_ rank: Int) -> Bool {
        rank != communicator.rank && reach.sums[rank] == nil
    }
}

/// The three ways of an exchange.
extension GradientReducer {
    /// Told the number of a block, the range of a strip of it and the totals of the strip's gradient,
    /// turns the strip's values into new ones.
    public typealias Update = (
        _ block: Int, _ strip: Range<Int>, _ gradient: UnsafePointer<Float>
    ) -> Void

    /// Puts the total over all slices into this rank's pieces of `gradients`: a reduce-scatter.
    ///
    /// - Parameters:
    ///   - own: this rank's nodes, from the first slice to the last.
    ///   - gradients: the flat gradient, as if it had floats before `ShardMap.first` too; it may be the memory of
    ///     one of the nodes. Pieces of other ranks hold no total afterwards.
    public func reduceScatter(
        nodes own: [SliceNode],
        into gradients: UnsafeMutablePointer<Float>
    ) throws {
        let located = try locate(own)
        let blocks = ownBlocks
        for part in parts(blocks) {
            let places = try places(located, part.bucket)
            forEachStrip(of: part, blocks, on: pool) { _, strip, worker in
                _ = total(strip, places, worker, target: gradients + strip.lowerBound)
            }
        }
        try waitForOthers()
    }

    /// Reduces, updates and gathers in one pass, a strip of a block after the other while it is in the
    /// first cache.
    ///
    /// - Parameters:
    ///   - own: this rank's nodes, from the first slice to the last.
    ///   - blocks: this rank's pieces, in order and without holes, cut so that none crosses a
    ///     multiple of `ShardMap.block`.
    ///   - update: called by all threads of the pool.
    public func exchange(
        nodes own: [SliceNode],
        blocks: [Range<Int>],
        update: Update
    ) throws {
        let located = try locate(own)
        try gatherUpdated(blocks, prepare: { try places(located, $0) }) {
            update($0, $1, total($1, $2, $3))
        }
    }

    /// Updates and gathers in one pass what was reduced before.
    ///
    /// - Parameters: as of `exchange`.
    public func updateAndGather(
        blocks: [Range<Int>],
        update: (_ block: Int, _ strip: Range<Int>) -> Void
    ) throws {
        // Whoever still computes with the old values must not be given new ones.
        try waitForOthers()
        try gatherUpdated(blocks, prepare: { _ in () }) { block, strip, _, _ in
            update(block, strip)
        }
    }

    /// Gives every bucket of `blocks` to all once it is updated.
    ///
    /// - Parameter prepare: makes what updates of a bucket need, before the first of them.
    private func gatherUpdated<Context>(
        _ blocks: [Range<Int>],
        prepare: (_ bucket: Range<Int>?) throws -> Context,
        update: (_ block: Int, _ strip: Range<Int>, _ context: Context, _ worker: Int) -> Void
    ) throws {
        for part in parts(blocks) {
            let context = try prepare(part.bucket)
            forEachStrip(of: part, blocks, on: pool) { update($0, $1, context, $2) }
            if let bucket = part.bucket { try send(bucket) }
        }
        try waitForOthers()
    }

    /// Gives every rank's pieces of the values to all: an all-gather.
    public func gatherValues() throws { try updateAndGather(blocks: ownBlocks) { _, _ in } }
}

/// The steps that an exchange is made of.
extension GradientReducer {
    /// Blocks that are worked on without a message in between.
    struct Part {
        /// The bucket that messages belong to; nil where none are sent.
        let bucket: Range<Int>?
        /// Numbers of this rank's blocks.
        let blocks: Range<Int>
    }

    /// This rank's pieces, cut at multiples of a block.
    var ownBlocks: [Range<Int>] {
        shards.pieces(of: communicator.rank).flatMap { shards.cut($0.range) }
    }

    /// Cuts the work on `blocks`: bucket by bucket, or all at once where nothing is sent.
    func parts(_ blocks: [Range<Int>]) -> [Part] {
        precondition(
            blocks.allSatisfy { shards.cut($0).count == 1 }
                && blocks.reduce(0) { $0 + $1.count }
                    == shards.shardCount(of: communicator.rank),
            "the blocks cover this rank's shard"
        )
        guard !needsNoMessages else { return [Part(bucket: nil, blocks: blocks.indices)] }
        var next = 0
        return shards.buckets.map { bucket in
            let first = next
            while next < blocks.count, blocks[next].lowerBound < bucket.upperBound { next += 1 }
            return Part(bucket: bucket, blocks: first..<next)
        }
    }

    /// Most floats in a strip: what is done to one in several loops costs as much as a single loop
    /// over all that it reads and writes, which is how memory is fastest.
    private static var strip: Int { 1 << 10 }

    /// Cuts a block into strips; one that is only updated is a single loop as it is.
    private func strips(_ block: Range<Int>) -> some Sequence<Range<Int>> {
        let length = sums.slots == 0 ? shards.block : Self.strip
        return stride(from: block.lowerBound, to: block.upperBound, by: length).lazy.map {
            $0..<min($0 + length, block.upperBound)
        }
    }

    /// Calls `body` with every strip of a part's blocks, the number of its block and that of the worker.
    func forEachStrip(
        of part: Part,
        _ blocks: [Range<Int>],
        on pool: ThreadPool,
        _ body: (_ block: Int, _ strip: Range<Int>, _ worker: Int) -> Void
    ) {
        pool.parallelFor(part.blocks.count) { task, worker in
            let number = part.blocks.lowerBound + task
            for strip in strips(blocks[number]) { body(number, strip, worker) }
        }
    }

    /// Where the nodes of an exchange lie.
    struct LocatedNodes {
        /// This rank's nodes.
        let own: [SliceNode]
        /// For each node of all ranks, which of its rank's shared storages holds it.
        let homes: [Int]
    }

    /// Where memory is shared, waits until the nodes of all ranks are complete and learns where they lie.
    func locate(_ own: [SliceNode]) throws -> LocatedNodes {
        let rank = communicator.rank
        precondition(
            own.map(\.slices) == tree.nodes(of: rank),
            "a rank adds up the nodes of its own slices"
        )
        guard reach.isAny else { return LocatedNodes(own: own, homes: []) }
        // Every step comes by here: one all-reduce is the barrier too.
        var homes = [Double](repeating: 0, count: nodes.count)
        let places = nodes.indices.filter { nodes[$0].rank == rank }
        for (place, node) in zip(places, own) {
            guard let home = reach.sums[rank]?.firstIndex(where: { $0 === node.sum }) else {
                preconditionFailure("nodes lie in memory that was connected")
            }
            homes[place] = Double(home)
        }
        try communicator.allReduce(&homes)
        return LocatedNodes(own: own, homes: homes.map { Int($0) })
    }

    /// Where the flat buffer would begin of which `sum` holds the part that is exchanged.
    private func flat(_ sum: Storage) -> UnsafeMutablePointer<Float> { sum.base - shards.first }

    /// Where each node's sum lies, given as the place of the flat buffer's first float; what is not
    /// in reach is received for `bucket`.
    func places(
        _ located: LocatedNodes,
        _ bucket: Range<Int>?,
        patiently: Bool = false
    ) throws -> [UnsafeMutablePointer<Float>] {
        let rank = communicator.rank
        let own = bucket.map { shards.piece(of: rank, in: $0) } ?? 0..<0
        var ours = located.own.makeIterator()
        var messages = 0
        let places = nodes.enumerated().map { index, node in
            if node.rank == rank, let node = ours.next() { return flat(node.sum) }
            if let sums = reach.sums[node.rank] { return flat(sums[located.homes[index]]) }
            messages += 1
            return place(ofMessage: messages - 1, own)
        }
        if let bucket { try receive(bucket, located.own, places, patiently) }
        return places
    }

    /// The total of a strip, in `target` or wherever it comes to lie.
    func total(
        _ range: Range<Int>,
        _ places: [UnsafeMutablePointer<Float>],
        _ worker: Int,
        target: UnsafeMutablePointer<Float>? = nil
    ) -> UnsafeMutablePointer<Float> {
        let length = scratch.count / pool.threads
        return sums.total(
            range,
            places,
            scratch: scratch.base + worker * length,
            stride: length / max(sums.slots, 1),
            target: target
        )
    }

    /// Gives this rank's piece of a bucket to the other nodes, and receives theirs.
    func send(_ bucket: Range<Int>, patiently: Bool = false) throws {
        let base = values.storage.base
        func message(_ peer: Int, from owner: Int) -> FloatMessage? {
            let piece = shards.piece(of: owner, in: bucket)
            return piece.isEmpty
                ? nil : FloatMessage(peer: peer, base + piece.lowerBound, piece.count)
        }
        try communicator.sendReceive(
            sends: route.targets.compactMap { message($0, from: communicator.rank) },
            receives: route.sources.compactMap { message($0, from: $0) },
            patiently: patiently
        )
    }

    /// Waits until no rank works in the memory of others.
    private func waitForOthers() throws { if sharesMemory { try communicator.barrier() } }

    /// Sends the pieces of a bucket to the ranks that do not reach this one, and receives theirs.
    private func receive(
        _ bucket: Range<Int>,
        _ own: [SliceNode],
        _ places: [UnsafeMutablePointer<Float>],
        _ patiently: Bool
    ) throws {
        let rank = communicator.rank
        let ownPiece = shards.piece(of: rank, in: bucket)
        var sends: [FloatMessage] = []
        var receives: [FloatMessage] = []
        // Everyone begins with the next rank, so that no rank is everyone's first target.
        for step in 1..<shards.ranks {
            let to = (rank + step) % shards.ranks
            let piece = shards.piece(of: to, in: bucket)
            for node in own where arrivesByMessage(to) && !piece.isEmpty {
                sends.append(
                    FloatMessage(peer: to, flat(node.sum) + piece.lowerBound, piece.count)
                )
            }
            let from = (rank + shards.ranks - step) % shards.ranks
            for (node, place) in zip(nodes, places)
            where node.rank == from && arrivesByMessage(from) && !ownPiece.isEmpty {
                receives.append(
                    FloatMessage(peer: from, place + ownPiece.lowerBound, ownPiece.count)
                )
            }
        }
        try communicator.sendReceive(sends: sends, receives: receives, patiently: patiently)
    }
}
