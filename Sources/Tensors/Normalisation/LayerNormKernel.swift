import KernelTable

/// Layer normalisation over the channels of each pixel (Ba, Kiros and Hinton, 2016):
/// y = γ · (x − mean) / √(variance + ε) + β.
///
/// Limited by memory: one read of x and one write forward, one read of x and dy and one write backward. The
/// gradients of γ and β are summed over fixed blocks of rows, the blocks of a slice in order and in double precision,
/// the slices in their tree.
public struct LayerNormKernel: Sendable {
    private let shape: Shape
    private let slices: Int
    private let epsilon: Float
    private let blockRows: Int

    /// Plans batches of at most `shape.N` images in at most `slices` slices.
    public init(shape: Shape, slices: Int = 1, epsilon: Float) {
        self.shape = shape
        self.slices = slices
        self.epsilon = epsilon
        blockRows = max(1, (1 << 14) / max(shape.C, 1))
    }

    /// Floats that forward leaves for backward: the mean of each pixel, then 1 / √(variance + ε) of each.
    public var saved: Int { 2 * shape.pixels }

    /// Floats of scratch that backward takes.
    public var scratch: Int {
        let blocks = (shape.pixels + blockRows - 1) / blockRows + slices
        return 2 * (blocks + slices) * shape.C
    }

    private func arguments(
        _ x: Tensor,
        _ row: Int,
        _ gamma: UnsafePointer<Float>,
        _ saved: UnsafeMutablePointer<Float>
    ) -> ChannelKernels.LayerNorm {
        ChannelKernels.LayerNorm(
            x: x.base + row * shape.C,
            gamma: gamma,
            mean: saved + row,
            inverse: saved + x.shape.pixels + row
        )
    }

    private func check(_ x: Tensor, _ others: Tensor?...) {
        precondition(
            x.shape.hasImages(like: shape) && x.shape.N <= shape.N
                && others.allSatisfy { $0?.shape ?? x.shape == x.shape },
            "a layer norm of \(shape) is given \(x.shape) and \(others.compactMap(\.?.shape))"
        )
    }

    /// Normalises each pixel.
    ///
    /// - Parameters:
    ///   - x: input [N][H][W][C].
    ///   - gamma: scale of each channel.
    ///   - beta: shift of each channel.
    ///   - y: output; may be `x` only if no backward pass follows.
    ///   - saved: receives `saved` floats.
    ///   - pool: threads to share the pixels.
    public func forward(
        _ x: Tensor,
        gamma: UnsafePointer<Float>,
        beta: UnsafePointer<Float>,
        _ y: Tensor,
        saved: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        check(x, y)
        let layerNorm = pool.kernels.channels.layerNorm
        pool.parallelRanges(x.shape.pixels, grain: blockRows) { rows, _ in
            let row = rows.lowerBound
            let own = arguments(x, row, gamma, saved)
            layerNorm(own, beta, epsilon, rows.count, shape.C, y.base + row * shape.C)
        }
    }

    /// The gradients of `forward`.
    ///
    /// - Parameters:
    ///   - x: input of the forward pass.
    ///   - slices: whose images are which.
    ///   - dy: gradient of the output.
    ///   - gamma: scale of each channel.
    ///   - saved: as the forward pass left it.
    ///   - dx: overwritten with the gradient of `x`, if given; may be `dy`.
    ///   - dgamma: overwritten with the gradient of each scale, summed over the slices.
    ///   - dbeta: overwritten with the gradient of each shift, summed over the slices.
    ///   - scratch: `scratch` floats.
    ///   - pool: threads to share the blocks.
    public func backward(
        _ x: Tensor,
        slices: Slices,
        _ dy: Tensor,
        gamma: UnsafePointer<Float>,
        saved: UnsafeMutablePointer<Float>,
        _ dx: Tensor?,
        dgamma: UnsafeMutablePointer<Float>,
        dbeta: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        check(x, dy, dx)
        precondition(
            slices.count <= self.slices && slices.total == x.shape.N,
            "a layer norm in \(self.slices) slices is given \(slices.images)"
        )
        let C = shape.C
        let cut = RowBlocks(slices, pixelsPerImage: shape.H * shape.W, size: blockRows)
        let gradient = pool.kernels.channels.layerNormGradient
        let parts = scratch
        let sums = scratch + 2 * cut.blocks.count * C
        pool.parallelFor(cut.blocks.count) { block, _ in
            let rows = cut.blocks[block].rows
            let start = rows.lowerBound * C
            let own = parts + 2 * block * C
            gradient(
                arguments(x, rows.lowerBound, gamma, saved),
                dy.base + start,
                rows.count,
                C,
                dx.map { $0.base + start },
                own,
                own + C
            )
        }
        // Each slice's dγ and dβ, then their sum over the slices.
        addBlocks(parts, width: 2 * C, cut.ofSlice, into: sums, pool)
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * C) { both in
            guard let both = both.baseAddress else { return }
            sumSlices(sums, slices, width: 2 * C, into: both)
            dgamma.update(from: both, count: C)
            dbeta.update(from: both + C, count: C)
        }
    }
}

/// sums[slice] = the sum of the rows of `width` floats of the slice's blocks, in order and in double precision.
func addBlocks(
    _ parts: UnsafePointer<Float>,
    width: Int,
    _ ofSlice: [Range<Int>],
    into sums: UnsafeMutablePointer<Float>,
    _ pool: ThreadPool
) {
    for (slice, blocks) in ofSlice.enumerated() {
        pool.parallelRanges(width, grain: 64) { columns, _ in
            for column in columns {
                var sum = 0.0
                for block in blocks { sum += Double(parts[block * width + column]) }
                sums[slice * width + column] = Float(sum)
            }
        }
    }
}
