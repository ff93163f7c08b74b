import KernelTable

/// Convolution as a matrix product: im2col of some output pixels, then GEMM on the same thread.
///
/// The im2col matrix of a 1×1 convolution is its input. A step is as many output pixels as keep the
/// column buffer within 4 MB: a band of rows of one image, or several whole images where they are
/// small. Limited by the GEMM, and by the im2col of layers with few channels.
struct ColumnConvolution: Sendable {
    let geometry: ConvolutionGeometry
    let threads: Int
    /// Output rows of a step.
    let bandRows: Int
    /// Images of a step; more than one only where a band is a whole image.
    let stepImages: Int

    /// Floats of a column buffer, at most.
    private static let columnLimit = 1 << 20
    /// Floats of a column buffer that is not thin: half of the second cache.
    private static let columnTarget = 1 << 16
    /// Pixels of a step worth reading all weights for.
    private static let leastPixels = 196
    /// Rows that are finished at a time, while they are in cache: those that GEMM keeps there.
    private static let finishedRows = 240
    /// Floats of a buffer that outputs with a residual are summed up in, which stay in the first cache.
    private static let sumFloats = 6144
    /// Rows that the products take at a time, at most.
    static let tileRows = 12
    /// Rows of a product that is one of several of a step: two tiles.
    static let fewestRows = 24
    /// Weights that may be read again for so few rows.
    private static let nearWeights = 1 << 17
    /// Floats that a norm or a gate is applied to at a time, which stay in the first cache for the product.
    static let appliedFloats = 1 << 13
    /// Steps that a thread takes in turn, at most.
    private static let stepsInTurn = 8
    /// The widest strip of any instruction set.
    private static let widest = 32

    init(_ geometry: ConvolutionGeometry, threads: Int) {
        self.geometry = geometry
        self.threads = threads
        // The rows of a pointwise convolution's outputs, or of their gradient, are to stay in cache as well.
        let taps = max(geometry.taps, geometry.isPointwise ? geometry.output.C : 1)
        let (H, W) = (geometry.output.H, max(geometry.output.W, 1))
        let pixels = min(
            Self.columnLimit / taps,
            max(Self.leastPixels, Self.columnTarget / taps)
        )
        let rows = max(1, min(H, pixels / W))
        // Bands of about equal height: one of few rows would read all weights for them.
        let bands = (H + rows - 1) / rows
        bandRows = max(1, (H + bands - 1) / max(bands, 1))
        stepImages = bandRows < H ? 1 : max(1, min(geometry.input.N, pixels / max(1, H * W)))
    }

    var algorithm: String { geometry.isPointwise ? "gemm" : "im2col" }

    /// Moments of each step's rows of each image.
    var moments: MomentPlan { MomentPlan(bandsOf: geometry.output, rows: bandRows) }

    /// Floats of one thread's columns.
    var columnFloats: Int { bandRows * stepImages * geometry.output.W * geometry.taps }

    /// Floats of the weights, packed for the forward pass.
    var forwardFilters: Int { Self.filled(geometry.output.C) * geometry.taps }

    /// Floats of the weights, packed for the backward pass.
    var backwardFilters: Int { Self.filled(geometry.taps) * geometry.output.C }

    /// Columns of a matrix with strips filled up.
    private static func filled(_ n: Int) -> Int { (n + widest - 1) / widest * widest }

    var scratch: Int { threads * (columnFloats + sumFloats) }

    /// Whether the output may be the memory of the residual.
    ///
    /// Its sums are computed in a buffer then: to write what was just read costs the caches less than to bring lines of other
    /// memory into them.
    var mayOverwriteResidual: Bool {
        geometry.isPointwise && geometry.weights <= Self.nearWeights
    }

    /// Rows of the buffer for sums.
    private var sumRows: Int {
        let O = max(geometry.output.C, 1)
        let rows = Self.sumFloats / O / Self.fewestRows * Self.fewestRows
        return min(Self.finishedRows, max(Self.fewestRows, rows))
    }

    /// Floats of a thread's buffer for sums.
    private var sumFloats: Int { mayOverwriteResidual ? sumRows * geometry.output.C : 0 }

