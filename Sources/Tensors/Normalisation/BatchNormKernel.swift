import KernelTable

/// Batch normalisation over the pixels of each slice of a batch, with the addition and the activation that may
/// follow.
///
/// Training: y = activation(γ · (x − mean) / √(variance + ε) + β + residual). Sums run over fixed blocks of
/// rows that stay in cache, and the blocks are combined in order and in double precision (Chan, Golub
/// and LeVeque, 1979), so they depend on the shape alone. Limited by memory: two reads of x, or one where the
/// convolution before has recorded the moments, and one write forward, and two reads of x and dy (and y behind a
/// sum) and one write backward.
public struct BatchNormKernel: Sendable {
    private let shape: Shape
    private let slices: Int
    private let epsilon: Float
    private let activation: Activation
    private let blockRows: Int

    /// Plans batches of at most `shape.N` images in at most `slices` slices.
    ///
    /// - Parameter activation: one that `followsNorms`; behind a residual a ReLU or none.
    public init(shape: Shape, slices: Int = 1, epsilon: Float, activation: Activation) {
        precondition(activation.followsNorms, "a batch norm does not apply \(activation.title)")
        self.shape = shape
        self.slices = slices
        self.epsilon = epsilon
        self.activation = activation
        blockRows = max(1, (1 << 15) / max(shape.C, 1))
    }

    /// Floats of scratch that every call takes.
    public var scratch: Int {
        let blocks = (shape.pixels + blockRows - 1) / blockRows + slices
        return (2 * blocks + 7 * slices) * shape.C
    }

    /// Ends the program where a pass gets what was not planned.
    ///
    /// - Parameters:
    ///   - slices: nil = statistics are given, so that the batch may have any size.
    ///   - others: the tensors beside `x`, all of its shape.
    private func check(_ x: Tensor, _ slices: Slices?, _ others: Tensor?...) {
        precondition(
            x.shape.hasImages(like: shape) && others.allSatisfy { $0?.shape ?? x.shape == x.shape },
            "a batch norm of \(shape) is given \(x.shape) and \(others.compactMap(\.?.shape))"
        )
        guard let slices else { return }
        precondition(
            slices.count <= self.slices && slices.total == x.shape.N && x.shape.N <= shape.N,
            "a batch norm of \(shape) in \(self.slices) slices is given \(slices.images)"
        )
    }

    private func blocks(_ slices: Slices) -> RowBlocks {
        RowBlocks(slices, pixelsPerImage: shape.H * shape.W, size: blockRows)
    }

    /// Normalises each slice by its own statistics.
    ///
    /// - Parameters:
    ///   - x: input [N][H][W][C].
    ///   - slices: whose images are which.
    ///   - gamma: scale of each channel.
    ///   - beta: shift of each channel.
    ///   - residual: added before the activation.
    ///   - notes: what the convolution that made `x` noted of it; may lie in `scratch`.
    ///   - y: output; may be `x` only if no backward pass follows.
    ///   - mean: receives the mean of each channel, [slices][C].
    ///   - variance: receives the biased variance of each channel, [slices][C].
    ///   - scratch: `scratch` floats.
    ///   - pool: threads to share the blocks.
    public func forwardTraining(
        _ x: Tensor,
        slices: Slices,
        gamma: UnsafePointer<Float>,
        beta: UnsafePointer<Float>,
        residual: Tensor?,
        notes: RecordedMoments? = nil,
        _ y: Tensor,
        mean: UnsafeMutablePointer<Float>,
        variance: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        check(x, slices, y, residual)
        takeMoments(x, slices, notes, mean, variance, scratch, pool)
        let C = shape.C
        let cut = blocks(slices)
        let kernels = PixelRows(kernels: pool.kernels.rows, C: C)
        let factors = scratch
        fold(slices, gamma, beta, mean, variance, into: factors, stride: 2 * C)
        pool.parallelFor(cut.blocks.count) { block, _ in
            let (slice, rows) = cut.blocks[block]
            apply(x, rows, factors + slice * 2 * C, residual, y, kernels)
        }
    }

    /// The same, but for the output: whoever reads `x` next applies `norm`, which is told the slices' scales, shifts and
    /// means.
    public func deferTraining(
        _ x: Tensor,
        slices: Slices,
        gamma: UnsafePointer<Float>,
        beta: UnsafePointer<Float>,
        notes: RecordedMoments?,
        to norm: DeferredNorm,
        mean: UnsafeMutablePointer<Float>,
        variance: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        check(x, slices)
        takeMoments(x, slices, notes, mean, variance, scratch, pool)
        let C = shape.C
        fold(slices, gamma, beta, mean, variance, into: norm.factors(0), stride: norm.distance)
        for slice in 0..<slices.count {
            (norm.factors(slice) + 2 * C).update(from: mean + slice * C, count: C)
        }
    }

