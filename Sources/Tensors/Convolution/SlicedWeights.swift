import KernelTable

/// A way to compute the weight gradient of a convolution over the slices of a batch.
///
/// Some nodes of the slices' tree are added in one go, block by block in cache. What is too large for that
/// comes apart into its halves, whose whole gradients are added; a slice alone is done as such.
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
