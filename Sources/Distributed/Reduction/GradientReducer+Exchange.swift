import Tensors

extension GradientReducer {
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
            pool.parallelFor(part.blocks.count) { task, worker in
                let range = blocks[part.blocks.lowerBound + task]
                _ = total(range, places, worker, target: gradients + range.lowerBound)
            }
        }
        try settle()
    }

    /// Adds up, updates and gives in one pass, each block while it is in the caches.
    ///
    /// - Parameters:
    ///   - sums: this rank's nodes, from the first slice to the last.
    ///   - values: the flat values, which all ranks have new when it returns.
    ///   - blocks: this rank's pieces, in order and without holes, cut so that none crosses a
    ///     multiple of `ShardMap.block`.
    ///   - update: told the number of a block and the totals of its gradient, turns its values into
    ///     new ones; called by all threads of the pool.
    public func exchange(
        nodes sums: [SliceNode],
        values: UnsafeMutablePointer<Float>,
        blocks: [Range<Int>],
        update: (_ block: Int, _ gradient: UnsafePointer<Float>) -> Void
    ) throws {
        let meeting = try meet(sums)
        let mates = mates(values)
        for part in parts(blocks) {
            let places = try places(meeting, part.bucket)
            pool.parallelFor(part.blocks.count) { task, worker in
                let number = part.blocks.lowerBound + task
                update(number, total(blocks[number], places, worker))
                give(values, blocks[number], mates)
            }
            try send(values, part.bucket)
        }
        try settle()
    }

    /// Updates and gives in one pass what was added up before.
    ///
    /// - Parameters: as of `exchange`.
    public func spread(
        values: UnsafeMutablePointer<Float>,
        blocks: [Range<Int>],
        update: (_ block: Int) -> Void
    ) throws {
        let mates = mates(values)
        // Whoever still computes with the old values must not be given new ones.
        try settle()
        for part in parts(blocks) {
            pool.parallelFor(part.blocks.count) { task, _ in
                let number = part.blocks.lowerBound + task
                update(number)
                give(values, blocks[number], mates)
            }
            try send(values, part.bucket)
        }
        try settle()
    }

    /// Gives everyone's pieces of `values` to all, in place.
    public func gather(_ values: UnsafeMutablePointer<Float>) throws {
        guard communicator.size > 1 else { return }
        try spread(values: values, blocks: ownBlocks) { _ in }
    }
}
