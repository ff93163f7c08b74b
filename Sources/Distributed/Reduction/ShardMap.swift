/// A part of a rank's shard: a range of the flat buffer, and where the shard keeps it.
public struct ShardPiece: Hashable, Sendable {
    /// The floats, in the flat buffer.
    public let range: Range<Int>
    /// The first of them, in the shard.
    public let offset: Int

    /// The piece that covers `range` of the flat buffer and lies at `offset` of the shard.
    public init(range: Range<Int>, offset: Int) {
        self.range = range
        self.offset = offset
    }

    /// The part inside `other`; nil where there is none.
    public func clamped(to other: Range<Int>) -> ShardPiece? {
        let inside = range.clamped(to: other)
        guard !inside.isEmpty else { return nil }
        return ShardPiece(range: inside, offset: offset + inside.lowerBound - range.lowerBound)
    }
}

/// Which rank updates which floats of the flat buffer.
///
/// The buffer, but for what lies before `first` and is nobody's to update, is cut into buckets, the units of exchange, and each bucket into a piece for every
/// rank. Buckets and pieces begin at multiples of `block` from `first`, so that sums over blocks are the same on
/// any number of ranks. A rank's shard is its pieces one after another; it may be empty.
public struct ShardMap: Hashable, Sendable {
    /// Floats in the flat buffer.
    public let count: Int
    /// The first of them that is exchanged and updated.
    public let first: Int
    /// Number of ranks.
    public let ranks: Int
    /// Floats that are never shared between ranks, except in the last block, which may be short.
    public let block: Int
    /// The units of exchange, in order; they cover the buffer from `first` on.
    public let buckets: [Range<Int>]

    /// Most floats in a bucket unless told otherwise: 4 MiB of them, which are still in the last cache when
    /// they are added up.
    public static var bucket: Int { 4 << 18 }

    /// Cuts `count` floats for `ranks` ranks.
    ///
    /// - Parameters:
    ///   - first: floats before it are neither exchanged nor updated.
    ///   - bucket: most floats in a bucket.
    ///   - block: floats in a block.
    public init(
        count: Int,
        from first: Int = 0,
        ranks: Int,
        bucket: Int = ShardMap.bucket,
        block: Int = 1 << 13
    ) {
        precondition(count >= 0 && ranks >= 1, "there is at least one rank")
        precondition((0...count).contains(first), "exchanged is a part of the buffer")
        precondition(block >= 1 && bucket >= block, "a bucket holds at least one block")
        self.count = count
        self.first = first
        self.ranks = ranks
        self.block = block
        let length = bucket / block * block
        buckets = stride(from: first, to: count, by: length).map { $0..<min($0 + length, count) }
    }

    /// The part of `bucket` that belongs to `rank`; it may be empty.
    public func piece(of rank: Int, in bucket: Range<Int>) -> Range<Int> {
        precondition((0..<ranks).contains(rank), "there is no rank \(rank)")
        let blocks = (bucket.count + block - 1) / block
        func border(_ rank: Int) -> Int {
            min(bucket.lowerBound + rank * blocks / ranks * block, bucket.upperBound)
        }
        return border(rank)..<border(rank + 1)
    }

    /// The pieces of a rank's shard, in order, none of them empty; neighbours are joined.
    public func pieces(of rank: Int) -> [ShardPiece] {
        var pieces: [ShardPiece] = []
        var offset = 0
        for bucket in buckets {
            let range = piece(of: rank, in: bucket)
            if range.isEmpty { continue }
            if let last = pieces.last, last.range.upperBound == range.lowerBound {
                pieces[pieces.count - 1] = ShardPiece(
                    range: last.range.lowerBound..<range.upperBound,
                    offset: last.offset
                )
            } else {
                pieces.append(ShardPiece(range: range, offset: offset))
            }
            offset += range.count
        }
        return pieces
    }

    /// Floats in a rank's shard.
    public func shardCount(of rank: Int) -> Int {
        buckets.reduce(0) { $0 + piece(of: rank, in: $1).count }
    }

    /// Cuts a range of the flat buffer at multiples of `block` from `first`.
    public func cut(_ range: Range<Int>) -> [Range<Int>] {
        guard !range.isEmpty else { return [] }
        let blocks = (range.lowerBound - first) / block...(range.upperBound - 1 - first) / block
        return blocks.map {
            (first + $0 * block..<first + ($0 + 1) * block).clamped(to: range)
        }
    }

    /// For each bucket, the piece of every rank, empty ones too.
    var piecesByBucket: [[ShardPiece]] {
        var offsets = [Int](repeating: 0, count: ranks)
        return buckets.map { bucket in
            (0..<ranks).map { rank in
                let range = piece(of: rank, in: bucket)
                defer { offsets[rank] += range.count }
                return ShardPiece(range: range, offset: offsets[rank])
            }
        }
    }
}