    /// The mean and biased variance of each channel of each slice, from `notes` where there are some.
    private func takeMoments(
        _ x: Tensor,
        _ slices: Slices,
        _ notes: RecordedMoments?,
        _ mean: UnsafeMutablePointer<Float>,
        _ variance: UnsafeMutablePointer<Float>,
        _ scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        precondition(notes?.channels ?? shape.C == shape.C, "the notes are of other channels")
        let C = shape.C
        if let notes {
            forEachChannels(slices, pool) { slice, channels in
                notes.sum(
                    images: slices.images[slice],
                    channels: channels,
                    mean: mean + slice * C,
                    variance: variance + slice * C
                )
            }
            return
        }
        let cut = blocks(slices)
        let kernels = PixelRows(kernels: pool.kernels.rows, C: C)
        let means = scratch
        let squares = scratch + cut.blocks.count * C
        pool.parallelFor(cut.blocks.count) { block, _ in
            let rows = cut.blocks[block].rows
            kernels.moments(
                x.base + rows.lowerBound * C,
                rows.count,
                means + block * C,
                squares + block * C
            )
        }
        forEachChannels(slices, pool) { slice, channels in
            for c in channels {
                var moments = Moments()
                for block in cut.ofSlice[slice] {
                    moments.add(
                        count: cut.blocks[block].rows.count,
                        mean: means[block * C + c],
                        squares: squares[block * C + c]
                    )
                }
                mean[slice * C + c] = Float(moments.mean)
                variance[slice * C + c] = Float(moments.variance)
            }
        }
    }

    /// Calls `body` for some channels of a slice at a time.
    private func forEachChannels(
        _ slices: Slices,
        _ pool: ThreadPool,
        _ body: (_ slice: Int, _ channels: Range<Int>) -> Void
    ) {
        let grain = 16
        let parts = (shape.C + grain - 1) / grain
        pool.parallelFor(slices.count * parts) { task, _ in
            let (slice, part) = task.quotientAndRemainder(dividingBy: parts)
            body(slice, part * grain..<min(shape.C, (part + 1) * grain))
        }
    }

