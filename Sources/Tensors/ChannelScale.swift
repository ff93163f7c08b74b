import KernelTable

/// The pixels of each image of a batch in fixed blocks, so that sums over them have an order.
struct ImageBlocks {
    /// Blocks of an image.
    let perImage: Int
    private let rows: Int
    private let pixels: Int

    /// Cuts images of `shape`.
    init(_ shape: Shape) {
        pixels = shape.H * shape.W
        rows = max(1, (1 << 15) / max(shape.C, 1))
        perImage = max(1, (pixels + rows - 1) / rows)
    }

    /// Calls `body` with each block: its number in the batch, its image, its first row in the batch and its rows.
    func forEach(
        images: Int,
        _ pool: ThreadPool,
        _ body: (_ block: Int, _ image: Int, _ first: Int, _ rows: Int) -> Void
    ) {
        pool.parallelFor(images * perImage) { block, _ in
            let (image, part) = block.quotientAndRemainder(dividingBy: perImage)
            let first = part * rows
            body(block, image, image * pixels + first, min(rows, pixels - first))
        }
    }
}

/// y = x · s, [N, H, W, C] by [N, 1, 1, C]; `y` may be `x`.
public func scaleChannels(_ x: Tensor, by s: Tensor, _ y: Tensor, _ pool: ThreadPool) {
    let C = x.shape.C
    precondition(
        s.shape == Shape(N: x.shape.N, C: C) && y.shape == x.shape,
        "maps of \(x.shape) scaled by \(s.shape) give \(y.shape)"
    )
    withZeros(C) { zeros in
        ImageBlocks(x.shape).forEach(images: x.shape.N, pool) { _, image, first, rows in
            scaleRows(x, y, nil, first, rows, s.base + image * C, zeros, pool)
        }
    }
}

/// Floats of scratch that `scaleChannelsBackward` takes for maps of `shape`.
public func scaleChannelsScratch(_ shape: Shape) -> Int {
    shape.N * ImageBlocks(shape).perImage * shape.C
}

/// dx = dy · s, if wanted, which may be `dy`, and ds[n, c] = Σ dy · x over the pixels of image n, block by block in
/// order.
///
/// - Parameter scratch: `scaleChannelsScratch` floats.
public func scaleChannelsBackward(
    _ x: Tensor,
    by s: Tensor,
    _ dy: Tensor,
    _ dx: Tensor?,
    ds: Tensor?,
    scratch: UnsafeMutablePointer<Float>,
    _ pool: ThreadPool
) {
    let C = x.shape.C
    precondition(
        s.shape == Shape(N: x.shape.N, C: C) && ds?.shape ?? s.shape == s.shape
            && dy.shape == x.shape && dx?.shape ?? x.shape == x.shape,
        "maps of \(x.shape) scaled by \(s.shape) have a gradient of \(dy.shape)"
    )
    let gradient = pool.kernels.channels.scaleGradient
    let blocks = ImageBlocks(x.shape)
    blocks.forEach(images: x.shape.N, pool) { block, image, first, rows in
        gradient(
            x.base + first * C,
            dy.base + first * C,
            s.base + image * C,
            rows,
            C,
            dx.map { $0.base + first * C },
            scratch + block * C
        )
    }
    guard let ds else { return }
    for image in 0..<x.shape.N {
        let parts = scratch + image * blocks.perImage * C
        let sum = ds.base + image * C
        sum.update(from: parts, count: C)
        for part in 1..<max(blocks.perImage, 1) {
            pool.kernels.flat.add(sum, parts + part * C, C)
        }
    }
}

/// y = scale · x + residual for some rows of pixels.
func scaleRows(
    _ x: Tensor,
    _ y: Tensor,
    _ residual: Tensor?,
    _ first: Int,
    _ rows: Int,
    _ scale: UnsafePointer<Float>,
    _ zeros: UnsafePointer<Float>,
    _ pool: ThreadPool
) {
    let start = first * x.shape.C
    let arguments = RowKernels.Normalise(
        x: x.base + start,
        residual: residual.map { UnsafePointer($0.base + start) },
        y: y.base + start,
        scale: scale,
        shift: zeros,
        activation: .none,
        streams: y.exceedsCaches && y.base != x.base
    )
    PixelRows(kernels: pool.kernels.rows, C: x.shape.C).normalise(arguments, rows)
}

/// Calls `body` with `count` zeros.
func withZeros(_ count: Int, _ body: (UnsafePointer<Float>) -> Void) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(count, 1)) { memory in
        guard let memory = memory.baseAddress else { return }
        memory.initialize(repeating: 0, count: max(count, 1))
        body(memory)
    }
}
