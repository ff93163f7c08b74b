/// The scales of all channels of a batch norm with known statistics, then their shifts:
/// γ / √(variance + ε) and β + (bias − mean) · scale.
///
/// - Parameters:
///   - bias: what the layer before would have added to its sums; nil = nothing.
///   - factors: receives 2 · channels floats.
public func foldNorm(
    gamma: UnsafePointer<Float>,
    beta: UnsafePointer<Float>,
    mean: UnsafePointer<Float>,
    variance: UnsafePointer<Float>,
    epsilon: Float,
    bias: UnsafePointer<Float>? = nil,
    channels: Int,
    into factors: UnsafeMutablePointer<Float>
) {
    for c in 0..<channels {
        let scale = gamma[c] / (variance[c] + epsilon).squareRoot()
        factors[c] = scale
        factors[channels + c] = beta[c] + ((bias?[c] ?? 0) - mean[c]) * scale
    }
}
