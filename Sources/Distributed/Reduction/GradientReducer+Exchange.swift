import Tensors

extension GradientReducer {
    /// Told the number of a block, the range of a strip of it and the totals of the strip's gradient,
    /// turns the strip's values into new ones.
    public typealias Update = (
        _ block: Int, _ strip: Range<Int>, _ gradient: UnsafePointer<Float>
    ) -> Void

    /// Puts the total over all slices into this rank's pieces of `gradients`.
    ///
    /// - Parameters:
    ///   - sums: this rank's nodes, from the first slice to the last.
    ///   - gradients: the flat gradient; it may be the memory of one of the nodes. Pieces of other
    ///     ranks hold no total afterwards.
    public func reduce(
        nodes sums: [SliceNode],
        into gradients: UnsafeMutablePointer<Float>
    ) throws {
        let meeting = try meet(sums)
        let blocks = ownBlocks
        for part in parts(blocks) {
            let places = try places(meeting, part.bucket)
            forEachStrip(of: part, blocks, on: pool) { _, strip, worker in
                _ = total(strip, places, worker, target: gradients + strip.lowerBound)
            }
        }
        try settle()
    }

    /// Adds up, updates and gives in one pass, a strip of a block after the other while it is in the
    /// first cache.
    ///
    /// - Parameters:
    ///   - sums: this rank's nodes, from the first slice to the last.
    ///   - blocks: this rank's pieces, in order and without holes, cut so that none crosses a
    ///     multiple of `ShardMap.block`.
    ///   - update: called by all threads of the pool.
    public func exchange(
        nodes sums: [SliceNode],
        blocks: [Range<Int>],
        update: Update
    ) throws {
        let meeting = try meet(sums)
        try giveUpdated(blocks, prepare: { try places(meeting, $0) }) {
            update($0, $1, total($1, $2, $3))
        }
    }

    /// Updates and gives in one pass what was added up before.
    ///
    /// - Parameters: as of `exchange`.
    public func spread(
        blocks: [Range<Int>],
        update: (_ block: Int, _ strip: Range<Int>) -> Void
    ) throws {
        // Whoever still computes with the old values must not be given new ones.
        try settle()
        try giveUpdated(blocks, prepare: { _ in () }) { block, strip, _, _ in
            update(block, strip)
        }
    }

    /// Gives every strip of `blocks` to all once it is updated.
    ///
    /// - Parameter prepare: makes what updates of a bucket need, before the first of them.
    private func giveUpdated<Context>(
        _ blocks: [Range<Int>],
        prepare: (_ bucket: Range<Int>?) throws -> Context,
        update: (_ block: Int, _ strip: Range<Int>, _ context: Context, _ worker: Int) -> Void
    ) throws {
        for part in parts(blocks) {
            let context = try prepare(part.bucket)
            forEachStrip(of: part, blocks, on: pool) { update($0, $1, context, $2) }
            if let bucket = part.bucket { try send(bucket) }
        }
        try settle()
    }

    /// Gives everyone's pieces of the values to all.
    public func gather() throws { try spread(blocks: ownBlocks) { _, _ in } }
}
