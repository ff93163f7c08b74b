/// Loops over pixels that normalise over channels or scale them.
public struct ChannelKernels: Sendable {
    /// Arguments of a layer norm over the channels of each pixel, and of its gradient.
    public struct LayerNorm {
        /// Input.
        public var x: Floats
        /// Scale of each channel.
        public var gamma: Floats
        /// The mean of each pixel.
        public var mean: MutableFloats
        /// 1 / √(variance + ε) of each pixel.
        public var inverse: MutableFloats

        /// Assembles the arguments.
        public init(x: Floats, gamma: Floats, mean: MutableFloats, inverse: MutableFloats) {
            self.x = x
            self.gamma = gamma
            self.mean = mean
            self.inverse = inverse
        }
    }

    /// (norm, beta, epsilon, rows, C, y): y = γ · (x − mean) · inverse + β; writes mean and inverse.
    public let layerNorm: @Sendable (LayerNorm, Floats, Float, Int, Int, MutableFloats) -> Void
    /// (norm, dy, rows, C, dx, dgamma, dbeta): dx, if wanted, which may be `dy`; overwrites dγ and dβ, [C]
    /// each, with the sums over the rows.
    public let layerNormGradient:
        @Sendable (
            LayerNorm, Floats, Int, Int, MutableFloats?, MutableFloats, MutableFloats
        ) -> Void
    /// (x, dy, scale, rows, C, dx, sums): sums[c] = Σ dy · x; dx = scale · dy, if wanted, which may be `dy`.
    public let scaleGradient:
        @Sendable (Floats, Floats, Floats, Int, Int, MutableFloats?, MutableFloats) -> Void

    /// Assembles the loops.
    public init(
        layerNorm: @escaping @Sendable (LayerNorm, Floats, Float, Int, Int, MutableFloats) -> Void,
        layerNormGradient:
            @escaping @Sendable (
                LayerNorm, Floats, Int, Int, MutableFloats?, MutableFloats, MutableFloats
            ) -> Void,
        scaleGradient:
            @escaping @Sendable (
                Floats, Floats, Floats, Int, Int, MutableFloats?, MutableFloats
            ) -> Void
    ) {
        self.layerNorm = layerNorm
        self.layerNormGradient = layerNormGradient
        self.scaleGradient = scaleGradient
    }
}
