import KernelTable

/// y = the maximum of each window; the batch may be smaller than the plan's.
public func maxPoolForward(_ x: Tensor, _ g: PoolGeometry, _ y: Tensor, _ pool: ThreadPool) {
    let maximum = pool.kernels.windows.maximum
    let window = g.window
    pool.parallelFor(x.shape.N) { image, _ in
        maximum(
            x.base + image * g.input.perImage,
            window,
            0..<window.OH,
            y.base + image * g.output.perImage
        )
    }
}

/// Gives each window's gradient to its first maximum in scan order; overwrites `dx`.
public func maxPoolBackward(
    _ x: Tensor,
    y: Tensor,
    _ dy: Tensor,
    _ g: PoolGeometry,
    _ dx: Tensor,
    _ pool: ThreadPool
) {
    let gradient = pool.kernels.windows.maximumGradient
    pool.parallelFor(x.shape.N) { image, _ in
        let from = image * g.input.perImage
        let to = image * g.output.perImage
        gradient(x.base + from, y.base + to, dy.base + to, g.window, dx.base + from)
    }
}
