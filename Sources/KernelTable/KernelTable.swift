/// A pointer to floats that are read.
public typealias Floats = UnsafePointer<Float>
/// A pointer to floats that are written.
public typealias MutableFloats = UnsafeMutablePointer<Float>
/// A pointer to bytes that are read.
public typealias Bytes = UnsafePointer<UInt8>
/// A pointer to bytes that are written.
public typealias MutableBytes = UnsafeMutablePointer<UInt8>

/// The inner loops of the tensor kernels, compiled once per instruction set.
///
/// Each function runs on the calling thread; its summation order depends only on its arguments.
/// Rows are pixels and columns are channels (channels-last); rows are contiguous unless a leading
/// dimension is given.
public struct KernelTable: Sendable {
    /// Loops over flat floats.
    public let flat: FlatKernels
    /// Loops that apply activations.
    public let activations: ActivationKernels
    /// Loops over rows of channels.
    public let rows: RowKernels
    /// Loops over pixels that normalise over channels or scale them.
    public let channels: ChannelKernels
    /// Loops over the windows of convolutions and pools.
    public let windows: WindowKernels
    /// Loops of depthwise convolutions.
    public let depthwise: DepthwiseKernels
    /// Matrix products.
    public let gemm: GemmKernels
    /// Transforms of the fast 3×3 convolution.
    public let winograd: WinogradKernels
    /// The loop that measures the FMA peak.
    public let peak: PeakKernel

    /// Assembles a table.
    public init(
        flat: FlatKernels,
        activations: ActivationKernels,
        rows: RowKernels,
        channels: ChannelKernels,
        windows: WindowKernels,
        depthwise: DepthwiseKernels,
        gemm: GemmKernels,
        winograd: WinogradKernels,
        peak: PeakKernel
    ) {
        self.flat = flat
        self.activations = activations
        self.rows = rows
        self.channels = channels
        self.windows = windows
        self.depthwise = depthwise
        self.gemm = gemm
        self.winograd = winograd
        self.peak = peak
    }
}

/// The epilogue of a convolution, applied to the sums before they are written:
/// y = activation(scale · sum + shift + residual).
public struct Finish {
    /// Scale of each channel; nil = 1.
    public var scale: Floats?
    /// Shift of each channel; nil = 0.
    public var shift: Floats?
    /// Added before the activation; has the layout of the result.
    public var residual: Floats?
    /// What follows.
    public var activation: ElementFunction

    /// Makes an epilogue; by default it changes nothing.
    public init(
        scale: Floats? = nil,
        shift: Floats? = nil,
        residual: Floats? = nil,
        activation: ElementFunction = .none
    ) {
        self.scale = scale
        self.shift = shift
        self.residual = residual
        self.activation = activation
    }

    /// The epilogue for results that begin `offset` floats later.
    public func advanced(by offset: Int) -> Finish {
        Finish(
            scale: scale,
            shift: shift,
            residual: residual.map { $0 + offset },
            activation: activation
        )
    }
}

/// Loops over flat floats.
public struct FlatKernels: Sendable {
    /// (to, from, count): to += from.
    public let add: @Sendable (MutableFloats, Floats, Int) -> Void
    /// (to, a, b, count): to = a + b.
    public let sum: @Sendable (MutableFloats, Floats, Floats, Int) -> Void
    /// (average, values, count, decay): average = decay · average + (1 − decay) · values.
    public let blend: @Sendable (MutableFloats, Floats, Int, Float) -> Void
    /// (x, count): the sum of squares, in double precision.
    public let sumOfSquares: @Sendable (Floats, Int) -> Double
    /// (x, limits, start, count): the first place from `start` on where x is above its limit, else `count`.
    ///
    /// NaN is above nothing.
    public let firstAbove: @Sendable (Floats, Floats, Int, Int) -> Int

    /// Assembles the loops.
    public init(
        add: @escaping @Sendable (MutableFloats, Floats, Int) -> Void,
        sum: @escaping @Sendable (MutableFloats, Floats, Floats, Int) -> Void,
        blend: @escaping @Sendable (MutableFloats, Floats, Int, Float) -> Void,
        sumOfSquares: @escaping @Sendable (Floats, Int) -> Double,
        firstAbove: @escaping @Sendable (Floats, Floats, Int, Int) -> Int
    ) {
        self.add = add
        self.sum = sum
        self.blend = blend
        self.sumOfSquares = sumOfSquares
        self.firstAbove = firstAbove
    }
}

/// A loop of multiply-adds on registers, which reaches the FMA peak.
public struct PeakKernel: Sendable {
    /// Floating-point operations of one round; a multiply-add counts as two.
    public let operations: Int
    /// (rounds, x, y): s = s · x + y in all chains, `rounds` times; returns the sum of the chains.
    public let run: @Sendable (Int, Float, Float) -> Float

    /// Assembles the loop.
    public init(operations: Int, run: @escaping @Sendable (Int, Float, Float) -> Float) {
        self.operations = operations
        self.run = run
    }
}
