import KernelTable

/// What follows a layer, element by element.
public enum Activation: Sendable, Hashable, CaseIterable {
    /// x.
    case none
    /// max(x, 0).
    case relu
    /// min(max(x, 0), 6) (Howard et al., MobileNets, 2017).
    case relu6
    /// x · σ(x), also called swish (Elfwing et al., 2018).
    case silu
    /// x · min(max(x + 3, 0), 6) / 6 (Howard et al., MobileNetV3, 2019).
    case hardSwish
    /// min(max(x + 3, 0), 6) / 6.
    case hardSigmoid
    /// σ(x) = 1 / (1 + e⁻ˣ).
    case sigmoid
    /// x · Φ(x), Φ the distribution of the standard normal (Hendrycks and Gimpel, 2016): PyTorch's exact form.
    case gelu

    /// Its name in tables.
    public var title: String {
        switch self {
        case .none: "identity"
        case .relu: "ReLU"
        case .relu6: "ReLU6"
        case .silu: "SiLU"
        case .hardSwish: "hard-swish"
        case .hardSigmoid: "hard-sigmoid"
        case .sigmoid: "sigmoid"
        case .gelu: "GELU"
        }
    }

    /// Whether the derivative is a function of the output, so that backward does not need the input.
    public var gradientReadsOutput: Bool { function.gradientReadsResult }

    /// Whether `BatchNormKernel` applies it in its own passes.
    public var followsNorms: Bool { function.followsNorms }

    /// Whether computing it anew takes less time than reading what was computed from memory; an exponential takes more.
    public var isCheap: Bool {
        switch self {
        case .none, .relu, .relu6, .hardSwish, .hardSigmoid: true
        case .silu, .sigmoid, .gelu: false
        }
    }

    /// What kernels are told.
    var function: ElementFunction {
        switch self {
        case .none: .none
        case .relu: .relu
        case .relu6: .relu6
        case .silu: .silu
        case .hardSwish: .hardSwish
        case .hardSigmoid: .hardSigmoid
        case .sigmoid: .sigmoid
        case .gelu: .gelu
        }
    }
}

/// Floats that one task handles: enough to outweigh the hand-over, few enough to share.
private let grain = 1 << 15

/// y = activation(x); `y` may be `x`.
public func activationForward(
    _ activation: Activation,
    _ x: Tensor,
    _ y: Tensor,
    _ pool: ThreadPool
) {
    precondition(x.count == y.count, "a \(activation.title) of \(x.shape) gives \(y.shape)")
    let (function, apply) = (activation.function, pool.kernels.activations.apply)
    pool.parallelRanges(x.count, grain: grain) { range, _ in
        let i = range.lowerBound
        apply(function, x.base + i, y.base + i, range.count)
    }
}

/// dx = dy · the derivative; `dx` may be `dy`.
///
/// - Parameter known: the output of the forward pass where `gradientReadsOutput`, else its input.
public func activationBackward(
    _ activation: Activation,
    known: Tensor,
    _ dy: Tensor,
    _ dx: Tensor,
    _ pool: ThreadPool
) {
    precondition(
        known.count == dy.count && known.count == dx.count,
        "a \(activation.title) of \(known.shape) has the gradients \(dy.shape) and \(dx.shape)"
    )
    let (function, gradient) = (activation.function, pool.kernels.activations.gradient)
    pool.parallelRanges(known.count, grain: grain) { range, _ in
        let i = range.lowerBound
        gradient(function, known.base + i, dy.base + i, dx.base + i, range.count)
    }
}
