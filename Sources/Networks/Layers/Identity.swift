import Tensors

/// A layer that has nothing to do for its input, such as dropout in evaluation.
final class Identity: Layer {
    let output: Activation

    init(_ input: Activation) { output = input }

    func forward(_ x: Tensor, _ phase: Phase) -> Tensor { x }

    func backward(_ dy: Tensor) -> Tensor? { dy }
}
