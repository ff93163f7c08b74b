import KernelTable

/// One way to compute the passes of a convolution; the methods' order of sums follows from the geometry and
/// the slices alone.
protocol ConvolutionMethod: Sendable {
    /// Its name, for tables.
    var algorithm: String { get }
    /// Whether the passes read the weights as they are, which are passed for `filters` then.
    var readsWeights: Bool { get }
    /// Floats of scratch that each pass takes.
    var scratch: Int { get }
    /// What the forward pass records of its outputs for a batch norm; nil = nothing.
    var moments: MomentPlan? { get }

    /// Whether forward's output may be the memory of the residual.
    var mayOverwriteResidual: Bool { get }

    /// Floats of the filters that `prepareForward` makes.
    var forwardFilters: Int { get }

    func prepareForward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    )

    func forward(
        _ x: ConvolutionInput,
        filters: UnsafePointer<Float>,
        finish: Finish,
        _ y: Tensor,
        notes: RecordedMoments?,
        slices: Slices?,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    )

    /// Floats of the filters that `prepareBackward` makes.
    var backwardFilters: Int { get }

    func prepareBackward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    )

    func backwardData(
        _ dy: Tensor,
        filters: UnsafePointer<Float>,
        _ dx: Tensor,
        slices: Slices?,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    )

    func backwardWeights(
        _ x: Tensor,
        _ dy: Tensor,
        _ slices: Slices,
        _ dweights: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    )

    /// Whether `backwardFused` is there and pays. Where it gives the gradient of the input, both passes apply a norm that was
    /// deferred to what they read.
    func fusesBackward(inputGradient: Bool) -> Bool

    /// Overwrites both gradients, from what a batch norm behind the convolution tells of the output's.
    func backwardFused(
        _ x: ConvolutionInput,
        _ dy: NormInputGradient,
        _ slices: Slices,
        _ dweights: UnsafeMutablePointer<Float>,
        filters: UnsafePointer<Float>?,
        _ dx: Tensor?,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    )
}

extension ConvolutionMethod {
    /// No.
    var mayOverwriteResidual: Bool { false }

    /// No.
    func fusesBackward(inputGradient: Bool) -> Bool { false }

    func backwardFused(
        _ x: ConvolutionInput,
        _ dy: NormInputGradient,
        _ slices: Slices,
        _ dweights: UnsafeMutablePointer<Float>,
        filters: UnsafePointer<Float>?,
        _ dx: Tensor?,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        preconditionFailure("\(algorithm) computes each gradient by itself")
    }
}
