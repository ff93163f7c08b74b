import KernelTable

/// 3×3 convolution of stride 1 by Winograd's F(4×4, 3×3): Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A, where ⊙ sums
/// over the input channels, so it is 36 matrix products with 36/144 of the direct multiplications.
///
/// Forward, and backward to the data with rotated filters: the filters are transformed beforehand; a
/// task takes a block of tiles, transforms their inputs into 36 panels that stay in cache, multiplies
/// and transforms the outputs. Rows of the products are tiles, so a tile's bits depend on nothing but
/// itself, and blocks may be cut to fit the threads. Limited by the products in deep layers, and by
/// the transforms where channels are few.
struct WinogradConvolution: Sendable {
    let geometry: ConvolutionGeometry
    let threads: Int

    /// Products of the transform.
    static let planes = 36
    /// The widest strip of any instruction set.
    private static let widest = 32

    /// Whether the method applies and was measured to beat im2col.
    ///
    /// Where tiles hang far over the border (maps of 1, 2, 3, 5, 6 and 9 pixels a side), transforms eat
    /// the gain. The rule looks at neither the batch nor the processor, so that a layer computes the
    /// same everywhere.
    static func pays(for g: ConvolutionGeometry) -> Bool {
        guard g.kernel == 3, g.stride == 1, g.padding <= 2 else { return false }
        let tiles = (g.output.H + 3) / 4 * ((g.output.W + 3) / 4)
        return g.output.H * g.output.W >= 10 * tiles
    }

    /// One of the two directions: maps of `window` extents to maps of O channels.
    private struct Direction {
        /// Input extents H, W, C and output extents OH, OW.
        var window: Window
        var O: Int
        /// The output's extents as the output transform takes them.
        var outputWindow: Window
        var tilesPerImage: Int
    }

    private var forwardDirection: Direction {
        direction(from: geometry.input, to: geometry.output, padding: geometry.padding)
    }

    private var backwardDirection: Direction {
        direction(from: geometry.output, to: geometry.input, padding: 2 - geometry.padding)
    }

    private func direction(from x: Shape, to y: Shape, padding: Int) -> Direction {
        let window = Window(
            H: x.H,
            W: x.W,
            C: x.C,
            kernel: 3,
            stride: 1,
            padding: padding,
            OH: y.H,
            OW: y.W
        )
        var outputWindow = window
        outputWindow.C = y.C
        return Direction(
            window: window,
            O: y.C,
            outputWindow: outputWindow,
            tilesPerImage: (y.H + 3) / 4 * ((y.W + 3) / 4)
        )
    }

    /// Tiles of a block: in shallow layers as many as the second cache holds, in deep ones enough to
    /// be worth reading all filters for; in any case at least one block a thread.
    private func blockTiles(_ d: Direction, _ N: Int) -> Int {
        let tileFloats = Self.planes * (d.window.C + d.O)
        let cached = (1 << 18) / tileFloats
        let least = Self.planes * d.window.C * d.O > 1 << 18 ? 96 : 24
        let wanted = min(max(cached, least), 192)
        let total = N * d.tilesPerImage
        let rounds = max(1, (total + wanted * threads - 1) / (wanted * threads))
        let share = (total + rounds * threads - 1) / (rounds * threads)
        return max(12, (share + 11) / 12 * 12)
    }

    /// Floats of the filters, transformed for the forward pass.
    var forwardFilters: Int { Self.planes * Self.filled(geometry.output.C) * geometry.input.C }

    /// Floats of the filters, rotated and transformed for the backward pass.
    var backwardFilters: Int { Self.planes * Self.filled(geometry.input.C) * geometry.output.C }

    /// Channels with strips filled up.
    private static func filled(_ C: Int) -> Int { (C + widest - 1) / widest * widest }

    /// Floats that one thread works in.
    private func workerFloats(_ d: Direction) -> Int {
        let tiles = (1...max(geometry.input.N, 1)).map { blockTiles(d, $0) }.max() ?? 0
        return Self.planes * (tiles * (d.window.C + d.O) + d.window.C) + 64
    }

