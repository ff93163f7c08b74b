/// A named piece of a network's flat buffer.
public struct Parameter: Sendable {
    /// What a parameter does, which decides how it is trained.
    public enum Kind: Sendable, Equatable {
        /// Factors of a convolution or dense layer.
        case weight
        /// Summands of a convolution or dense layer.
        case bias
        /// Scale or shift of a normalisation.
        case norm
        /// A running statistic: running = (1 − momentum) · running + momentum · batch.
        case statistic(momentum: Float)
    }

    /// torchvision's name.
    public let name: String
    /// Place in the flat buffer.
    public let range: Range<Int>
    /// PyTorch's shape.
    public let shape: [Int]
    /// What it does.
    public let kind: Kind
    /// Whether it belongs to the layer whose size is the number of classes.
    public let isHead: Bool
    /// How it begins.
    let initial: Initialisation
    /// Positions that lie outside the channels in memory and inside them in PyTorch.
    let planes: Int

    /// Whether the optimizer changes it.
    public var isTrainable: Bool {
        if case .statistic = kind { return false }
        return true
    }

    /// Whether weight decay applies: to weights, not to biases, norms and statistics.
    public var decays: Bool { kind == .weight }
}

/// Names and shapes of a network's parameters, of which the values may be nowhere.
public struct ParameterTable: Sendable {
    /// In forward order; their ranges say nothing where no network was made.
    public let parameters: [Parameter]
    /// Prefixes of the batch norms' names.
    public let batchNorms: [String]
}
