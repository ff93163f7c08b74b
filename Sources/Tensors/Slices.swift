import KernelTable

/// Which images of a batch belong to which slice, and the tree in which the slices' results are added.
///
/// A node is a run of slices: it splits after the largest power of two below its number of slices, and
/// its sum is that of its left half plus that of its right half. The tree depends on the number of
/// slices alone, so a batch of several slices gives the same bits as its slices computed apart.
public struct Slices: Hashable, Sendable {
    /// The images of each slice, one run after another from 0; a run may be empty.
    public let images: [Range<Int>]

    /// Slices of the images `images`, which follow one another from 0.
    public init(_ images: [Range<Int>]) {
        precondition(images.first?.lowerBound == 0, "the first slice begins with the first image")
        precondition(
            zip(images, images.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound },
            "slices follow one another"
        )
        self.images = images
    }

    /// All of `N` images as one slice.
    public static func whole(_ N: Int) -> Slices { Slices([0..<N]) }

    /// Number of slices.
    public var count: Int { images.count }

    /// Images of all slices.
    public var total: Int { images.last?.upperBound ?? 0 }

    /// Slices in the left half of a node of `count` slices, at least two: the largest power of two below.
    public static func leftHalf(of count: Int) -> Int {
        precondition(count > 1, "one slice has no halves")
        var half = 1
        while half * 2 < count { half *= 2 }
        return half
    }

    /// Places beside the result that sums wait in while `count` slices are added.
    static func depth(_ count: Int) -> Int {
        var depth = 0
        while 1 << depth < count { depth += 1 }
        return depth
    }
}

extension Slices {
    /// Adds up the slices in the order of the tree, with a place for each level of it.
    ///
    /// - Parameters:
    ///   - node: the slices to add; their sum comes to the place of `level`, 0 unless told otherwise.
    ///   - isLeaf: whether a run of several slices is computed in one go.
    ///   - addsLeaves: whether `compute` can add a leaf to what lies in its place.
    ///   - compute: computes a leaf in the place of a level, or adds it there.
    ///   - add: adds to the place of the first level what lies in that of the second.
    static func addTree(
        _ node: Range<Int>,
        level: Int = 0,
        isLeaf: (Range<Int>) -> Bool = { $0.count == 1 },
        addsLeaves: Bool = false,
        compute: (_ leaf: Range<Int>, _ level: Int, _ adding: Bool) -> Void,
        add: (_ to: Int, _ from: Int) -> Void
    ) {
        if node.count == 1 || isLeaf(node) { return compute(node, level, false) }
        let middle = node.lowerBound + Slices.leftHalf(of: node.count)
        func addHalf(_ half: Range<Int>, _ level: Int) {
            addTree(
                half,
                level: level,
                isLeaf: isLeaf,
                addsLeaves: addsLeaves,
                compute: compute,
                add: add
            )
        }
        addHalf(node.lowerBound..<middle, level)
        let right = middle..<node.upperBound
        if addsLeaves, right.count == 1 || isLeaf(right) { return compute(right, level, true) }
        addHalf(right, level + 1)
        add(level, level + 1)
    }
}

/// sum = the rows of `width` floats, one for each slice, added in the order of the tree; the rows serve as
/// scratch.
public func sumSlices(
    _ rows: UnsafeMutablePointer<Float>,
    _ slices: Slices,
    width: Int,
    into sum: UnsafeMutablePointer<Float>
) {
    addSliceRows(rows, slices.count, width: width)
    sum.update(from: rows, count: width)
}

/// Adds rows of `width` floats, one for each slice, in the order of the tree; the sum is the first row.
private func addSliceRows(_ rows: UnsafeMutablePointer<Float>, _ count: Int, width: Int) {
    guard count > 1 else { return }
    let half = Slices.leftHalf(of: count)
    let right = rows + half * width
    addSliceRows(rows, half, width: width)
    addSliceRows(right, count - half, width: width)
    for i in 0..<width { rows[i] += right[i] }
}

/// Where the slices' gradients of one block of weights are added.
///
/// A single slice is written to the gradient itself. Several are added in contiguous buffers, one for each level
/// of the tree and small enough to stay in cache: the rows of the gradient itself are often a power of two apart,
/// where they would compete for a few cache sets.
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

/// A way to compute the weight gradient of a convolution over the slices of a batch.
///
/// Small nodes of the slices' tree are computed and added block by block, in cache. Larger ones are split into
/// their halves, whose whole gradients are added; a single large slice is computed by `addLong`.
protocol SlicedWeights: Sendable {
    var geometry: ConvolutionGeometry { get }
    /// The most slices of a batch.
    var slices: Int { get }

    /// Whether the slices `leaf` are added in blocks, all in one go.
    func fitsBlocks(_ leaf: Range<Int>, _ slices: Slices) -> Bool

    /// dweights = the sum over the slices `leaf`, a node of their tree.
    func addInBlocks(
        _ x: Tensor,
        _ dy: Tensor,
        _ slices: Slices,
        _ leaf: Range<Int>,
        _ dweights: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    )

    /// dweights = the gradient of a slice that is too large for blocks.
    func addLong(
        _ x: Tensor,
        _ dy: Tensor,
        _ dweights: UnsafeMutablePointer<Float>,
        _ scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    )
}

extension SlicedWeights {
    /// Images of the largest slice.
    var sliceImages: Int { (geometry.input.N + slices - 1) / slices }

    /// Floats of scratch, the first, in which nodes of the tree wait for their other halves.
    var waitingFloats: Int { Slices.depth(slices) * geometry.weights }

    /// dweights = the sum over all slices.
    func backwardWeights(
        _ x: Tensor,
        _ dy: Tensor,
        _ slices: Slices,
        _ dweights: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        precondition(
            slices.count <= self.slices && slices.total == x.shape.N
                && slices.images.allSatisfy { $0.count <= sliceImages },
            "planned for \(self.slices) slices of \(sliceImages) images, not for \(slices.images)"
        )
        let working = scratch + waitingFloats
        func place(_ level: Int) -> UnsafeMutablePointer<Float> {
            level == 0 ? dweights : scratch + (level - 1) * geometry.weights
        }
        Slices.addTree(
            0..<slices.count,
            isLeaf: { fitsBlocks($0, slices) },
            compute: { leaf, level, _ in
                let images = slices.images[leaf.lowerBound]
                if fitsBlocks(leaf, slices) {
                    addInBlocks(x, dy, slices, leaf, place(level), scratch: working, pool)
                } else {
                    addLong(x.images(images), dy.images(images), place(level), working, pool)
                }
            },
            add: { addFloats(place($0), place($1), geometry.weights, pool) }
        )
    }
}