    /// The scales and shifts of each slice, `stride` floats apart.
    private func fold(
        _ slices: Slices,
        _ gamma: UnsafePointer<Float>,
        _ beta: UnsafePointer<Float>,
        _ mean: UnsafePointer<Float>,
        _ variance: UnsafePointer<Float>,
        into factors: UnsafeMutablePointer<Float>,
        stride: Int
    ) {
        for slice in 0..<slices.count {
            foldNorm(
                gamma: gamma,
                beta: beta,
                mean: mean + slice * shape.C,
                variance: variance + slice * shape.C,
                epsilon: epsilon,
                channels: shape.C,
                into: factors + slice * stride
            )
        }
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
        check(x, nil, y, residual)
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
            let kernels = PixelRows(kernels: pool.kernels.rows, C: shape.C)
            pool.parallelRanges(x.shape.pixels, grain: blockRows) { rows, _ in
                apply(x, rows, factors, residual, y, kernels)
            }
        }
    }

    private func apply(
        _ x: Tensor,
        _ rows: Range<Int>,
        _ factors: UnsafePointer<Float>,
        _ residual: Tensor?,
        _ y: Tensor,
        _ kernels: PixelRows
    ) {
        let start = rows.lowerBound * shape.C
        let arguments = RowKernels.Normalise(
            x: x.base + start,
            residual: residual.map { UnsafePointer($0.base + start) },
            y: y.base + start,
            scale: factors,
            shift: factors + shape.C,
            activation: activation.function,
            streams: y.exceedsCaches
        )
        kernels.normalise(arguments, rows.count)
    }

    /// The gradients of `forwardTraining`, or of `forwardEvaluation` for each slice.
    ///
    /// - Parameters:
    ///   - x: input of the forward pass.
    ///   - slices: as in the forward pass.
    ///   - y: output of the forward pass, which tells where the ReLU is active; nil where nothing
    ///     was added before the ReLU, so that `x` tells as well.
    ///   - dy: gradient of the output; may be overwritten.
    ///   - gamma: scale of each channel.
    ///   - beta: shift of each channel.
    ///   - mean: as the forward pass left it.
    ///   - variance: as the forward pass left it.
    ///   - givenStatistics: whether mean and variance were given, [slices][C], and do not depend on `x`.
    ///   - dx: overwritten with the gradient of `x`; may be `dy`.
    ///   - dresidual: overwritten with the gradient of the residual, which is dy behind the ReLU.
    ///   - dgamma: overwritten with the gradient of each scale, summed over the slices.
    ///   - dbeta: overwritten with the gradient of each shift, summed over the slices.
    ///   - scratch: `scratch` floats.
    ///   - pool: threads to share the blocks.
    public func backward(
        _ x: Tensor,
        slices: Slices,
        y: Tensor?,
        _ dy: Tensor,
        gamma: UnsafePointer<Float>,
        beta: UnsafePointer<Float>,
        mean: UnsafePointer<Float>,
        variance: UnsafePointer<Float>,
        givenStatistics: Bool = false,
        _ dx: Tensor,
        dresidual: Tensor?,
        dgamma: UnsafeMutablePointer<Float>,
        dbeta: UnsafeMutablePointer<Float>,
        deferred: DeferredNorm? = nil,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        check(x, slices, dx)
        let gradient = backwardSums(
            x,
            slices: slices,
            y: y,
            dy,
            gamma: gamma,
            beta: beta,
            mean: mean,
            variance: variance,
            givenStatistics: givenStatistics,
            dresidual: dresidual,
            dgamma: dgamma,
            dbeta: dbeta,
            deferred: deferred,
            scratch: scratch,
            pool
        )
        let cut = blocks(slices)
        pool.parallelFor(cut.blocks.count) { block, _ in
            let rows = cut.blocks[block].rows
            gradient.write(rows, to: dx.base + rows.lowerBound * shape.C)
        }
    }

    /// The gradients of the parameters, and what the gradient of the input takes beside `x` and `dy`; arguments as for
    /// `backward`.
    ///
    /// - Parameter deferred: the norm as whoever applied it left it, with the sums over `dy`, which need not be taken; nil
    ///   = take them.
    /// - Returns: the gradient of the input, which can be written as long as `scratch` is left alone.
    public func backwardSums(
        _ x: Tensor,
        slices: Slices,
        y: Tensor?,
        _ dy: Tensor,
        gamma: UnsafePointer<Float>,
        beta: UnsafePointer<Float>,
        mean: UnsafePointer<Float>,
        variance: UnsafePointer<Float>,
        givenStatistics: Bool = false,
        dresidual: Tensor?,
        dgamma: UnsafeMutablePointer<Float>,
        dbeta: UnsafeMutablePointer<Float>,
        deferred: DeferredNorm? = nil,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) -> NormInputGradient {
        check(x, slices, y, dy, dresidual)
        let C = shape.C
        let cut = blocks(slices)
        let kernels = PixelRows(kernels: pool.kernels.rows, C: C)
        let sumDy = scratch
        let sumDyX = sumDy + cut.blocks.count * C
        // For each slice a, b and c, then the scale and shift of the forward pass.
        let factors = sumDyX + cut.blocks.count * C
        let gammas = factors + slices.count * 5 * C
        let betas = gammas + slices.count * C
        precondition(
            y == nil || activation == .none || activation == .relu,
            "behind a sum a batch norm applies no \(activation.title)"
        )
        let repeats = activation != .none && y == nil
        // An exponential takes longer than a write: what the sums have passed through it is kept in the place of dy.
        let keeps = repeats && !activation.isCheap && deferred == nil
        if repeats {
            fold(slices, gamma, beta, mean, variance, into: factors + 3 * C, stride: 5 * C)
        }
        var gradient = NormInputGradient(
            kernels: kernels,
            slices: slices,
            pixelsPerImage: shape.H * shape.W,
            activation: activation,
            repeatsOutput: repeats,
            x: x,
            y: y,
            dy: dy,
            mean: mean,
            factors: factors,
            dresidual: dresidual
        )
        pool.parallelFor(deferred == nil ? cut.blocks.count : 0) { block, _ in
            let (slice, rows) = cut.blocks[block]
            var arguments = gradient.arguments(slice, rows.lowerBound, dx: dy.base)
            if keeps { arguments.passed = dy.base + rows.lowerBound * C }
            kernels.gradientSums(
                arguments,
                rows.count,
                sumDy + block * C,
                sumDyX + block * C
            )
        }
        forEachChannels(slices, pool) { slice, channels in
            let own = factors + slice * 5 * C
            // Statistics that were given do not depend on x.
            let share = givenStatistics ? 0 : 1 / Double(max(cut.rows(slice), 1))
            for channel in channels {
                var s = 0.0
                var t = 0.0
                // An empty slice has no sums.
                if let deferred, !cut.ofSlice[slice].isEmpty {
                    s = Double(deferred.sums(slice)[channel])
                    t = Double(deferred.sums(slice)[C + channel])
                } else {
                    for block in cut.ofSlice[slice] {
                        s += Double(sumDy[block * C + channel])
                        t += Double(sumDyX[block * C + channel])
                    }
                }
                let place = slice * C + channel
                let inverse = 1 / (Double(variance[place]) + Double(epsilon)).squareRoot()
                let scale = Double(gamma[channel]) * inverse
                gammas[place] = Float(t * inverse)
                betas[place] = Float(s)
                own[channel] = Float(scale)
                own[C + channel] = Float(-scale * inverse * inverse * t * share)
                own[2 * C + channel] = Float(-scale * s * share)
            }
        }
        sumSlices(gammas, slices, width: C, into: dgamma)
        sumSlices(betas, slices, width: C, into: dbeta)
        if keeps { gradient.repeatsOutput = false }
        return gradient
    }
}

