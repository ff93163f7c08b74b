import KernelTable

/// Extents of a pool with square windows.
public struct PoolGeometry: Hashable, Sendable {
    /// Extents of the input.
    public let input: Shape
    /// Extents of the output.
    public let output: Shape

    let window: Window

    /// Ends the program where a pass gets other maps than those planned.
    func check(_ x: Tensor, _ y: Tensor) {
        precondition(
            x.shape.hasImages(like: input) && y.shape.hasImages(like: output)
                && x.shape.N == y.shape.N,
            "a pool of \(input) to \(output) is given \(x.shape) and \(y.shape)"
        )
    }

    /// Plans windows of `kernel` × `kernel` pixels, `stride` apart, over maps with a border of
    /// `padding` that never wins.
    ///
    /// With `ceil` a last window may hang over the far edge, as long as it starts inside the map or
    /// its near border.
    public init(input: Shape, kernel: Int, stride: Int, padding: Int = 0, ceil: Bool = false) {
        precondition(kernel > 0 && stride > 0 && padding * 2 <= kernel, "a window without extent")
        func extent(_ size: Int) -> Int {
            let slack = ceil ? stride - 1 : 0
            let outputs = (size + 2 * padding - kernel + slack) / stride + 1
            return ceil && (outputs - 1) * stride >= size + padding ? outputs - 1 : outputs
        }
        self.input = input
        output = Shape(N: input.N, H: extent(input.H), W: extent(input.W), C: input.C)
        window = Window(
            H: input.H,
            W: input.W,
            C: input.C,
            kernel: kernel,
            stride: stride,
            top: padding,
            left: padding,
            OH: output.H,
            OW: output.W
        )
    }
}

/// y = the maximum of each window; the batch may be smaller than the plan's.
///
/// - Parameter argmax: told for each of `y` where in its window the first maximum stands, kh · kernel + kw;
///   nil where no backward follows.
public func maxPoolForward(
    _ x: Tensor,
    _ g: PoolGeometry,
    _ y: Tensor,
    argmax: UnsafeMutablePointer<UInt8>?,
    _ pool: ThreadPool
) {
    g.check(x, y)
    let maximum = pool.kernels.windows.maximum
    let window = g.window
    pool.parallelFor(x.shape.N) { image, _ in
        let to = image * g.output.perImage
        maximum(
            x.base + image * g.input.perImage,
            window,
            0..<window.OH,
            y.base + to,
            argmax.map { $0 + to }
        )
    }
}

/// Gives each window's gradient to its first maximum in scan order; overwrites `dx`.
///
/// - Parameter argmax: as the forward pass left them.
public func maxPoolBackward(
    argmax: UnsafePointer<UInt8>,
    _ dy: Tensor,
    _ g: PoolGeometry,
    _ dx: Tensor,
    _ pool: ThreadPool
) {
    g.check(dx, dy)
    let gradient = pool.kernels.windows.maximumGradient
    let streams = dx.exceedsCaches
    pool.parallelFor(dx.shape.N) { image, _ in
        let from = image * g.output.perImage
        let to = dx.base + image * g.input.perImage
        gradient(argmax + from, dy.base + from, g.window, to, streams)
    }
}

/// y = the mean of what of each window is inside the map; the batch may be smaller than the plan's.
public func averagePoolForward(_ x: Tensor, _ g: PoolGeometry, _ y: Tensor, _ pool: ThreadPool) {
    g.check(x, y)
    precondition(g.window.top == 0 && g.window.left == 0, "an average over a border")
    let average = pool.kernels.windows.average
    pool.parallelFor(x.shape.N) { image, _ in
        average(x.base + image * g.input.perImage, g.window, y.base + image * g.output.perImage)
    }
}

/// Spreads each mean's gradient over what of its window is inside; overwrites `dx`.
public func averagePoolBackward(_ dy: Tensor, _ g: PoolGeometry, _ dx: Tensor, _ pool: ThreadPool) {
    g.check(dx, dy)
    let gradient = pool.kernels.windows.averageGradient
    pool.parallelFor(dx.shape.N) { image, _ in
        gradient(dy.base + image * g.output.perImage, g.window, dx.base + image * g.input.perImage)
    }
}

/// y = the mean of each window, windows cut as torch's AdaptiveAvgPool2d does: output i of `O` covers
/// floor(i · I / O) ..< ceil((i + 1) · I / O).
public func adaptiveAveragePoolForward(_ x: Tensor, _ y: Tensor, _ pool: ThreadPool) {
    let (average, sums) = (pool.kernels.windows.adaptiveAverage, pool.kernels.rows.sums)
    let window = adaptiveWindow(x.shape, y.shape)
    pool.parallelFor(x.shape.N) { image, _ in
        let from = x.base + image * x.shape.perImage
        let to = y.base + image * y.shape.perImage
        guard window.isWhole else { return average(from, window, to) }
        // In memory order, which has the same order of sums.
        sums(from, window.H * window.W, window.C, to)
        for c in 0..<window.C { to[c] *= window.share }
    }
}

/// Spreads each mean's gradient over its window.
///
/// - Parameter adding: whether to add it to `dx`, which only the mean of a whole map can, rather than to overwrite that.
public func adaptiveAveragePoolBackward(
    _ dy: Tensor,
    _ dx: Tensor,
    adding: Bool = false,
    _ pool: ThreadPool
) {
    let gradient = pool.kernels.windows.adaptiveAverageGradient
    let addBias = pool.kernels.rows.addBias
    let window = adaptiveWindow(dx.shape, dy.shape)
    precondition(!adding || window.isWhole, "the gradient of \(dy.shape) is not added to others")
    pool.parallelFor(dy.shape.N) { image, _ in
        let from = dy.base + image * dy.shape.perImage
        let to = dx.base + image * dx.shape.perImage
        guard window.isWhole else { return gradient(from, window, to) }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: max(window.C, 1)) { memory in
            guard let part = memory.baseAddress else { return }
            for c in 0..<window.C { (part + c).initialize(to: from[c] * window.share) }
            if adding { return addBias(to, part, window.H * window.W, window.C) }
            for pixel in 0..<window.H * window.W {
                (to + pixel * window.C).update(from: part, count: window.C)
            }
        }
    }
}

extension Window {
    /// Whether a single window covers the map.
    fileprivate var isWhole: Bool { OH == 1 && OW == 1 }

    /// What a pixel counts in the mean of the map.
    fileprivate var share: Float { 1 / Float(H * W) }
}

/// The extents; kernel and stride follow from them, window by window.
private func adaptiveWindow(_ input: Shape, _ output: Shape) -> Window {
    precondition(
        input.N == output.N && input.C == output.C,
        "an average pool of \(input) gives \(output)"
    )
    return Window(
        H: input.H,
        W: input.W,
        C: input.C,
        kernel: 1,
        stride: 1,
        top: 0,
        left: 0,
        OH: output.H,
        OW: output.W
    )
}
