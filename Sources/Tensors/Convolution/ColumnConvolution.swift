import KernelTable

/// Convolution as a matrix product: im2col of some output rows of one image, then GEMM on the same
/// thread (the im2col matrix of a 1×1 convolution is its input).
///
/// Tasks are bands of output rows of one image, so that a column buffer stays within 4 MB and an
/// image's result does not depend on its batch. Limited by the GEMM, and by the im2col of layers
/// with few channels.
struct ColumnConvolution: Sendable {
    private let geometry: ConvolutionGeometry
    private let threads: Int
    /// Output rows of a band.
    private let bandRows: Int

    /// Floats of a column buffer, at most.
    private static let columnLimit = 1 << 20
    /// Floats of all partial weight gradients, at most, unless one image group needs more.
    private static let partialLimit = 1 << 23
    /// Tasks that the weight gradient is cut into, to occupy machines of many cores.
    private static let weightTasks = 8

    init(_ geometry: ConvolutionGeometry, threads: Int) {
        self.geometry = geometry
        self.threads = threads
        let row = geometry.output.W * geometry.taps
        bandRows = max(1, min(geometry.output.H, Self.columnLimit / max(row, 1)))
    }

    var algorithm: String { geometry.isPointwise ? "gemm" : "im2col" }

    /// Floats of one thread's column buffer.
    private var columnFloats: Int {
        geometry.isPointwise ? 0 : bandRows * geometry.output.W * geometry.taps
    }

    private var bands: Int { (geometry.output.H + bandRows - 1) / bandRows }

    private func rows(ofBand band: Int) -> Range<Int> {
        band * bandRows..<min(geometry.output.H, (band + 1) * bandRows)
    }

    var scratch: Int {
        let partials = groups(geometry.input.N) * geometry.weights
        return max(threads * columnFloats + partials, channelSumsScratch(geometry.output))
    }

    // MARK: Forward

    /// y[pixels][O] = columns[pixels][taps] · weights[O][taps]ᵀ + bias.
    func forward(
        _ x: Tensor,
        weights: UnsafePointer<Float>,
        bias: UnsafePointer<Float>?,
        _ y: Tensor,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let g = geometry
        let kernels = pool.kernels
        let (taps, O) = (g.taps, g.output.C)
        pool.parallelFor(x.shape.N * bands) { task, worker in
            let (image, band) = task.quotientAndRemainder(dividingBy: bands)
            let rows = rows(ofBand: band)
            let pixels = rows.count * g.output.W
            let to = y.base + image * g.output.perImage + rows.lowerBound * g.output.W * O
            let columns = columns(x, image, rows, scratch + worker * columnFloats, kernels)
            gemm(
                transposeB: true,
                M: pixels,
                N: O,
                K: taps,
                A: columns,
                lda: taps,
                B: weights,
                ldb: taps,
                C: to,
                ldc: O
            )
            if let bias { kernels.rows.addBias(to, bias, pixels, O) }
        }
    }

    /// The im2col matrix of `rows` of one image, in `buffer` unless it is the image itself.
    private func columns(
        _ x: Tensor,
        _ image: Int,
        _ rows: Range<Int>,
        _ buffer: UnsafeMutablePointer<Float>,
        _ kernels: KernelTable
    ) -> UnsafePointer<Float> {
        let g = geometry
        let from = x.base + image * g.input.perImage
        if g.isPointwise { return UnsafePointer(from + rows.lowerBound * g.input.W * g.input.C) }
        kernels.windows.gather(from, g.window, rows, buffer)
        return UnsafePointer(buffer)
    }

    // MARK: Backward

    /// columns[pixels][taps] = dy[pixels][O] · weights[O][taps], added back to their pixels.
    ///
    /// Windows of neighbouring bands share pixels, so a task is a whole image.
    func backwardData(
        _ dy: Tensor,
        weights: UnsafePointer<Float>,
        _ dx: Tensor,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let g = geometry
        let kernels = pool.kernels
        let (taps, O) = (g.taps, g.output.C)
        pool.parallelFor(dy.shape.N) { image, worker in
            let to = dx.base + image * g.input.perImage
            if !g.isPointwise { to.update(repeating: 0, count: g.input.perImage) }
            for band in 0..<bands {
                let rows = rows(ofBand: band)
                let first = rows.lowerBound * g.output.W
                let columns = g.isPointwise ? to + first * taps : scratch + worker * columnFloats
                gemm(
                    M: rows.count * g.output.W,
                    N: taps,
                    K: O,
                    A: dy.base + image * g.output.perImage + first * O,
                    lda: O,
                    B: weights,
                    ldb: taps,
                    C: columns,
                    ldc: taps
                )
                if !g.isPointwise { kernels.windows.scatter(columns, g.window, rows, to) }
            }
        }
    }

    /// dweights[O][taps] += dy[pixels][O]ᵀ · columns[pixels][taps].
    ///
    /// Each group of images sums its own partial gradient, image by image; the partial gradients are
    /// added in order. Where they would take too much memory, blocks of output channels take the
    /// place of some groups.
    func backwardWeights(
        _ x: Tensor,
        _ dy: Tensor,
        dweights: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let g = geometry
        let kernels = pool.kernels
        let (taps, O, N) = (g.taps, g.output.C, x.shape.N)
        let groups = groups(N)
        let blocks = max(1, min(Self.weightTasks / max(groups, 1), O / 64))
        let partials = scratch + threads * columnFloats
        pool.parallelFor(groups * blocks) { task, worker in
            let (group, block) = task.quotientAndRemainder(dividingBy: blocks)
            let channels = block * O / blocks..<(block + 1) * O / blocks
            let partial = partials + group * g.weights + channels.lowerBound * taps
            let images = group * N / groups..<(group + 1) * N / groups
            for image in images {
                for band in 0..<bands {
                    let rows = rows(ofBand: band)
                    let columns = columns(x, image, rows, scratch + worker * columnFloats, kernels)
                    let pixel = image * g.output.H * g.output.W + rows.lowerBound * g.output.W
                    gemm(
                        transposeA: true,
                        M: channels.count,
                        N: taps,
                        K: rows.count * g.output.W,
                        A: dy.base + pixel * O + channels.lowerBound,
                        lda: O,
                        B: columns,
                        ldb: taps,
                        beta: image == images.lowerBound && band == 0 ? 0 : 1,
                        C: partial,
                        ldc: taps
                    )
                }
            }
        }
        pool.parallelRanges(g.weights, grain: 1 << 14) { range, _ in
            for group in 0..<groups {
                kernels.flat.add(
                    dweights + range.lowerBound,
                    partials + group * g.weights + range.lowerBound,
                    range.count
                )
            }
        }
    }

    private func groups(_ N: Int) -> Int {
        let affordable = max(2, Self.partialLimit / max(geometry.weights, 1))
        return min(N, Self.weightTasks, affordable)
    }
}