/// The gradient of a batch norm's input, rows at a time: whoever reads it next can have them while they are in cache.
public struct NormInputGradient {
    fileprivate let kernels: PixelRows
    fileprivate let slices: Slices
    fileprivate let pixelsPerImage: Int
    fileprivate let activation: Activation
    /// Whether the activation's input is computed anew from `x`.
    fileprivate var repeatsOutput: Bool
    fileprivate let x: Tensor
    fileprivate let y: Tensor?
    fileprivate let dy: Tensor
    fileprivate let mean: UnsafePointer<Float>
    /// For each slice a, b and c, then the scale and shift of the forward pass.
    fileprivate let factors: UnsafeMutablePointer<Float>
    fileprivate let dresidual: Tensor?

    /// Extents of the maps.
    var shape: Shape { x.shape }

    /// Writes the gradient of some rows of the batch, all of one slice, to `dx`, and that of the residual to its place.
    func write(_ rows: Range<Int>, to dx: UnsafeMutablePointer<Float>) {
        let image = rows.lowerBound / pixelsPerImage
        guard let slice = slices.images.firstIndex(where: { $0.contains(image) }) else {
            preconditionFailure("rows of no slice")
        }
        kernels.gradient(arguments(slice, rows.lowerBound, dx: dx), rows.count)
    }

    /// The floats that `write` reads for some rows.
    func rows(_ rows: Range<Int>) -> (
        x: UnsafeBufferPointer<Float>, dy: UnsafeBufferPointer<Float>
    ) {
        (x.pixels(rows), dy.pixels(rows))
    }

    fileprivate func arguments(
        _ slice: Int,
        _ row: Int,
        dx: UnsafeMutablePointer<Float>
    ) -> RowKernels.Gradient {
        let C = shape.C
        let own = factors + slice * 5 * C
        let start = row * C
        return RowKernels.Gradient(
            x: x.base + start,
            activation: activation.function,
            y: activation == .relu ? y.map { UnsafePointer($0.base + start) } : nil,
            scale: repeatsOutput ? UnsafePointer(own + 3 * C) : nil,
            shift: repeatsOutput ? UnsafePointer(own + 4 * C) : nil,
            dy: dy.base + start,
            mean: mean + slice * C,
            a: own,
            b: own + C,
            c: own + 2 * C,
            dx: dx,
            dresidual: dresidual.map { $0.base + start }
        )
    }
}

/// The scales of all channels of a batch norm with known statistics, then their shifts:
/// γ / √(variance + ε) and β + (bias − mean) · scale.
///
/// - Parameters:
///   - bias: what the layer before would have added to its sums; nil = nothing.
///   - factors: receives 2 · channels floats.
public func foldNorm(
    gamma: UnsafePointer<Float>,
    beta: UnsafePointer<Float>,
    mean: UnsafePointer<Float>,
    variance: UnsafePointer<Float>,
    epsilon: Float,
    bias: UnsafePointer<Float>? = nil,
    channels: Int,
    into factors: UnsafeMutablePointer<Float>
) {
    for c in 0..<channels {
        let scale = gamma[c] / (variance[c] + epsilon).squareRoot()
        factors[c] = scale
        factors[channels + c] = beta[c] + ((bias?[c] ?? 0) - mean[c]) * scale
    }
}
