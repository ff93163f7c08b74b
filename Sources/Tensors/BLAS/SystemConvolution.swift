import KernelTable

/// Convolution by the system's CBLAS, as Caffe computes it: im2col of some output pixels, then one product.
///
/// The bits of `cblas_sgemm` may depend on the extents of a product and on a row's place in it. A product
/// therefore never spans slices, and its extents follow from the geometry and its slice alone: neither the
/// threads nor the ranks nor the other slices of a pass change them. Where no slices are given
/// (evaluation), it never spans images.
struct SystemConvolution: Sendable {
    let geometry: ConvolutionGeometry
    let slices: Int
    let threads: Int
    let library: SystemBLAS
    /// Output rows of a piece.
    private let bandRows: Int
    /// Images of a piece, at most; more than one only where a band is a whole image.
    private let pieceImages: Int

    /// Floats of a column buffer that is not thin: a second cache.
    private static let columnTarget = 1 << 18
    /// Output pixels of a piece worth packing all weights for.
    private static let leastPixels = 256
    /// Floats of a column buffer, at most.
    private static let columnLimit = 1 << 21
    /// Floats of the partial gradients of a slice, at most, unless two groups of images need more.
    private static let partialLimit = 1 << 23
    /// Tasks that a slice's weight gradient is cut into, to occupy machines of many cores.
    private static let tasks = 16
    /// Output pixels that make a group of images worth sums of its own.
    private static let groupPixels = 512
    /// Output channels worth an im2col of their own.
    private static let leastChannels = 64

    init(_ geometry: ConvolutionGeometry, slices: Int, threads: Int, library: SystemBLAS) {
        self.geometry = geometry
        self.slices = slices
        self.threads = threads
        self.library = library
        let taps = max(geometry.taps, 1)
        let (H, W) = (geometry.output.H, max(geometry.output.W, 1))
        let pixels = min(
            Self.columnLimit / taps,
            max(Self.leastPixels, Self.columnTarget / taps)
        )
        bandRows = max(1, min(H, pixels / W))
        pieceImages = bandRows < H ? 1 : max(1, pixels / max(1, H * W))
    }

    var algorithm: String { geometry.isPointwise ? "cblas" : "im2col + cblas" }

    /// Floats of one thread's columns.
    private var columnFloats: Int {
        if geometry.isPointwise { return 0 }
        let images = min(pieceImages, max(geometry.input.N, 1))
        return bandRows * images * geometry.output.W * geometry.taps
    }

    var scratch: Int {
        threads * columnFloats
            + (Slices.depth(slices) + groups(largestSlice) - 1) * geometry.weights
    }

    /// Images of the largest slice.
    private var largestSlice: Int { (geometry.input.N + slices - 1) / slices }

    // MARK: Pieces

    /// Output pixels of one product, contiguous in the batch.
    private struct Piece {
        var images: Range<Int>
        var rows: Range<Int>
        /// Position of the first pixel in the batch, and their number.
        var first, count: Int
    }

    /// Images that go through products together, as many as fit.
    private func runs(_ slices: Slices?, _ N: Int) -> [Range<Int>] {
        guard let slices else { return (0..<N).map { $0..<$0 + 1 } }
        return slices.images.flatMap(runs)
    }

    private func runs(_ images: Range<Int>) -> [Range<Int>] {
        stride(from: images.lowerBound, to: images.upperBound, by: pieceImages).map {
            $0..<min($0 + pieceImages, images.upperBound)
        }
    }

    private var bands: Int { (geometry.output.H + bandRows - 1) / bandRows }

    private func piece(_ band: Int, of run: Range<Int>) -> Piece {
        let (H, W) = (geometry.output.H, geometry.output.W)
        let rows = band * bandRows..<min(H, (band + 1) * bandRows)
        return Piece(
            images: run,
            rows: rows,
            first: (run.lowerBound * H + rows.lowerBound) * W,
            count: run.count * rows.count * W
        )
    }

    /// The im2col matrix of a piece, in `buffer` unless it is the input itself.
    private func columns(
        _ x: Tensor,
        _ piece: Piece,
        _ buffer: UnsafeMutablePointer<Float>,
        _ kernels: KernelTable
    ) -> UnsafePointer<Float> {
        let g = geometry
        if g.isPointwise { return UnsafePointer(x.base + piece.first * g.taps) }
        let perImage = piece.rows.count * g.output.W * g.taps
        for (index, image) in piece.images.enumerated() {
            let from = x.base + image * g.input.perImage
            kernels.windows.gather(from, g.window, piece.rows, buffer + index * perImage)
        }
        return UnsafePointer(buffer)
    }

    // MARK: Forward

