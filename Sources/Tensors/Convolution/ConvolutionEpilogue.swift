import KernelTable

/// What becomes of a convolution's sums on their way to memory:
/// y = relu(scale · sums + shift + residual).
///
/// In evaluation, a batch norm, the sum of a residual block and a ReLU are fused into the output pass.
public struct ConvolutionEpilogue {
    /// Factor of each channel; nil = 1.
    private let scale: UnsafePointer<Float>?
    /// Term of each channel; nil = 0.
    private let shift: UnsafePointer<Float>?
    /// Channels of the scale; nil = there is none.
    private let channels: Int?
    /// Added before the ReLU.
    private let residual: Tensor?
    /// Whether negative results become zero.
    private let relu: Bool

    /// Adds a bias.
    public init(bias: UnsafePointer<Float>?, relu: Bool = false) {
        scale = nil
        shift = bias
        channels = nil
        residual = nil
        self.relu = relu
    }

    /// Normalises.
    ///
    /// - Parameters:
    ///   - factors: the scale of each channel, then the shift of each, as `foldNorm` leaves them.
    ///   - channels: as many as each of them are.
    ///   - residual: of the output's shape.
    public init(factors: UnsafePointer<Float>, channels: Int, residual: Tensor?, relu: Bool) {
        scale = factors
        shift = factors + channels
        self.channels = channels
        self.residual = residual
        self.relu = relu
    }

    /// What kernels are told, for an output of `shape`.
    func kernelArguments(_ shape: Shape) -> Finish {
        precondition(
            channels ?? shape.C == shape.C && residual?.shape ?? shape == shape,
            "the finish of a convolution does not fit its output of \(shape)"
        )
        return Finish(
            scale: scale,
            shift: shift,
            residual: residual.map { UnsafePointer($0.base) },
            relu: relu
        )
    }
}

extension Finish {
    /// Finishes `rows` rows of `channels` sums, in place.
    func apply(
        _ y: UnsafeMutablePointer<Float>,
        _ rows: Int,
        _ channels: Int,
        _ kernels: KernelTable
    ) {
        if let scale, let shift {
            let arguments = RowKernels.Normalise(
                x: y,
                residual: residual,
                y: y,
                scale: scale,
                shift: shift,
                relu: relu,
                streams: false
            )
            kernels.rows.normalise(arguments, rows, channels)
        } else {
            if let shift { kernels.rows.addBias(y, shift, rows, channels) }
            if let residual { kernels.flat.add(y, residual, rows * channels) }
            if relu { kernels.flat.relu(y, y, rows * channels) }
        }
    }
}
