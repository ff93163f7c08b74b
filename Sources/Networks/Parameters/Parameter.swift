package import Tensors

/// A parameter or running statistic that an operation asks for.
public struct ParameterSpecification: Sendable {
    let name: String
    let shape: [Int]
    let kind: Parameter.Kind
    let initial: Initialisation
    let planes: Int
    let isHead: Bool

    /// Asks for a parameter.
    ///
    /// - Parameters:
    ///   - name: torchvision's name.
    ///   - shape: PyTorch's shape.
    ///   - planes: positions of the trailing extents that memory holds before the channels: KH·KW
    ///     of a convolution, H·W of a dense layer on maps.
    ///   - isHead: whether it belongs to the layer whose size is the number of classes.
    public init(
        _ name: String,
        shape: [Int],
        kind: Parameter.Kind,
        initial: Initialisation,
        planes: Int = 1,
        isHead: Bool = false
    ) {
        self.name = name
        self.shape = shape
        self.kind = kind
        self.initial = initial
        self.planes = planes
        self.isHead = isHead
    }

    var isTrainable: Bool { kind.isTrainable }
}

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

        var isTrainable: Bool {
            if case .statistic = self { return false }
            return true
        }
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

    fileprivate init(_ wanted: ParameterSpecification, range: Range<Int>) {
        name = wanted.name
        self.range = range
        shape = wanted.shape
        kind = wanted.kind
        isHead = wanted.isHead
        initial = wanted.initial
        planes = wanted.planes
    }

    /// Whether the optimizer changes it.
    public var isTrainable: Bool { kind.isTrainable }

    /// Whether weight decay applies: to weights, not to biases, norms and statistics.
    public var decays: Bool { kind == .weight }
}

/// Names, shapes and places of a network's parameters, of which the values may be nowhere.
public struct ParameterTable: Sendable {
    /// In forward order; trainable ones lie before running statistics.
    public let parameters: [Parameter]
    /// Prefixes of the batch norms' names.
    public let batchNorms: [String]
    /// Floats in all, and those that an optimizer changes.
    let count, trainable: Int

    /// Lays out what the nodes of `graph` ask for, for inputs of given shapes.
    package init(_ graph: Graph, _ inputs: [Shape]) {
        let shapes = graph.shapes(inputs)
        let wanted = graph.nodes.flatMap { node in
            node.operation.parameters(node.name, node.inputs.map { shapes[$0.index] })
        }
        func floats(_ list: [ParameterSpecification]) -> Int {
            list.reduce(0) { $0 + $1.shape.reduce(1, *) }
        }
        let trainable = floats(wanted.filter(\.isTrainable))
        var ends = (trainable: 0, statistics: trainable)
        parameters = wanted.map { parameter in
            let count = parameter.shape.reduce(1, *)
            let begin = parameter.isTrainable ? ends.trainable : ends.statistics
            if parameter.isTrainable { ends.trainable += count } else { ends.statistics += count }
            return Parameter(parameter, range: begin..<begin + count)
        }
        precondition(
            Set(parameters.map(\.name)).count == parameters.count,
            "two parameters of a network share a name"
        )
        batchNorms = graph.nodes.filter { $0.operation is BatchNorm }.map(\.name)
        (count, self.trainable) = (floats(wanted), trainable)
    }
}
