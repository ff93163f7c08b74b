/// Loops over flat floats.
public struct FlatKernels: Sendable {
    /// (to, from, count): to += from.
    public let add: @Sendable (MutableFloats, Floats, Int) -> Void
    /// (to, a, b, count): to = a + b.
    public let sum: @Sendable (MutableFloats, Floats, Floats, Int) -> Void
    /// (average, values, count, decay): average = decay · average + (1 − decay) · values.
    public let blend: @Sendable (MutableFloats, Floats, Int, Float) -> Void
    /// (x, y, count): y = max(x, 0).
    public let relu: @Sendable (Floats, MutableFloats, Int) -> Void
    /// (y, dy, dx, count): dx = dy where y > 0, else 0.
    public let reluMask: @Sendable (Floats, Floats, MutableFloats, Int) -> Void
    /// (x, count): the sum of squares, in double precision.
    public let sumOfSquares: @Sendable (Floats, Int) -> Double

    /// Assembles the loops.
    public init(
        add: @escaping @Sendable (MutableFloats, Floats, Int) -> Void,
        sum: @escaping @Sendable (MutableFloats, Floats, Floats, Int) -> Void,
        blend: @escaping @Sendable (MutableFloats, Floats, Int, Float) -> Void,
        relu: @escaping @Sendable (Floats, MutableFloats, Int) -> Void,
        reluMask: @escaping @Sendable (Floats, Floats, MutableFloats, Int) -> Void,
        sumOfSquares: @escaping @Sendable (Floats, Int) -> Double
    ) {
        self.add = add
        self.sum = sum
        self.blend = blend
        self.relu = relu
        self.reluMask = reluMask
        self.sumOfSquares = sumOfSquares
    }
}
