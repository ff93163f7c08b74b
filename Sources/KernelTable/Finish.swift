/// What becomes of a convolution's sums on their way to memory:
/// y = relu(scale · sum + shift + residual).
public struct Finish {
    /// Factor of each channel; nil = 1.
    public var scale: Floats?
    /// Term of each channel; nil = 0.
    public var shift: Floats?
    /// Added before the ReLU; lies as the result does.
    public var residual: Floats?
    /// Whether negative results become zero.
    public var relu: Bool

    /// Assembles the arguments; by default the sums stay as they are.
    public init(
        scale: Floats? = nil,
        shift: Floats? = nil,
        residual: Floats? = nil,
        relu: Bool = false
    ) {
        self.scale = scale
        self.shift = shift
        self.residual = residual
        self.relu = relu
    }

    /// The same for results that begin `offset` floats later.
    public func advanced(by offset: Int) -> Finish {
        Finish(scale: scale, shift: shift, residual: residual.map { $0 + offset }, relu: relu)
    }
}
