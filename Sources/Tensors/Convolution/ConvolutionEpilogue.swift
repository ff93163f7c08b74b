import KernelTable

/// What becomes of a convolution's sums on their way to memory:
/// y = activation(scale · sums + shift + residual).
///
/// In evaluation, a batch norm, the sum of a residual block and an activation are fused into the output pass.
public struct ConvolutionEpilogue {
    /// Factor of each channel; nil = 1.
    private let scale: UnsafePointer<Float>?
    /// Term of each channel; nil = 0.
    private let shift: UnsafePointer<Float>?
    /// Channels of the scale; nil = there is none.
    private let channels: Int?
    /// Added before the activation.
    private let residual: Tensor?
    /// What follows.
    private let activation: Activation

    /// Adds a bias.
    public init(bias: UnsafePointer<Float>?, activation: Activation = .none) {
        scale = nil
        shift = bias
        channels = nil
        residual = nil
        self.activation = activation
    }

    /// Normalises.
    ///
    /// - Parameters:
    ///   - factors: the scale of each channel, then the shift of each, as `foldNorm` leaves them.
    ///   - channels: as many as each of them are.
    ///   - residual: of the output's shape.
    ///   - activation: of the sum with the residual.
    public init(
        factors: UnsafePointer<Float>,
        channels: Int,
        residual: Tensor?,
        activation: Activation
    ) {
        scale = factors
        shift = factors + channels
        self.channels = channels
        self.residual = residual
        self.activation = activation
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
            activation: activation.function
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
        apply(y, to: y, rows, channels, kernels)
    }

    /// Finishes `rows` rows of `channels` sums on their way to `y`, which may be their memory or the residual's.
    func apply(
        _ sums: UnsafeMutablePointer<Float>,
        to y: UnsafeMutablePointer<Float>,
        _ rows: Int,
        _ channels: Int,
        _ kernels: KernelTable
    ) {
        if let scale, let shift {
            let arguments = RowKernels.Normalise(
                x: sums,
                residual: residual,
                y: y,
                scale: scale,
                shift: shift,
                activation: activation,
                streams: false
            )
            kernels.rows.normalise(arguments, rows, channels)
        } else {
            precondition(sums == y, "sums without a norm are finished in place")
            if let shift { kernels.rows.addBias(y, shift, rows, channels) }
            if let residual { kernels.flat.add(y, residual, rows * channels) }
            if activation != .none { kernels.activations.apply(activation, y, y, rows * channels) }
        }
    }
}
