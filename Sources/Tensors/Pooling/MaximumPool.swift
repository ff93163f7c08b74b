import KernelTable

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
    let gradient = pool.kernels.windows.maximumGradient
    let streams = dx.exceedsCaches
    pool.parallelFor(dx.shape.N) { image, _ in
        let from = image * g.output.perImage
        let to = dx.base + image * g.input.perImage
        gradient(argmax + from, dy.base + from, g.window, to, streams)
    }
}
