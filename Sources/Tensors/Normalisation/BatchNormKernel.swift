import KernelTable

/// Batch normalisation over the pixels of a batch, with the addition and the ReLU that may follow.
///
/// Training: y = relu(γ · (x − mean) / √(variance + ε) + β + residual). Sums run over fixed blocks of
/// rows that stay in cache, and the blocks are combined in order and in double precision (Chan, Golub
/// and LeVeque, 1979), so they depend on the shape alone. Limited by memory: two reads of x and one
/// write forward, and two reads of x and dy (and y behind a sum) and one write backward.
public struct BatchNormKernel: Sendable {
    private let shape: Shape
    private let epsilon: Float
    private let relu: Bool
    private let blockRows: Int

    /// Plans batches of at most `shape.N` images.
    public init(shape: Shape, epsilon: Float, relu: Bool) {
        self.shape = shape
        self.epsilon = epsilon
        self.relu = relu
        blockRows = max(1, (1 << 15) / max(shape.C, 1))
    }

    /// Floats of scratch that every call takes.
    public var scratch: Int { (2 * blocks(shape.pixels) + 5) * shape.C }

    private func blocks(_ rows: Int) -> Int { (rows + blockRows - 1) / blockRows }

    /// Normalises by the batch's own statistics.
    ///
    /// - Parameters:
    ///   - x: input [N][H][W][C].
    ///   - gamma: scale of each channel.
    ///   - beta: shift of each channel.
    ///   - residual: added before the ReLU.
    ///   - y: output; may be `x` only if no backward pass follows.
    ///   - mean: receives the mean of each channel.
    ///   - variance: receives the biased variance of each channel.
    ///   - scratch: `scratch` floats.
    ///   - pool: threads to share the blocks.
    public func forwardTraining(
        _ x: Tensor,
        gamma: UnsafePointer<Float>,
        beta: UnsafePointer<Float>,
        residual: Tensor?,
        _ y: Tensor,
        mean: UnsafeMutablePointer<Float>,
        variance: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let C = shape.C
        let rows = x.shape.pixels
        let count = blocks(rows)
        let kernels = pool.kernels.rows
        let means = scratch
        let squares = scratch + count * C
        pool.parallelRanges(rows, grain: blockRows) { range, _ in
            let block = range.lowerBound / blockRows
            kernels.moments(
                x.base + range.lowerBound * C,
                range.count,
                C,
                means + block * C,
                squares + block * C
            )
        }
        pool.parallelRanges(C, grain: 16) { channels, _ in
            for c in channels {
                var seen = 0.0
                var m = 0.0
                var s = 0.0
                for block in 0..<count {
                    let size = Double(min(blockRows, rows - block * blockRows))
                    let delta = Double(means[block * C + c]) - m
                    let total = seen + size
                    m += delta * size / total
                    s += Double(squares[block * C + c]) + delta * delta * seen * size / total
                    seen = total
                }
                mean[c] = Float(m)
                variance[c] = Float(s / max(seen, 1))
            }
        }
        let factors = scratch
        foldNorm(
            gamma: gamma,
            beta: beta,
            mean: mean,
            variance: variance,
            epsilon: epsilon,
            channels: C,
            into: factors
        )
        apply(x, factors, residual, y, pool)
    }

