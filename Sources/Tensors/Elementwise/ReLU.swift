import KernelTable

private let grain = 1 << 16

/// y = max(x, 0); `y` may be `x`.
public func reluForward(_ x: Tensor, _ y: Tensor, _ pool: ThreadPool) {
    let flat = pool.kernels.flat
    pool.parallelRanges(x.count, grain: grain) { range, _ in
        flat.relu(x.base + range.lowerBound, y.base + range.lowerBound, range.count)
    }
}

/// dx = dy where the forward output `y` is positive, else 0; `dx` may be `dy`.
public func reluBackward(y: Tensor, _ dy: Tensor, _ dx: Tensor, _ pool: ThreadPool) {
    let flat = pool.kernels.flat
    pool.parallelRanges(y.count, grain: grain) { range, _ in
        let i = range.lowerBound
        flat.reluMask(y.base + i, dy.base + i, dx.base + i, range.count)
    }
}
