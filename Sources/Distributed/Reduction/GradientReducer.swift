public import Tensors

/// Adds up the gradients of all slices in the order of the tree and spreads updated values.
///
/// `reduce` is the first half of an all-reduce: every rank receives its piece of each node's sum
/// and adds them up. The rank then updates its own pieces of the values, and `gather`, the second
/// half, gives them to all. Per rank (p−1)/p of the buffer is sent each time, as in any all-reduce,
/// and the order of the sums is open to no one.
public final class GradientReducer {
    let communicator: any Communicator
    let shards: ShardMap
    let pool: ThreadPool
    private let tree: SliceTree
    /// All nodes that are exchanged, from the first slice to the last, and who holds them.
    private let nodes: [(slices: Range<Int>, rank: Int)]
    /// A bucket's worth of what other ranks send: each of their nodes has its own piece.
    private let received: Storage
    private let pieceCount: Int

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
        received = Storage(count: nodes.count { $0.rank != rank } * pieceCount)
    }

    /// Floats held for the exchange.
    public var memory: Int { received.count }

    /// Puts the total over all slices into this rank's pieces of `gradients`.
    ///
    /// - Parameters:
    ///   - sums: this rank's nodes, from the first slice to the last.
    ///   - gradients: the flat gradient; where it is the memory of one of the nodes, as with the
    ///     accumulator, nothing is copied. Pieces of other ranks hold no total afterwards.
    public func reduce(
        nodes sums: [SliceNode],
        into gradients: UnsafeMutablePointer<Float>
    ) throws {
        let rank = communicator.rank
        precondition(
            sums.map(\.slices) == tree.nodes(of: rank),
            "a rank reduces the nodes of its own slices"
        )
        let home = nodes.indices.filter { nodes[$0].rank == rank }
        let last = home[sums.firstIndex { $0.sum.base == gradients } ?? sums.count - 1]
        let additions = tree.additions(nodes.map(\.slices), endingIn: last)
        for bucket in shards.buckets {
            let own = shards.piece(of: rank, in: bucket)
            let places = places(of: own, sums)
            try exchange(bucket, sums, places)
            for (to, from) in additions { addFloats(places[to], places[from], own.count, pool) }
            if places[last] != gradients + own.lowerBound {
                copyFloats(gradients + own.lowerBound, places[last], own.count, pool)
            }
        }
    }

    /// Gives everyone's pieces of `values` to all, in place.
    public func gather(_ values: UnsafeMutablePointer<Float>) throws {
        guard communicator.size > 1 else { return }
        for bucket in shards.buckets {
            try communicator.allGather(
                values,
                ranges: (0..<shards.ranks).map { shards.piece(of: $0, in: bucket) }
            )
        }
    }

    /// Where each node's sum of the piece `own` lies: own nodes in place, others as received.
    private func places(
        of own: Range<Int>,
        _ sums: [SliceNode]
    ) -> [UnsafeMutablePointer<Float>] {
        var ours = sums.makeIterator()
        var others = 0
        return nodes.map { node in
            if node.rank == communicator.rank, let node = ours.next() {
                return node.sum.base + own.lowerBound
            }
            others += 1
            return received.base + (others - 1) * pieceCount
        }
    }

    private func exchange(
        _ bucket: Range<Int>,
        _ sums: [SliceNode],
        _ places: [UnsafeMutablePointer<Float>]
    ) throws {
        let rank = communicator.rank
        let own = shards.piece(of: rank, in: bucket)
        var sends: [FloatMessage] = []
        var receives: [FloatMessage] = []
        // Everyone begins with the next rank, so that no rank is everyone's first target.
        for step in 1..<max(shards.ranks, 1) {
            let to = (rank + step) % shards.ranks
            let piece = shards.piece(of: to, in: bucket)
            for node in sums where !piece.isEmpty {
                sends.append(FloatMessage(peer: to, node.sum.base + piece.lowerBound, piece.count))
            }
            let from = (rank + shards.ranks - step) % shards.ranks
            for (node, place) in zip(nodes, places) where node.rank == from && !own.isEmpty {
                receives.append(FloatMessage(peer: from, place, own.count))
            }
        }
        guard communicator.size > 1 else { return }
        try communicator.allToAll(sends: sends, receives: receives)
    }
}
