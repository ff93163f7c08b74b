public import Tensors

/// What flows from one layer to the next: its shape, where it lies and how long it must last.
public struct Activation {
    /// Extents; N is the largest batch.
    public let shape: Shape
    /// The memory; nil for photos, whose memory is the caller's.
    let base: UnsafeMutablePointer<Float>?
    /// Number in the builder's plan.
    let buffer: Int?
    /// Whether the layer that made it can do without it afterwards.
    let isOverwritable: Bool
    /// Whether its gradient is wanted.
    let needsGradient: Bool
    /// Time of the layer whose backward is the last to read the gradient.
    var gradientUntil: Int
    /// What the convolution that made it would do on the way, if its only reader asks.
    var tail: ConvolutionTail?

    /// The memory of the first `N` images.
    public func first(_ N: Int) -> Tensor {
        guard let base else { preconditionFailure("photos have no memory of the network's own") }
        precondition(N <= shape.N, "a batch of \(N) in a network built for \(shape.N)")
        return Tensor(base, shape.with(N: N))
    }
}
