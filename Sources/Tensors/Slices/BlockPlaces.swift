import KernelTable

/// Where a block of a gradient is put together from the slices, and where sums of some of them wait for the
/// others.
///
/// A place is rows of a block. One slice is written to the gradient itself; several are added in places of
/// their own, one behind the other and small enough to stay in cache: the gradient's rows lie a
/// power of two apart, where they would fight for a few sets of it.
struct BlockPlaces {
    /// The block's first float in the gradient, and the distance between its rows.
    let base: UnsafeMutablePointer<Float>
    let distance: Int
    /// `BlockPlaces.count` places of `rows · columns` floats.
    let waiting: UnsafeMutablePointer<Float>
    let rows: Int
    let columns: Int
    /// Whether the block is one slice's.
    let isDirect: Bool

    /// Places that the sums of so many slices take.
    static func count(_ slices: Int) -> Int { slices > 1 ? Slices.depth(slices) + 1 : 0 }

    /// The place of a level, and the distance between its rows.
    subscript(level: Int) -> (base: UnsafeMutablePointer<Float>, distance: Int) {
        isDirect ? (base, distance) : (waiting + level * rows * columns, columns)
    }

    /// Adds to the place of one level what lies in that of another.
    func add(_ to: Int, _ from: Int, _ flat: FlatKernels) {
        flat.add(self[to].base, self[from].base, rows * columns)
    }

    /// Writes the sum of all slices, which lies in the place of level 0, to the gradient.
    func finish() {
        if isDirect { return }
        for row in 0..<rows {
            (base + row * distance).update(from: waiting + row * columns, count: columns)
        }
    }
}
