import Tensors

/// A network as a value: a list of operations in forward order.
///
/// A model is a function that appends nodes; passes walk the list: `Fusion`, `MemoryPlan`, `ModelSummary`,
/// `LayerBenchmark`. `Executor` runs it. Nothing in a graph depends on a batch, a rank or a thread.
public struct Graph: Sendable {
    /// What flows along an edge: an input of the graph or the output of a node.
    public struct Value: Hashable, Sendable {
        let index: Int
    }

    /// An operation at its place in the list.
    public struct Node: Sendable {
        /// torchvision's name, under which files hold its parameters.
        public let name: String
        /// What it computes.
        public let operation: any Operation
        /// What it reads, in the operation's order.
        public let inputs: [Value]
        /// Whether its parameters are kept, and it is computed as in evaluation in training too.
        package var isFrozen = false

        /// What a network built for `purpose` is to this node: of one for training, a frozen node is for
        /// evaluation.
        func purpose(_ purpose: Purpose) -> Purpose { isFrozen ? .evaluation : purpose }
    }

    /// Number of inputs, whose values come first.
    public let inputCount: Int
    /// The operations in forward order; each reads inputs and outputs of nodes before it.
    public internal(set) var nodes: [Node] = []
    /// What the graph computes, by name: `logits`, and whatever else a model offers.
    public private(set) var outputs: [(name: String, value: Value)] = []

    /// A graph without operations.
    public init(inputs: Int = 1) { inputCount = inputs }

    /// The first input: the photos.
    public var input: Value { input(0) }

    /// An input by its number.
    public func input(_ number: Int) -> Value {
        precondition(number < inputCount, "input \(number) of a graph with \(inputCount)")
        return Value(index: number)
    }

    /// The output of the node `number`.
    package func output(ofNode number: Int) -> Value { Value(index: inputCount + number) }

    /// Appends an operation and returns its output.
    ///
    /// - Parameter name: torchvision's name; no two nodes with parameters share one.
    public mutating func append(
        _ name: String,
        _ operation: any Operation,
        _ inputs: Value...
    ) -> Value {
        append(Node(name: name, operation: operation, inputs: inputs))
    }

    mutating func append(_ node: Node) -> Value {
        precondition(
            node.inputs.allSatisfy { $0.index < inputCount + nodes.count },
            "\(node.name) reads what is not computed yet"
        )
        nodes.append(node)
        return output(ofNode: nodes.count - 1)
    }

    /// Makes `value` an output of the graph.
    public mutating func output(_ name: String, _ value: Value) {
        outputs.append((name, value))
    }

    /// The shapes of all values for given inputs, N the same for all.
    func shapes(_ inputs: [Shape]) -> [Shape] {
        precondition(inputs.count == inputCount, "a graph of \(inputCount) inputs was given others")
        var shapes = inputs
        for node in nodes {
            shapes.append(node.operation.output(node.inputs.map { shapes[$0.index] }))
        }
        return shapes
    }

    /// For each value the nodes that read it and the place among their inputs, in forward order.
    func readers() -> [[(node: Int, slot: Int)]] {
        var readers = Array(repeating: [(node: Int, slot: Int)](), count: inputCount + nodes.count)
        for (number, node) in nodes.enumerated() {
            for (slot, input) in node.inputs.enumerated() {
                readers[input.index].append((number, slot))
            }
        }
        return readers
    }

    /// Whether a value is among the outputs.
    func isOutput(_ value: Int) -> Bool { outputs.contains { $0.value.index == value } }
}