    /// Normalises by given statistics; takes no scratch of the plan's.
    public func forwardEvaluation(
        _ x: Tensor,
        gamma: UnsafePointer<Float>,
        beta: UnsafePointer<Float>,
        mean: UnsafePointer<Float>,
        variance: UnsafePointer<Float>,
        residual: Tensor?,
        _ y: Tensor,
        _ pool: ThreadPool
    ) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * shape.C) { factors in
            guard let factors = factors.baseAddress else { return }
            foldNorm(
                gamma: gamma,
                beta: beta,
                mean: mean,
                variance: variance,
                epsilon: epsilon,
                channels: shape.C,
                into: factors
            )
            apply(x, factors, residual, y, pool)
        }
    }

    private func apply(
        _ x: Tensor,
        _ factors: UnsafePointer<Float>,
        _ residual: Tensor?,
        _ y: Tensor,
        _ pool: ThreadPool
    ) {
        let C = shape.C
        let kernels = pool.kernels.rows
        pool.parallelRanges(x.shape.pixels, grain: blockRows) { range, _ in
            let start = range.lowerBound * C
            let arguments = RowKernels.Normalise(
                x: x.base + start,
                residual: residual.map { UnsafePointer($0.base + start) },
                y: y.base + start,
                scale: factors,
                shift: factors + C,
                relu: relu
            )
            kernels.normalise(arguments, range.count, C)
        }
    }

    /// The gradients of `forwardTraining`.
    ///
    /// - Parameters:
    ///   - x: input of the forward pass.
    ///   - y: output of the forward pass, which tells where the ReLU let through; nil where nothing
    ///     was added before the ReLU, so that `x` tells as well.
    ///   - dy: gradient of the output.
    ///   - gamma: scale of each channel.
    ///   - beta: shift of each channel.
    ///   - mean: as the forward pass left it.
    ///   - variance: as the forward pass left it.
    ///   - dx: overwritten with the gradient of `x`; may be `dy`.
    ///   - dresidual: overwritten with the gradient of the residual, which is dy behind the ReLU.
    ///   - dgamma: the gradient of each scale is added here.
    ///   - dbeta: the gradient of each shift is added here.
    ///   - scratch: `scratch` floats.
    ///   - pool: threads to share the blocks.
    public func backward(
        _ x: Tensor,
        y: Tensor?,
        _ dy: Tensor,
        gamma: UnsafePointer<Float>,
        beta: UnsafePointer<Float>,
        mean: UnsafePointer<Float>,
        variance: UnsafePointer<Float>,
        _ dx: Tensor,
        dresidual: Tensor?,
        dgamma: UnsafeMutablePointer<Float>,
        dbeta: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let C = shape.C
        let rows = x.shape.pixels
        let count = blocks(rows)
        let kernels = pool.kernels.rows
        let sumDy = scratch
        let sumDyX = scratch + count * C
        let factors = scratch + 2 * blocks(shape.pixels) * C
        let (a, b, c) = (factors, factors + C, factors + 2 * C)
        let repeated = factors + 3 * C
        let repeats = relu && y == nil
        if repeats {
            foldNorm(
                gamma: gamma,
                beta: beta,
                mean: mean,
                variance: variance,
                epsilon: epsilon,
                channels: C,
                into: repeated
            )
        }
        let arguments = { (start: Int) in
            RowKernels.Gradient(
                x: x.base + start,
                y: relu ? y.map { UnsafePointer($0.base + start) } : nil,
                scale: repeats ? UnsafePointer(repeated) : nil,
                shift: repeats ? UnsafePointer(repeated + C) : nil,
                dy: dy.base + start,
                mean: mean,
                a: a,
                b: b,
                c: c,
                dx: dx.base + start,
                dresidual: dresidual.map { $0.base + start }
            )
        }
        pool.parallelRanges(rows, grain: blockRows) { range, _ in
            let block = range.lowerBound / blockRows
            kernels.gradientSums(
                arguments(range.lowerBound * C),
                range.count,
                C,
                sumDy + block * C,
                sumDyX + block * C
            )
        }
        let share = 1 / Double(max(rows, 1))
        pool.parallelRanges(C, grain: 16) { channels, _ in
            for channel in channels {
                var s = 0.0
                var t = 0.0
                for block in 0..<count {
                    s += Double(sumDy[block * C + channel])
                    t += Double(sumDyX[block * C + channel])
                }
                let inverse = 1 / (Double(variance[channel]) + Double(epsilon)).squareRoot()
                let scale = Double(gamma[channel]) * inverse
                dgamma[channel] += Float(t * inverse)
                dbeta[channel] += Float(s)
                a[channel] = Float(scale)
                b[channel] = Float(-scale * inverse * inverse * t * share)
                c[channel] = Float(-scale * s * share)
            }
        }
        pool.parallelRanges(rows, grain: blockRows) { range, _ in
            kernels.gradient(arguments(range.lowerBound * C), range.count, C)
        }
    }
}
