/// Loops over rows of channels.
public struct RowKernels: Sendable {
    /// Arguments of the forward pass of a normalisation; extents are (rows, channels).
    public struct Normalise {
        /// Input.
        public var x: Floats
        /// Added before the activation.
        public var residual: Floats?
        /// Output.
        public var y: MutableFloats
        /// Scale of each channel.
        public var scale: Floats
        /// Shift of each channel.
        public var shift: Floats
        /// What follows.
        public var activation: ElementFunction
        /// Whether to write with non-temporal stores, because the whole result exceeds the caches.
        public var streams: Bool

        /// Assembles the arguments.
        public init(
            x: Floats,
            residual: Floats?,
            y: MutableFloats,
            scale: Floats,
            shift: Floats,
            activation: ElementFunction,
            streams: Bool
        ) {
            self.x = x
            self.residual = residual
            self.y = y
            self.scale = scale
            self.shift = shift
            self.activation = activation
            self.streams = streams
        }
    }

    /// Arguments of the backward pass of a normalisation; extents are (rows, channels).
    ///
    /// With dy' = dy · the derivative of the activation (dy' = dy if there is none):
    /// dx = a · dy' + b · (x − mean) + c.
    public struct Gradient {
        /// Input of the forward pass.
        public var x: Floats
        /// What follows; behind a residual a ReLU or nothing, else one that `followsNorms`.
        public var activation: ElementFunction
        /// Output of the forward pass, if a ReLU follows and a residual was added.
        public var y: Floats?
        /// Scale of each channel, if an activation follows and its argument is scale · x + shift: recomputing it is
        /// cheaper than reading it.
        public var scale: Floats?
        /// Shift of each channel, if there is a `scale`.
        public var shift: Floats?
        /// Gradient of the output.
        public var dy: Floats
        /// Mean of each channel.
        public var mean: Floats
        /// Factor of dy'.
        public var a: Floats
        /// Factor of x − mean.
        public var b: Floats
        /// Constant term.
        public var c: Floats
        /// Gradient of the input; may be the memory of dy.
        public var dx: MutableFloats
        /// Receives dy', if given.
        public var dresidual: MutableFloats?
        /// Receives dy' while the sums are taken, if given; may be the memory of dy.
        public var passed: MutableFloats?

        /// Assembles the arguments.
        public init(
            x: Floats,
            activation: ElementFunction,
            y: Floats?,
            scale: Floats?,
            shift: Floats?,
            dy: Floats,
            mean: Floats,
            a: Floats,
            b: Floats,
            c: Floats,
            dx: MutableFloats,
            dresidual: MutableFloats?,
            passed: MutableFloats? = nil
        ) {
            self.x = x
            self.activation = activation
            self.y = y
            self.scale = scale
            self.shift = shift
            self.dy = dy
            self.mean = mean
            self.a = a
            self.b = b
            self.c = c
            self.dx = dx
            self.dresidual = dresidual
            self.passed = passed
        }
    }

    /// (x, rows, C, sums): sums[c] = Σ x.
    public let sums: @Sendable (Floats, Int, Int, MutableFloats) -> Void
    /// (y, dy, rows, C, sums): dy = 0 where y is not positive; then sums[c] = Σ dy.
    public let maskedSums: @Sendable (Floats, MutableFloats, Int, Int, MutableFloats) -> Void
    /// (x, rows, C, mean, squares): the mean of each channel and Σ (x − mean)².
    public let moments: @Sendable (Floats, Int, Int, MutableFloats, MutableFloats) -> Void
    /// (y, bias, rows, C): y += bias, row by row.
    public let addBias: @Sendable (MutableFloats, Floats, Int, Int) -> Void
    /// y = activation(scale · x + shift + residual).
    public let normalise: @Sendable (Normalise, Int, Int) -> Void
    /// (…, rows, C, sumDy, sumDyX): Σ dy' and Σ dy' · (x − mean); writes dy' to `passed`, and neither dx nor dresidual.
    public let gradientSums: @Sendable (Gradient, Int, Int, MutableFloats, MutableFloats) -> Void
    /// dx and dresidual of a normalisation.
    public let gradient: @Sendable (Gradient, Int, Int) -> Void

    /// Assembles the loops.
    public init(
        sums: @escaping @Sendable (Floats, Int, Int, MutableFloats) -> Void,
        maskedSums:
            @escaping @Sendable (Floats, MutableFloats, Int, Int, MutableFloats) -> Void,
        moments: @escaping @Sendable (Floats, Int, Int, MutableFloats, MutableFloats) -> Void,
        addBias: @escaping @Sendable (MutableFloats, Floats, Int, Int) -> Void,
        normalise: @escaping @Sendable (Normalise, Int, Int) -> Void,
        gradientSums:
            @escaping @Sendable (Gradient, Int, Int, MutableFloats, MutableFloats) -> Void,
        gradient: @escaping @Sendable (Gradient, Int, Int) -> Void
    ) {
        self.sums = sums
        self.maskedSums = maskedSums
        self.moments = moments
        self.addBias = addBias
        self.normalise = normalise
        self.gradientSums = gradientSums
        self.gradient = gradient
    }
}
