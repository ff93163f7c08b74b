import KernelTable

/// Rows that one task sums, fixed so that the sums are.
private let blockRows = 1024

/// Floats of scratch that `addChannelSums` takes for gradients up to `shape`.
func channelSumsScratch(_ shape: Shape) -> Int {
    (shape.pixels + blockRows - 1) / blockRows * shape.C
}

/// sums[c] += Σ dy over all pixels, block by block in order.
func addChannelSums(
    _ dy: Tensor,
    _ sums: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>,
    _ pool: ThreadPool
) {
    let C = dy.shape.C
    let kernels = pool.kernels
    let rows = dy.shape.pixels
    pool.parallelRanges(rows, grain: blockRows) { range, _ in
        kernels.rows.sums(
            dy.base + range.lowerBound * C,
            range.count,
            C,
            scratch + range.lowerBound / blockRows * C
        )
    }
    let blocks = (rows + blockRows - 1) / blockRows
    for block in 0..<blocks { kernels.flat.add(sums, scratch + block * C, C) }
}
