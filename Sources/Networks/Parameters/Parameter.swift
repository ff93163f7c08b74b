package import Tensors

/// A parameter or running statistic that an operation asks for.
public struct ParameterSpecification: Sendable {
    let name: String
    let shape: [Int]
    let kind: Parameter.Kind
    let initial: Initialisation
    let planes: Int
    let isHead: Bool
    /// Whether training leaves it as it is.
    var isKept = false

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
    /// Whether training leaves it as it is.
    public let isFrozen: Bool
    /// How it begins.
    let initial: Initialisation
    /// Positions that lie outside the channels in memory and inside them in PyTorch.
    let planes: Int

    fileprivate init(_ wanted: ParameterSpecification, range: Range<Int>, isFrozen: Bool) {
        name = wanted.name
        self.range = range
        shape = wanted.shape
        kind = wanted.kind
        isHead = wanted.isHead
        self.isFrozen = isFrozen
        initial = wanted.initial
        planes = wanted.planes
    }

    /// Whether the optimizer changes it.
    public var isTrainable: Bool { kind.isTrainable && !isFrozen }

    /// Whether weight decay applies: to weights, not to biases, norms and statistics.
    public var decays: Bool { kind == .weight }
}

/// Names, shapes and places of a network's parameters, of which the values may be nowhere.
public struct ParameterTable: Sendable {
    /// In forward order; in memory frozen ones lie first, then trainable ones, then running statistics.
    public let parameters: [Parameter]
    /// Prefixes of the batch norms' names.
    public let batchNorms: [String]
    /// Floats in all.
    let count: Int
    /// Those that an optimizer changes.
    let trainable: Range<Int>

    /// Floats that training changes: all behind the frozen ones.
    public var live: Range<Int> { trainable.lowerBound..<count }

    /// Lays out what the nodes of `graph` ask for, for inputs of given shapes.
    package init(_ graph: Graph, _ inputs: [Shape]) {
        let shapes = graph.shapes(inputs)
        let wanted = graph.nodes.flatMap { node in
            node.operation.parameters(node.name, node.inputs.map { shapes[$0.index] })
                .map { (parameter: $0, region: Region($0, of: node)) }
        }
        func floats(_ region: Region) -> Int {
            wanted.filter { $0.region == region }
                .reduce(0) { $0 + $1.parameter.shape.reduce(1, *) }
        }
        let frozen = floats(.frozen)
        trainable = frozen..<frozen + floats(.trainable)
        var ends: [Region: Int] = [
            .frozen: 0, .trainable: frozen, .statistics: trainable.upperBound,
        ]
        parameters = wanted.map { parameter, region in
            let begin = ends[region] ?? 0
            let end = begin + parameter.shape.reduce(1, *)
            ends[region] = end
            return Parameter(parameter, range: begin..<end, isFrozen: region == .frozen)
        }
        precondition(
            Set(parameters.map(\.name)).count == parameters.count,
            "two parameters of a network share a name"
        )
        batchNorms = graph.nodes.filter { $0.operation is BatchNorm }.map(\.name)
        count = trainable.upperBound + floats(.statistics)
    }

    /// The regions of the flat buffer, in their order.
    private enum Region {
        case frozen, trainable, statistics

        init(_ parameter: ParameterSpecification, of node: Graph.Node) {
            self =
                node.isFrozen || parameter.isKept
                ? .frozen : parameter.isTrainable ? .trainable : .statistics
        }
    }
}
