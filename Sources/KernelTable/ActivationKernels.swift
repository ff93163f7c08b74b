/// What may follow a layer, element by element.
public enum ElementFunction: Sendable, Hashable {
    /// v.
    case none
    /// max(v, 0).
    case relu
    /// min(max(v, 0), 6).
    case relu6
    /// v · σ(v).
    case silu
    /// v · min(max(v + 3, 0), 6) / 6.
    case hardSwish
    /// min(max(v + 3, 0), 6) / 6.
    case hardSigmoid
    /// σ(v) = 1 / (1 + e⁻ᵛ).
    case sigmoid
    /// v · Φ(v), Φ the distribution of the standard normal.
    case gelu

    /// Whether `ActivationKernels.gradient` is told the result of each element rather than its argument.
    public var gradientReadsResult: Bool {
        switch self {
        case .none, .relu, .relu6, .hardSigmoid, .sigmoid: true
        case .silu, .hardSwish, .gelu: false
        }
    }

    /// Whether normalisations apply it and its derivative in their own passes.
    public var followsNorms: Bool {
        switch self {
        case .none, .relu, .relu6, .silu, .hardSwish: true
        case .hardSigmoid, .sigmoid, .gelu: false
        }
    }
}

/// Loops over flat floats that apply an element function.
///
/// An element's bits do not depend on its place. NaN stays NaN; nothing else becomes NaN, infinities included.
public struct ActivationKernels: Sendable {
    /// (function, x, y, count): y = f(x); `y` may be `x`.
    public let apply: @Sendable (ElementFunction, Floats, MutableFloats, Int) -> Void
    /// (function, known, dy, dx, count): dx = dy · f'(x), `known` being f(x) where the function's
    /// `gradientReadsResult` says so, else x; `dx` may be `dy`.
    public let gradient: @Sendable (ElementFunction, Floats, Floats, MutableFloats, Int) -> Void

    /// Assembles the loops.
    public init(
        apply: @escaping @Sendable (ElementFunction, Floats, MutableFloats, Int) -> Void,
        gradient: @escaping @Sendable (ElementFunction, Floats, Floats, MutableFloats, Int) -> Void
    ) {
        self.apply = apply
        self.gradient = gradient
    }
}
