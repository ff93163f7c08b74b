import KernelTable

/// Rows that one task sums, fixed so that the sums are.
private let blockRows = 1024

/// Floats of scratch that sums over channels take for gradients up to `shape` in `slices` slices.
public func channelSumsScratch(_ shape: Shape, slices: Int) -> Int {
    ((shape.pixels + blockRows - 1) / blockRows + 2 * slices) * shape.C
}

/// sums[c] = Σ dy over all pixels: in a slice block by block in order, the slices in their tree.
func channelSums(
    _ dy: Tensor,
    _ slices: Slices,
    _ sums: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>,
    _ pool: ThreadPool
) {
    let rows = pool.kernels.rows
    let C = dy.shape.C
    addChannels(dy, slices, sums, scratch: scratch, pool) { first, count, to in
        rows.sums(dy.base + first * C, count, C, to)
    }
}

/// The gradient behind a ReLU, in place, and that of the bias before it: dy = 0 where the output `y` is not
/// positive, sums[c] = Σ dy of what is left.
///
/// - Parameter scratch: `channelSumsScratch` floats.
public func reluBackward(
    y: Tensor,
    _ dy: Tensor,
    slices: Slices,
    sums: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>,
    _ pool: ThreadPool
) {
    let rows = pool.kernels.rows
    let C = dy.shape.C
    addChannels(dy, slices, sums, scratch: scratch, pool) { first, count, to in
        rows.maskedSums(y.base + first * C, dy.base + first * C, count, C, to)
    }
}

/// The sums over all pixels of what `body` sums up over some rows of the batch.
private func addChannels(
    _ dy: Tensor,
    _ slices: Slices,
    _ sums: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>,
    _ pool: ThreadPool,
    _ body: (_ first: Int, _ rows: Int, _ to: UnsafeMutablePointer<Float>) -> Void
) {
    let C = dy.shape.C
    let perImage = dy.shape.H * dy.shape.W
    let totals = scratch
    for (slice, images) in slices.images.enumerated() {
        let pixels = images.count * perImage
        let blocks = scratch + slices.count * C
        pool.parallelRanges(pixels, grain: blockRows) { range, _ in
            let first = images.lowerBound * perImage + range.lowerBound
            body(first, range.count, blocks + range.lowerBound / blockRows * C)
        }
        let total = totals + slice * C
        total.update(repeating: 0, count: C)
        for block in 0..<(pixels + blockRows - 1) / blockRows {
            pool.kernels.flat.add(total, blocks + block * C, C)
        }
    }
    sumSlices(totals, slices, width: C, into: sums)
}
