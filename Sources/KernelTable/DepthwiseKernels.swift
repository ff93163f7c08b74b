/// Loops of depthwise convolutions over some rows of one image; filters lie as [K][K][C].
///
/// Every result is one chain of multiply-adds over the taps inside the map, in an order that the window alone decides; it
/// depends neither on the rows of a call nor on its neighbours.
public struct DepthwiseKernels: Sendable {
    /// (x, window, output rows, filters, y, later): y[oh][ow][c] = Σ x[oh·s + kh − top][ow·s + kw − left][c] ·
    /// filters[kh][kw][c].
    ///
    /// What `later` points at is prefetched, as many floats as the rows add to what windows see.
    public let forward:
        @Sendable (Floats, Window, Range<Int>, Floats, MutableFloats, Floats?) -> Void
    /// (dy, window, input rows, filters, dx, later): the adjoint; overwrites the rows of dx.
    ///
    /// What `later` points at is prefetched, as many floats as those rows have.
    public let data: @Sendable (Floats, Window, Range<Int>, Floats, MutableFloats, Floats?) -> Void
    /// (x, dy, window, output rows, sums): sums[kh][kw][c] += the products of the rows' gradients with what they were
    /// computed from.
    public let weights: @Sendable (Floats, Floats, Window, Range<Int>, MutableFloats) -> Void

    /// Assembles the loops.
    public init(
        forward:
            @escaping @Sendable (Floats, Window, Range<Int>, Floats, MutableFloats, Floats?) -> Void,
        data:
            @escaping @Sendable (Floats, Window, Range<Int>, Floats, MutableFloats, Floats?) -> Void,
        weights: @escaping @Sendable (Floats, Floats, Window, Range<Int>, MutableFloats) -> Void
    ) {
        self.forward = forward
        self.data = data
        self.weights = weights
    }
}