    /// The im2col matrix of a step, in `buffer` unless it is the input itself.
    func columns(
        _ x: ConvolutionInput,
        _ step: Step,
        _ buffer: UnsafeMutablePointer<Float>,
        _ kernels: KernelTable
    ) -> UnsafePointer<Float> {
        let g = geometry
        if g.isPointwise, x.isPlain {
            return UnsafePointer(x.maps.base + step.first * g.taps)
        }
        let perImage = step.rows.count * g.output.W * g.taps
        if g.isPointwise {
            for index in step.images.indices {
                let pixels = step.pixels(index - step.images.lowerBound)
                _ = x.pixels(pixels, buffer + (pixels.lowerBound - step.first) * g.taps, kernels)
            }
            return UnsafePointer(buffer)
        }
        for (index, image) in step.images.enumerated() {
            let from = x.maps.base + image * g.input.perImage
            kernels.windows.gather(from, g.window, step.rows, buffer + index * perImage)
        }
        return UnsafePointer(buffer)
    }

    // MARK: Forward

    func prepareForward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let (taps, O) = (geometry.taps, geometry.output.C)
        let gemm = pool.kernels.gemm
        pool.parallelFor(gemm.strips(O)) { strip, _ in
            let first = strip * gemm.width
            let outputs = min(gemm.width, O - first)
            gemm.pack(weights + first * taps, 1, taps, taps, outputs, filters + first * taps)
        }
    }

    /// y[pixels][O] = columns[pixels][taps] · weights[O][taps]ᵀ, finished while in cache.
    func forward(
        _ x: ConvolutionInput,
        filters: UnsafePointer<Float>,
        finish: Finish,
        _ y: Tensor,
        notes: RecordedMoments? = nil,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let O = geometry.output.C
        let kernels = pool.kernels
        let images = 0..<x.maps.shape.N
        let count = steps(images.count)
        // A thread takes some steps in turn, and has each prefetch what the next one reads.
        let grain = max(1, min(Self.stepsInTurn, count / (Self.stepsInTurn * pool.threads)))
        let cut = cut(isPlain: x.isPlain, notes: notes != nil)
        let tasks = TaperedTasks(
            pieces: count,
            grain: grain,
            finest: finestParts(cut),
            threads: pool.threads
        ).tasks
        pool.parallelFor(tasks.count) { number, worker in
            let task = tasks[number]
            let buffer = scratch + worker * (columnFloats + sumFloats)
            let sums =
                finish.residual != nil && mayOverwriteResidual ? buffer + columnFloats : nil
            for index in task.pieces {
                let step = part(task, step(index, of: images), cut)
                guard step.count > 0 else { continue }
                let hasNext = geometry.isPointwise && index + 1 < task.pieces.upperBound
                let later = hasNext ? x.floats(self.step(index + 1, of: images).pixels) : nil
                for pixels in parts(step, isPlain: x.isPlain) {
                    let start = pixels.lowerBound * O
                    let isWhole = pixels == step.pixels
                    multiply(
                        isWhole
                            ? columns(x, step, buffer, kernels) : x.pixels(pixels, buffer, kernels),
                        filters,
                        y.base + start,
                        pixels.count,
                        finish.advanced(by: start),
                        kernels,
                        later: later?.part(
                            pixels.lowerBound - step.first..<pixels.upperBound - step.first,
                            of: step.count
                        ),
                        sums: sums
                    )
                }
                if let notes { record(notes, step, y, kernels) }
            }
        }
    }

    /// The outputs of `pixels` pixels from their columns, on the thread that calls.
    ///
    /// - Parameters:
    ///   - later: what the thread reads next.
    ///   - sums: the thread's buffer where `y` may be the residual's memory.
    func multiply(
        _ columns: UnsafePointer<Float>,
        _ filters: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>,
        _ pixels: Int,
        _ finish: Finish,
        _ kernels: KernelTable,
        later: UnsafeBufferPointer<Float>? = nil,
        sums: UnsafeMutablePointer<Float>? = nil
    ) {
        let (taps, O) = (geometry.taps, geometry.output.C)
        let together = sums == nil ? Self.finishedRows : sumRows
        let norm = kernels.gemm.appliesNorms ? GemmKernels.Norm(finish) : nil
        for row in stride(from: 0, to: pixels, by: together) {
            let rows = min(together, pixels - row)
            // The residual is read right behind the product.
            let residual = finish.residual.map {
                UnsafeBufferPointer(start: $0 + row * O, count: rows * O)
            }
            let own = sums ?? y + row * O
            kernels.gemm.multiply(
                GemmKernels.Product(
                    M: rows,
                    N: O,
                    K: taps,
                    A: columns + row * taps,
                    rowStride: taps,
                    columnStride: 1,
                    B: filters,
                    stripStride: taps * kernels.gemm.width,
                    C: own,
                    ldc: O,
                    adding: false,
                    later: residual ?? later?.part(row..<row + rows, of: pixels),
                    norm: norm
                )
            )
            if norm == nil {
                finish.advanced(by: row * O).apply(own, to: y + row * O, rows, O, kernels)
            }
        }
    }

    /// Records the moments of a step while it is in cache; the pivot is the mean, so that the sum of the differences is
    /// zero.
    private func record(
        _ notes: RecordedMoments,
        _ step: Step,
        _ y: Tensor,
        _ kernels: KernelTable
    ) {
        let O = geometry.output.C
        let pixels = PixelRows(kernels: kernels.rows, C: O)
        let count = step.count / step.images.count
        for (index, image) in step.images.enumerated() {
            let group = notes.group(step.band, ofImage: image)
            let start = (step.first + index * count) * O
            pixels.moments(y.base + start, count, group, group + 2 * O)
            (group + O).update(repeating: 0, count: O)
        }
    }

    // MARK: Backward

    func prepareBackward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let (taps, O) = (geometry.taps, geometry.output.C)
        let gemm = pool.kernels.gemm
        pool.parallelFor(gemm.strips(taps)) { strip, _ in
            let first = strip * gemm.width
            gemm.pack(
                weights + first,
                taps,
                1,
                O,
                min(gemm.width, taps - first),
                filters + first * O
            )
        }
    }

    /// columns[pixels][taps] = dy[pixels][O] · weights[O][taps], added back to their pixels.
    ///
    /// Windows of neighbouring bands share pixels, so a task is all bands of its images.
    func backwardData(
        _ dy: Tensor,
        filters: UnsafePointer<Float>,
        _ dx: Tensor,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let g = geometry
        let (taps, O) = (g.taps, g.output.C)
        let kernels = pool.kernels
        let images = 0..<dy.shape.N
        let together = g.isPointwise ? 1 : bands
        pool.parallelFor(steps(images.count) / together) { task, worker in
            for index in task * together..<(task + 1) * together {
                let step = step(index, of: images)
                let buffer = scratch + worker * columnFloats
                let columns = g.isPointwise ? dx.base + step.first * taps : buffer
                kernels.gemm.multiply(
                    GemmKernels.Product(
                        M: step.count,
                        N: taps,
                        K: O,
                        A: dy.base + step.first * O,
                        rowStride: O,
                        columnStride: 1,
                        B: filters,
                        stripStride: O * kernels.gemm.width,
                        C: columns,
                        ldc: taps,
                        adding: false
                    )
                )
                if !g.isPointwise { scatter(columns, step, dx, kernels) }
            }
        }
    }

    /// Adds the columns of a step to their pixels, which the first band of an image clears.
    private func scatter(
        _ columns: UnsafePointer<Float>,
        _ step: Step,
        _ dx: Tensor,
        _ kernels: KernelTable
    ) {
        let g = geometry
        let perImage = step.rows.count * g.output.W * g.taps
        for (index, image) in step.images.enumerated() {
            let to = dx.base + image * g.input.perImage
            if step.rows.lowerBound == 0 { to.update(repeating: 0, count: g.input.perImage) }
            kernels.windows.scatter(columns + index * perImage, g.window, step.rows, to)
        }
    }
}