    /// y[pixels][O] = columns[pixels][taps] · weights[O][taps]ᵀ, and the epilogue while it is in cache.
    func forward(
        _ x: Tensor,
        weights: UnsafePointer<Float>,
        finish: Finish,
        _ y: Tensor,
        slices: Slices?,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let (taps, O) = (geometry.taps, geometry.output.C)
        let kernels = pool.kernels
        let runs = runs(slices, x.shape.N)
        pool.parallelFor(runs.count * bands) { task, worker in
            let piece = piece(task % bands, of: runs[task / bands])
            let matrix = columns(x, piece, scratch + worker * columnFloats, kernels)
            let start = piece.first * O
            library.multiply(
                transposeB: true,
                M: piece.count,
                N: O,
                K: taps,
                A: matrix,
                lda: taps,
                B: weights,
                ldb: taps,
                C: y.base + start,
                ldc: O
            )
            finish.advanced(by: start).apply(y.base + start, piece.count, O, kernels)
        }
    }

    // MARK: Backward

    /// columns[pixels][taps] = dy[pixels][O] · weights[O][taps], added back to their pixels.
    ///
    /// Windows of neighbouring bands share pixels, so a task is all bands of its images.
    func backwardData(
        _ dy: Tensor,
        weights: UnsafePointer<Float>,
        _ dx: Tensor,
        slices: Slices?,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let g = geometry
        let (taps, O) = (g.taps, g.output.C)
        let runs = runs(slices, dy.shape.N)
        let together = g.isPointwise ? 1 : bands
        pool.parallelFor(runs.count * bands / together) { task, worker in
            for index in task * together..<(task + 1) * together {
                let piece = piece(index % bands, of: runs[index / bands])
                let buffer = scratch + worker * columnFloats
                let columns = g.isPointwise ? dx.base + piece.first * taps : buffer
                library.multiply(
                    M: piece.count,
                    N: taps,
                    K: O,
                    A: dy.base + piece.first * O,
                    lda: O,
                    B: weights,
                    ldb: taps,
                    C: columns,
                    ldc: taps
                )
                if g.isPointwise { continue }
                let perImage = piece.rows.count * g.output.W * taps
                for (index, image) in piece.images.enumerated() {
                    let to = dx.base + image * g.input.perImage
                    if piece.rows.lowerBound == 0 {
                        to.update(repeating: 0, count: g.input.perImage)
                    }
                    pool.kernels.windows.scatter(
                        columns + index * perImage,
                        g.window,
                        piece.rows,
                        to
                    )
                }
            }
        }
    }

    /// dweights[O][taps] = dy[pixels][O]ᵀ · columns[pixels][taps], summed over the slices in their tree.
    func backwardWeights(
        _ x: Tensor,
        _ dy: Tensor,
        _ slices: Slices,
        _ dweights: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        func place(_ level: Int) -> UnsafeMutablePointer<Float> {
            level == 0 ? dweights : scratch + (level - 1) * geometry.weights
        }
        let working = scratch + Slices.depth(self.slices) * geometry.weights
        Slices.addTree(
            0..<slices.count,
            compute: { slice, level, _ in
                let images = slices.images[slice.lowerBound]
                addImages(x, dy, images, place(level), working, pool)
            },
            add: { addFloats(place($0), place($1), geometry.weights, pool) }
        )
    }

    private func groups(_ N: Int) -> Int {
        let affordable = max(2, Self.partialLimit / max(geometry.weights, 1))
        let worth = N * geometry.output.H * geometry.output.W / Self.groupPixels
        return max(1, min(N, Self.tasks, affordable, worth))
    }

    /// dweights = the gradient of one slice: each group of its images has a sum of its own.
    private func addImages(
        _ x: Tensor,
        _ dy: Tensor,
        _ images: Range<Int>,
        _ dweights: UnsafeMutablePointer<Float>,
        _ working: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let g = geometry
        let (taps, O) = (g.taps, g.output.C)
        if images.isEmpty { return fillZero(dweights, g.weights, pool) }
        let groups = groups(images.count)
        let blocks = max(1, min(Self.tasks / groups, O / Self.leastChannels))
        let partials = working + threads * columnFloats
        func sums(_ group: Int) -> UnsafeMutablePointer<Float> {
            group == 0 ? dweights : partials + (group - 1) * g.weights
        }
        pool.parallelFor(groups * blocks) { task, worker in
            let (group, block) = task.quotientAndRemainder(dividingBy: blocks)
            let channels = block * O / blocks..<(block + 1) * O / blocks
            let first = images.lowerBound + group * images.count / groups
            let end = images.lowerBound + (group + 1) * images.count / groups
            let buffer = working + worker * columnFloats
            for run in runs(first..<end) {
                for band in 0..<bands {
                    let piece = piece(band, of: run)
                    library.multiply(
                        transposeA: true,
                        M: channels.count,
                        N: taps,
                        K: piece.count,
                        A: dy.base + piece.first * O + channels.lowerBound,
                        lda: O,
                        B: columns(x, piece, buffer, pool.kernels),
                        ldb: taps,
                        C: sums(group) + channels.lowerBound * taps,
                        ldc: taps,
                        adding: run.lowerBound > first || band > 0
                    )
                }
            }
        }
        if groups == 1 { return }
        pool.parallelRanges(g.weights, grain: 1 << 14) { range, _ in
            for group in 1..<groups {
                pool.kernels.flat.add(
                    dweights + range.lowerBound,
                    sums(group) + range.lowerBound,
                    range.count
                )
            }
        }
    }
}
