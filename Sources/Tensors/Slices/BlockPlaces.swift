import KernelTable

/// Where a block of a gradient lies, and where sums of some of its slices wait for the others.
///
/// A place is rows that begin some distance apart: level 0 is the block itself, the others are small
/// enough to stay in cache.
struct BlockPlaces {
    /// The block's first float in the gradient, and the distance between its rows.
    let base: UnsafeMutablePointer<Float>
    let distance: Int
    /// `Slices.depth` places of `rows · columns` floats.
    let waiting: UnsafeMutablePointer<Float>
    let rows: Int
    let columns: Int

    /// The place of a level, and the distance between its rows.
    subscript(level: Int) -> (base: UnsafeMutablePointer<Float>, distance: Int) {
        level == 0 ? (base, distance) : (waiting + (level - 1) * rows * columns, columns)
    }

    /// Adds to the place of one level what lies in that of another.
    func add(_ to: Int, _ from: Int, _ flat: FlatKernels) {
        let (sum, part) = (self[to], self[from])
        for row in 0..<rows {
            flat.add(sum.base + row * sum.distance, part.base + row * part.distance, columns)
        }
    }
}
