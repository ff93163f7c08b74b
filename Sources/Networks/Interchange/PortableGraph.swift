public import Tensors

/// A trained network in standard operators, as other programs read it.
///
/// Nodes are operators of ONNX's set 17 by the names they have there, the vocabulary that programs share; how that
/// becomes bytes is no matter of networks. Maps are [N, C, H, W] and vectors [N, C], in which the batch N is free,
/// and weights have PyTorch's shapes and order.
public struct PortableGraph: Sendable {
    /// The version of the operators.
    public static let operatorSet = 17

    /// What nodes read and write: an input, a node's output or a constant.
    public struct Value: Hashable, Sendable {
        /// Its name, of which there is one.
        public fileprivate(set) var name: String
        /// Extents of one image, [C, H, W] or [C]; of a constant all extents.
        public let extents: [Int]

        /// Whether an image is a vector, not maps.
        public var isVector: Bool { extents.count == 1 }
    }

    /// A setting of an operator.
    public struct Attribute: Hashable, Sendable {
        /// What operators are set to.
        public enum Setting: Hashable, Sendable {
            /// A number.
            case integer(Int)
            /// Numbers.
            case integers([Int])
            /// A number with a fraction.
            case float(Float)
        }

        /// Its name.
        public let name: String
        /// What it is set to.
        public let setting: Setting

        /// Sets `name`.
        public init(_ name: String, _ setting: Setting) {
            self.name = name
            self.setting = setting
        }
    }

    /// An operator at its place.
    public struct Node: Sendable {
        /// The graph's own name for it.
        public let name: String
        /// The operator's name, such as `Conv`.
        public let kind: String
        /// Names of what it reads, in the operator's order.
        public internal(set) var inputs: [String]
        /// Name of what it writes.
        public internal(set) var output: String
        /// Its settings.
        public let attributes: [Attribute]
    }

    /// Operators in an order in which each reads what is there already.
    public internal(set) var nodes: [Node] = []
    /// Weights and other fixed numbers.
    public private(set) var constants: [Constant] = []
    /// What the caller gives.
    public private(set) var inputs: [Value] = []
    /// What the caller gets.
    public private(set) var outputs: [Value] = []
    private var names: Set<String> = []

    init() {}

    /// Declares what the caller gives, by `name`.
    mutating func input(_ name: String, _ image: Shape) -> Value {
        let value = Value(name: unused(name), extents: [image.C, image.H, image.W])
        inputs.append(value)
        return value
    }

    /// Gives what a node writes to the caller, by `name`.
    mutating func output(_ name: String, _ value: Value) {
        precondition(nodes.contains { $0.output == value.name }, "\(name) is what is given")
        let name = unused(name)
        for number in nodes.indices {
            if nodes[number].output == value.name { nodes[number].output = name }
            for (slot, input) in nodes[number].inputs.enumerated() where input == value.name {
                nodes[number].inputs[slot] = name
            }
        }
        outputs.append(Value(name: name, extents: value.extents))
    }

    /// Appends an operator that is named after `site` and returns what it writes.
    ///
    /// - Parameters:
    ///   - kind: the operator's name.
    ///   - inputs: what it reads; nil = the inputs of the site.
    ///   - extents: those of what it writes; nil = those of the first that it reads.
    public mutating func append(
        _ kind: String,
        _ site: PortableSite,
        _ inputs: [Value]? = nil,
        _ attributes: [Attribute] = [],
        extents: [Int]? = nil
    ) -> Value {
        let inputs = inputs ?? site.inputs
        let name = unused("\(site.name)/\(kind)")
        nodes.append(
            Node(
                name: name,
                kind: kind,
                inputs: inputs.map(\.name),
                output: name,
                attributes: attributes
            )
        )
        return Value(name: name, extents: extents ?? inputs[0].extents)
    }

    /// Adds fixed numbers of a shape, row-major; without extents, a single one.
    public mutating func constant(_ name: String, _ shape: [Int] = [], _ numbers: [Float]) -> Value
    {
        precondition(shape.reduce(1, *) == numbers.count, "\(name) has other extents")
        return add(Constant(name: unused(name), shape: shape, content: .numbers(numbers)))
    }

    /// Adds a parameter of the network under its own name.
    ///
    /// - Parameters:
    ///   - shape: its extents; nil = PyTorch's.
    ///   - factors: what each of its outputs is multiplied by; nil = nothing.
    mutating func weight(_ parameter: Parameter, shape: [Int]? = nil, factors: [Float]? = nil)
        -> Value
    {
        let shape = shape ?? parameter.shape
        precondition(
            shape.reduce(1, *) == parameter.range.count,
            "\(parameter.name) has other extents"
        )
        return add(
            Constant(
                name: unused(parameter.name),
                shape: shape,
                content: .parameter(parameter, factors: factors)
            )
        )
    }

    private mutating func add(_ constant: Constant) -> Value {
        constants.append(constant)
        return Value(name: constant.name, extents: constant.shape)
    }

    /// `name`, or with a number behind it where it is taken.
    private mutating func unused(_ name: String) -> String {
        var (own, number) = (name, 1)
        while !names.insert(own).inserted {
            number += 1
            own = "\(name)_\(number)"
        }
        return own
    }
}

/// What an operation knows when it writes itself in standard operators.
public struct PortableSite {
    /// The node's name.
    public let name: String
    /// What it reads.
    public let inputs: [PortableGraph.Value]
    /// Shapes of the inputs, for one image.
    public let shapes: [Shape]
    /// Shape of the output, for one image.
    public let output: Shape
    /// The operation's parameters, in its order.
    let parameters: [Parameter]
    private let store: ParameterStore

    init(
        _ node: Graph.Node,
        inputs: [PortableGraph.Value],
        shapes: [Shape],
        _ store: ParameterStore
    ) {
        name = node.name
        self.inputs = inputs
        self.shapes = shapes
        output = node.operation.output(shapes)
        parameters = node.operation.parameters(node.name, shapes).map { store.parameter($0.name) }
        self.store = store
    }

    /// The first input, which must be maps: no operator that looks at pixels reads vectors.
    var maps: PortableGraph.Value {
        precondition(!inputs[0].isVector, "\(name) looks for pixels in vectors")
        return inputs[0]
    }

    /// The elements of one of the operation's parameters, in PyTorch's order.
    func numbers(_ index: Int) -> [Float] { store.read(parameters[index]) }

    /// Extents of maps of the output's shape.
    var extents: [Int] { [output.C, output.H, output.W] }
}

extension Model {
    /// The network in standard operators, from the input `photos` to the output `logits`, with its weights as they
    /// are now.
    ///
    /// - Parameter foldsNorms: whether a batch norm becomes a part of the convolution before it.
    public func portable(foldsNorms: Bool = true) -> PortableGraph {
        let photos = input.with(N: 1)
        // The list that evaluation runs: each operation writes what it has taken over with itself.
        let graph = Fusion.apply(
            description.graph,
            inputs: [photos],
            .evaluation,
            joinsNorms: foldsNorms
        )
        let shapes = graph.shapes([photos])
        var portable = PortableGraph()
        var values = [portable.input("photos", photos)]
        for node in graph.nodes {
            let site = PortableSite(
                node,
                inputs: node.inputs.map { values[$0.index] },
                shapes: node.inputs.map { shapes[$0.index] },
                store
            )
            values.append(node.operation.write(site, to: &portable))
        }
        for (name, value) in graph.outputs { portable.output(name, values[value.index]) }
        return portable
    }
}
