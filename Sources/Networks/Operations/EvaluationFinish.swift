import Tensors

/// What a convolution does to its sums on the way to memory where no norm needs the batch's statistics: a bias and a ReLU, or in
/// evaluation the batch norm that it has taken over, as an affine function of each channel.
struct EvaluationFinish: Sendable {
    let norm: NormPasses?
    let hasBias: Bool
    let relu: Bool
    /// Channels of the output.
    let channels: Int

    /// Floats of the norm's scale and shift.
    var factors: Int { norm == nil ? 0 : 2 * channels }

    /// Writes the norm's scale and shift.
    ///
    /// - Parameters:
    ///   - parameters: those of the convolution, the norm's last.
    ///   - inputs: of the operation that ends with this one; the second is what the norm adds.
    ///   - factors: `factors` floats, which stay until the epilogue has been applied.
    func epilogue(
        _ parameters: ArraySlice<ParameterPlace>,
        inputs: [Tensor],
        into factors: UnsafeMutablePointer<Float>
    ) -> ConvolutionEpilogue {
        let bias = hasBias ? UnsafePointer(parameters[parameters.startIndex + 1].value) : nil
        guard let norm else {
            return ConvolutionEpilogue(bias: bias, activation: relu ? .relu : .none)
        }
        norm.fold(NormPasses.Parameters(parameters.suffix(4)), bias: bias, into: factors)
        return ConvolutionEpilogue(
            factors: factors,
            channels: channels,
            residual: norm.addsResidual ? inputs[1] : nil,
            activation: norm.activation
        )
    }
}
