import Tensors

extension GradientReducer {
    /// Sum of squares over a range of the flat buffer, from each rank's own pieces.
    ///
    /// - Parameters:
    ///   - values: the flat buffer; only this rank's pieces are read, and nothing before `ShardMap.first`.
    ///   - range: the floats that count.
    /// - Returns: the same bits on all ranks and on any number of them: blocks at fixed places are
    ///   summed one by one, and the blocks in order.
    public func sumOfSquares(
        of values: UnsafePointer<Float>,
        range: Range<Int>
    ) throws -> Double {
        precondition(range.lowerBound >= 0 && range.upperBound <= shards.count, "range outside")
        let (block, begin) = (shards.block, shards.first)
        var sums = [Double](repeating: 0, count: (shards.count - begin + block - 1) / block)
        sums.withUnsafeMutableBufferPointer { sums in
            for piece in shards.pieces(of: communicator.rank) {
                let first = (piece.range.lowerBound - begin) / block
                let blocks = (piece.range.count + block - 1) / block
                pool.parallelFor(blocks) { task, _ in
                    let start = begin + (first + task) * block
                    let inside = (start..<min(start + block, shards.count)).clamped(to: range)
                    sums[first + task] = Tensors.sumOfSquares(
                        values + inside.lowerBound,
                        inside.count
                    )
                }
            }
        }
        try communicator.allReduce(&sums)
        return sums.reduce(0, +)
    }

    /// Brings all shards to rank 0, in the layout of the flat buffer.
    ///
    /// - Parameters:
    ///   - shard: this rank's shard, `ShardMap.shardCount` floats.
    ///   - whole: room for the flat buffer on rank 0, nil elsewhere.
    public func gatherShard(
        _ shard: UnsafePointer<Float>,
        into whole: UnsafeMutablePointer<Float>?
    ) throws {
        let rank = communicator.rank
        precondition((rank == 0) == (whole != nil), "rank 0 alone has the whole")
        let shard = UnsafeMutablePointer(mutating: shard)
        for pieces in shards.piecesByBucket {
            let own = pieces[rank]
            guard let whole else {
                try send([FloatMessage(peer: 0, shard + own.offset, own.range.count)])
                continue
            }
            copyFloats(whole + own.range.lowerBound, shard + own.offset, own.range.count, pool)
            try receive(
                pieces.enumerated().dropFirst().map { rank, piece in
                    FloatMessage(peer: rank, whole + piece.range.lowerBound, piece.range.count)
                }
            )
        }
    }

    /// Gives each rank its shard of the flat buffer on rank 0.
    ///
    /// - Parameters:
    ///   - whole: the flat buffer on rank 0, nil elsewhere.
    ///   - shard: room for this rank's shard.
    public func scatterShard(
        _ whole: UnsafePointer<Float>?,
        into shard: UnsafeMutablePointer<Float>
    ) throws {
        let rank = communicator.rank
        precondition((rank == 0) == (whole != nil), "rank 0 alone has the whole")
        for pieces in shards.piecesByBucket {
            let own = pieces[rank]
            guard let whole = whole.map({ UnsafeMutablePointer(mutating: $0) }) else {
                try receive([FloatMessage(peer: 0, shard + own.offset, own.range.count)])
                continue
            }
            copyFloats(shard + own.offset, whole + own.range.lowerBound, own.range.count, pool)
            try send(
                pieces.enumerated().dropFirst().map { rank, piece in
                    FloatMessage(peer: rank, whole + piece.range.lowerBound, piece.range.count)
                }
            )
        }
    }

    private func send(_ messages: [FloatMessage]) throws {
        try communicator.sendReceive(sends: messages.filter { $0.count > 0 }, receives: [])
    }

    private func receive(_ messages: [FloatMessage]) throws {
        try communicator.sendReceive(sends: [], receives: messages.filter { $0.count > 0 })
    }
}
