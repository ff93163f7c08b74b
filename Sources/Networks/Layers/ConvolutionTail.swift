import Tensors

/// What the layers behind a convolution leave to its output pass, and what that notes for them.
///
/// A convolution offers one with its activation; the layer that reads the activation, and is the only
/// one to do so, may fill it in while it is built and pass its input on when it runs.
final class ConvolutionTail {
    /// A batch norm, which is left to the convolution in evaluation.
    struct Norm {
        let parameters: BuiltBatchNorm.Parameters
        let epsilon: Float
        let relu: Bool
    }

    var norm: Norm?
    /// What the last forward pass in training noted for the norm.
    ///
    /// The norm takes it before anything else uses the scratch that it lies in.
    var notes: MomentNotes?
    /// What the norm adds, set before each pass.
    var residual: Tensor?
    /// Whether a ReLU follows the convolution itself.
    ///
    /// Its gradient pass then sums up the bias' gradient as well.
    var relu = false
    /// The convolution's bias.
    var bias: ParameterPlace?

    /// The notes of the forward pass just now, once.
    func takeNotes() -> MomentNotes? {
        defer { notes = nil }
        return notes
    }
}
