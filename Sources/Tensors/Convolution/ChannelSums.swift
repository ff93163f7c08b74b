import KernelTable

/// Rows that one task sums, fixed so that the sums are.
private let blockRows = 1024

/// Floats of scratch that `channelSums` takes for gradients up to `shape` in `slices` slices.
func channelSumsScratch(_ shape: Shape, slices: Int) -> Int {
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
    let C = dy.shape.C
    let kernels = pool.kernels
    let totals = scratch
    for (slice, images) in slices.images.enumerated() {
        let part = dy.images(images)
        let blocks = scratch + slices.count * C
        pool.parallelRanges(part.shape.pixels, grain: blockRows) { range, _ in
            kernels.rows.sums(
                part.base + range.lowerBound * C,
                range.count,
                C,
                blocks + range.lowerBound / blockRows * C
            )
        }
        let total = totals + slice * C
        total.update(repeating: 0, count: C)
        for block in 0..<(part.shape.pixels + blockRows - 1) / blockRows {
            kernels.flat.add(total, blocks + block * C, C)
        }
    }
    sumSlices(totals, slices, width: C, into: sums)
}