    var scratch: Int {
        threads * max(workerFloats(forwardDirection), workerFloats(backwardDirection))
    }

    // MARK: Forward

    func prepareForward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let (I, O) = (geometry.input.C, geometry.output.C)
        let kernels = pool.kernels
        let strips = kernels.gemm.strips(O)
        let stripFloats = I * kernels.gemm.width
        pool.parallelFor(strips) { strip, _ in
            let to = filters + strip * stripFloats
            kernels.winograd.filter(weights, O, I, strip, strips * stripFloats, to)
        }
    }

    func forward(
        _ x: Tensor,
        filters: UnsafePointer<Float>,
        finish: Finish,
        _ y: Tensor,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        convolve(x, forwardDirection, filters, finish, y, scratch, pool)
    }

    // MARK: Backward

    func prepareBackward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let (I, O) = (geometry.input.C, geometry.output.C)
        let kernels = pool.kernels
        let strips = kernels.gemm.strips(I)
        let stripFloats = O * kernels.gemm.width
        pool.parallelFor(strips) { strip, _ in
            let to = filters + strip * stripFloats
            kernels.winograd.rotatedFilter(weights, O, I, strip, strips * stripFloats, to)
        }
    }

    func backwardData(
        _ dy: Tensor,
        filters: UnsafePointer<Float>,
        _ dx: Tensor,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        convolve(dy, backwardDirection, filters, Finish(), dx, scratch, pool)
    }

    // MARK: Both

    /// y = convolution of x with transformed filters.
    private func convolve(
        _ x: Tensor,
        _ d: Direction,
        _ filters: UnsafePointer<Float>,
        _ finish: Finish,
        _ y: Tensor,
        _ scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let kernels = pool.kernels
        let (C, O) = (d.window.C, d.O)
        let total = x.shape.N * d.tilesPerImage
        let block = blockTiles(d, x.shape.N)
        let stripStride = C * kernels.gemm.width
        let filterPlane = kernels.gemm.strips(O) * stripStride
        let worker = workerFloats(d)
        pool.parallelRanges(total, grain: block) { tiles, thread in
            let V = scratch + thread * worker
            let M = V + Self.planes * block * C
            let patch = M + Self.planes * block * O
            forEachImage(tiles, d.tilesPerImage) { image, part, done in
                let planes = WinogradKernels.Planes(
                    base: V + done * C,
                    planeStride: block * C,
                    width: C,
                    stripStride: 0
                )
                let from = x.base + image * x.shape.perImage
                kernels.winograd.input(from, d.window, part, C, planes, patch)
            }
            for plane in 0..<Self.planes {
                kernels.gemm.multiply(
                    GemmKernels.Product(
                        M: tiles.count,
                        N: O,
                        K: C,
                        A: V + plane * block * C,
                        rowStride: C,
                        columnStride: 1,
                        B: filters + plane * filterPlane,
                        stripStride: stripStride,
                        C: M + plane * block * O,
                        ldc: O,
                        adding: false
                    )
                )
            }
            forEachImage(tiles, d.tilesPerImage) { image, part, done in
                let planes = WinogradKernels.Planes(
                    base: M + done * O,
                    planeStride: block * O,
                    width: O,
                    stripStride: 0
                )
                let start = image * y.shape.perImage
                let last = finish.advanced(by: start)
                kernels.winograd.output(planes, last, d.outputWindow, part, y.base + start)
            }
        }
    }
}

/// Cuts a range of tiles of the batch into the parts of each image; `done` counts the tiles before.
func forEachImage(
    _ tiles: Range<Int>,
    _ tilesPerImage: Int,
    _ body: (_ image: Int, _ part: Range<Int>, _ done: Int) -> Void
) {
    var tile = tiles.lowerBound
    while tile < tiles.upperBound {
        let image = tile / tilesPerImage
        let first = image * tilesPerImage
        let end = min(tiles.upperBound, first + tilesPerImage)
        body(image, tile - first..<end - first, tile - tiles.lowerBound)
        tile = end
    }
}
