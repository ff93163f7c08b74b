import KernelTable

/// y = the mean of each window, windows cut as torch's AdaptiveAvgPool2d does: output i of `O` covers
/// floor(i · I / O) ..< ceil((i + 1) · I / O).
public func adaptiveAveragePoolForward(_ x: Tensor, _ y: Tensor, _ pool: ThreadPool) {
    let average = pool.kernels.windows.average
    let window = adaptiveWindow(x.shape, y.shape)
    pool.parallelFor(x.shape.N) { image, _ in
        average(x.base + image * x.shape.perImage, window, y.base + image * y.shape.perImage)
    }
}

/// Spreads each mean's gradient over its window; overwrites `dx`.
public func adaptiveAveragePoolBackward(_ dy: Tensor, _ dx: Tensor, _ pool: ThreadPool) {
    let gradient = pool.kernels.windows.averageGradient
    let window = adaptiveWindow(dx.shape, dy.shape)
    pool.parallelFor(dy.shape.N) { image, _ in
        gradient(dy.base + image * dy.shape.perImage, window, dx.base + image * dx.shape.perImage)
    }
}

/// The extents; kernel and stride follow from them, window by window.
private func adaptiveWindow(_ input: Shape, _ output: Shape) -> Window {
    Window(
        H: input.H,
        W: input.W,
        C: input.C,
        kernel: 1,
        stride: 1,
        padding: 0,
        OH: output.H,
        OW: output.W
    )
}
