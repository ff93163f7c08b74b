public import Tensors

/// A layer as a value: what it is, before its memory exists.
///
/// To add a layer, write a description and the class it builds in one file, forward directly above
/// backward; `docs/extending.md` has a worked one.
public protocol LayerDescription: Sendable {
    /// Makes the layer for `input` and asks `builder` for all memory that it will need.
    ///
    /// Called twice with equal arguments: in the first call the builder measures, in the second it
    /// hands out memory. Only the layer of the second call is ever run.
    func build(_ input: Activation, _ builder: inout Builder) -> any Layer
}

/// A built layer with its memory in place.
public protocol Layer: AnyObject {
    /// What `forward` returns, for the largest batch.
    var output: Activation { get }

    /// Computes the output for `x`, of at most as many images as it was built for.
    ///
    /// Remembers what `backward` needs.
    func forward(_ x: Tensor, _ phase: Phase) -> Tensor

    /// Overwrites the gradients of the parameters and returns ∂loss/∂x.
    ///
    /// A parameter's gradient is the sum over the slices of the pass, each computed as if it were alone, in the
    /// order of their tree (`Slices`). Follows a `forward` in the training phase. May overwrite `dy`.
    ///
    /// - Returns: nil where nobody needs the gradient, because `x` are photos.
    func backward(_ dy: Tensor) -> Tensor?
}
