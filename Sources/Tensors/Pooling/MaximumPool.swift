import KernelTable

/// Floats of a map from which on the last cache does not hold it until it is read.
private let streamedFloats = 1 << 23

/// y = the maximum of each window; the batch may be smaller than the plan's.
///
/// - Parameter places: told for each of `y` where in its window the first maximum stands, kh · kernel + kw;
///   nil where no backward follows.
public func maxPoolForward(
    _ x: Tensor,
    _ g: PoolGeometry,
    _ y: Tensor,
    places: UnsafeMutablePointer<UInt8>?,
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
            places.map { $0 + to }
        )
    }
}

/// Gives each window's gradient to its first maximum in scan order; overwrites `dx`.
///
/// - Parameter places: as the forward pass left them.
public func maxPoolBackward(
    places: UnsafePointer<UInt8>,
    _ dy: Tensor,
    _ g: PoolGeometry,
    _ dx: Tensor,
    _ pool: ThreadPool
) {
    let gradient = pool.kernels.windows.maximumGradient
    let streams = dx.shape.count >= streamedFloats
    pool.parallelFor(dx.shape.N) { image, _ in
        let from = image * g.output.perImage
        let to = dx.base + image * g.input.perImage
        gradient(places + from, dy.base + from, g.window, to, streams)
    }
}
