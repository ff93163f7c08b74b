import Tensors

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
    static var strip: Int { 1 << 10 }

    /// Cuts a block into strips; one that is only updated is a single loop as it is.
    func strips(_ block: Range<Int>) -> some Sequence<Range<Int>> {
        let length = plan.slots == 0 ? shards.block : Self.strip
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

    /// What ranks tell one another before an exchange.
    struct Meeting {
        /// This rank's nodes.
        let own: [SliceNode]
        /// For each node of all ranks, which of its rank's shared storages holds it.
        let homes: [Int]
    }

    /// Waits until the nodes of all ranks are complete where memory is shared.
    func meet(_ sums: [SliceNode]) throws -> Meeting {
        let rank = communicator.rank
        precondition(
            sums.map(\.slices) == tree.nodes(of: rank),
            "a rank adds up the nodes of its own slices"
        )
        guard reach.isAny else { return Meeting(own: sums, homes: []) }
        var homes = [Double](repeating: 0, count: nodes.count)
        var own = sums.makeIterator()
        for (index, node) in nodes.enumerated() where node.rank == rank {
            let storage = own.next()?.sum
            guard let home = reach.sums[rank]?.firstIndex(where: { $0 === storage }) else {
                preconditionFailure("nodes lie in memory that was connected")
            }
            homes[index] = Double(home)
        }
        try communicator.sum(&homes)
        return Meeting(own: sums, homes: homes.map { Int($0) })
    }

    /// Where each node's sum lies, given as the place of the flat buffer's first float; what is not
    /// in reach is received for `bucket`.
    func places(
        _ meeting: Meeting,
        _ bucket: Range<Int>?,
        patiently: Bool = false
    ) throws -> [UnsafeMutablePointer<Float>] {
        let rank = communicator.rank
        let own = bucket.map { shards.piece(of: rank, in: $0) } ?? 0..<0
        var ours = meeting.own.makeIterator()
        var messages = 0
        let places = nodes.enumerated().map { index, node in
            if node.rank == rank, let node = ours.next() { return node.sum.base }
            if let sums = reach.sums[node.rank] { return sums[meeting.homes[index]].base }
            messages += 1
            return place(ofMessage: messages - 1, own)
        }
        if let bucket { try receive(bucket, meeting.own, places, patiently) }
        return places
    }

    /// The total of a strip, in `target` or wherever it comes to lie.
    func total(
        _ range: Range<Int>,
        _ places: [UnsafeMutablePointer<Float>],
        _ worker: Int,
        target: UnsafeMutablePointer<Float>? = nil
    ) -> UnsafeMutablePointer<Float> {
        let share = scratch.count / pool.threads
        return plan.total(
            range,
            places,
            scratch: scratch.base + worker * share,
            stride: share / max(plan.slots, 1),
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
        try communicator.allToAll(
            sends: route.targets.compactMap { message($0, from: communicator.rank) },
            receives: route.sources.compactMap { message($0, from: $0) },
            patiently: patiently
        )
    }

    /// Waits until nobody works in the memory of others.
    func settle() throws { if sharesMemory { try communicator.barrier() } }

    /// Sends the pieces of a bucket to the ranks that do not reach this one, and receives theirs.
    private func receive(
        _ bucket: Range<Int>,
        _ sums: [SliceNode],
        _ places: [UnsafeMutablePointer<Float>],
        _ patiently: Bool
    ) throws {
        let rank = communicator.rank
        let own = shards.piece(of: rank, in: bucket)
        var sends: [FloatMessage] = []
        var receives: [FloatMessage] = []
        // Everyone begins with the next rank, so that no rank is everyone's first target.
        for step in 1..<shards.ranks {
            let to = (rank + step) % shards.ranks
            let piece = shards.piece(of: to, in: bucket)
            for node in sums where comes(to) && !piece.isEmpty {
                sends.append(FloatMessage(peer: to, node.sum.base + piece.lowerBound, piece.count))
            }
            let from = (rank + shards.ranks - step) % shards.ranks
            for (node, place) in zip(nodes, places)
            where node.rank == from && comes(from) && !own.isEmpty {
                receives.append(FloatMessage(peer: from, place + own.lowerBound, own.count))
            }
        }
        try communicator.allToAll(sends: sends, receives: receives, patiently: patiently)
    }
}
