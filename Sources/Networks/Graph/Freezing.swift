public import Tensors

/// What of a network keeps its weights in training.
public enum Freezing: Sendable, Hashable {
    /// Nothing: all is trained.
    case none
    /// All before the head, the layer whose size is the number of classes.
    case trunk
    /// The first layers with weights (convolutions, linear and dense layers) in forward order, each with what
    /// follows it up to the next, such as its norm.
    case layers(Int)
}

/// A part of a network whose beginning is frozen.
public enum NetworkPart: Sendable {
    /// All of it.
    case whole
    /// The frozen beginning, from photos to features.
    case trunk
    /// What is behind it, from features to logits.
    case head
}

extension ModelDescription {
    /// Throws where the network cannot be frozen like this.
    public func check(_ freezing: Freezing) throws(NetworksError) {
        guard case .layers(let count) = freezing else { return }
        let layers = graph.layers([input(1)]).count
        guard count >= 1, count < layers else {
            throw .unfit(
                "--freeze \(count): \(architecture.rawValue) has \(layers) layers with weights; give a "
                    + "number from 1 to \(layers - 1), trunk or none"
            )
        }
    }

    /// The network with its beginning frozen.
    ///
    /// - Parameters:
    ///   - freezing: one that passes `check`.
    ///   - keepsStatistics: whether all batch norms use their running statistics in training.
    func graph(_ freezing: Freezing, keepsStatistics: Bool = false) -> Graph {
        let frozen = graph.freezing(before: boundary(freezing))
        return keepsStatistics ? frozen.keepingStatistics : frozen
    }

    /// The shape of what the part behind the frozen one reads, for a batch of `N`; nil where that is not one value.
    public func features(_ freezing: Freezing, _ N: Int = 1) -> Shape? {
        let whole = graph
        return whole.crossing(boundary(freezing)).map { whole.shapes([input(N)])[$0] }
    }

    /// Number of the first node that is trained.
    private func boundary(_ freezing: Freezing) -> Int {
        let whole = graph
        let layers = whole.layers([input(1)])
        switch freezing {
        case .none: return 0
        case .layers(let count):
            precondition(count < layers.count, "a network of \(layers.count) layers with weights")
            return whole.withoutDropout(before: layers[count])
        case .trunk:
            let shapes = whole.shapes([input(1)])
            let head = whole.nodes.lastIndex { node in
                node.operation.parameters(node.name, node.inputs.map { shapes[$0.index] })
                    .contains(where: \.isHead)
            }
            return whole.withoutDropout(before: head ?? layers[layers.count - 1])
        }
    }

    /// A part of the network, the shape of its input for a batch of `N`, and the parameters of all of it.
    func part(
        _ part: NetworkPart,
        _ freezing: Freezing,
        keepsStatistics: Bool = false,
        _ N: Int
    ) -> (graph: Graph, input: Shape, parameters: ParameterTable) {
        let whole = graph(freezing, keepsStatistics: keepsStatistics)
        let table = ParameterTable(whole, [input(1)])
        guard part != .whole else { return (whole, input(N), table) }
        let boundary = boundary(freezing)
        guard let features = whole.crossing(boundary) else {
            preconditionFailure("a network whose frozen part gives one value")
        }
        switch part {
        case .head:
            let shape = whole.shapes([input(N)])[features]
            return (whole.part(behind: boundary, reading: features), shape, table)
        case .whole, .trunk:
            return (whole.part(before: boundary, giving: features), input(N), table)
        }
    }

    /// The share of multiply-adds that the frozen part has.
    public func frozenShare(_ freezing: Freezing) -> Double {
        let whole = graph(freezing)
        let shapes = whole.shapes([input(1)])
        let counts = whole.nodes.map { node in
            node.operation.multiplyAdds(node.inputs.map { shapes[$0.index] })
        }
        let frozen = zip(whole.nodes, counts).reduce(0) { $0 + ($1.0.isFrozen ? $1.1 : 0) }
        return Double(frozen) / Double(max(counts.reduce(0, +), 1))
    }
}

extension Graph {
    /// Numbers of the nodes that are layers with weights.
    fileprivate func layers(_ inputs: [Shape]) -> [Int] {
        let shapes = shapes(inputs)
        return nodes.indices.filter { number in
            let node = nodes[number]
            let own = node.inputs.map { shapes[$0.index] }
            return node.operation.multiplyAdds(own) > 0
                && node.operation.parameters(node.name, own).contains { $0.kind == .weight }
        }
    }

    /// The first of the dropouts that stand right before the node `number`, or that node: what a layer that is
    /// trained reads is dropped anew in each step.
    fileprivate func withoutDropout(before number: Int) -> Int {
        var first = number
        while first > 0, nodes[first - 1].operation is Dropout { first -= 1 }
        return first
    }

    /// The same with the first `boundary` nodes frozen.
    fileprivate func freezing(before boundary: Int) -> Graph {
        var frozen = self
        for number in 0..<boundary { frozen.nodes[number].isFrozen = true }
        return frozen
    }

    /// The same with batch norms that use their running statistics in training.
    var keepingStatistics: Graph {
        var other = self
        other.nodes = nodes.map { node in
            guard let norm = node.operation as? BatchNorm else { return node }
            return Node(
                name: node.name,
                operation: norm.keepingStatistics,
                inputs: node.inputs,
                isFrozen: node.isFrozen
            )
        }
        return other
    }

    /// The only value of the first `boundary` nodes that others read or that is an output; nil where there are
    /// several, or where others read the inputs.
    func crossing(_ boundary: Int) -> Int? {
        var values = Set(nodes[boundary...].flatMap { $0.inputs.map(\.index) })
        values.formUnion(outputs.map(\.value.index))
        let own = values.filter { $0 < inputCount + boundary }
        guard own.count == 1, let value = own.first, value >= inputCount else { return nil }
        return value
    }

    /// The first `boundary` nodes, with their value `features` as the only output.
    func part(before boundary: Int, giving features: Int) -> Graph {
        var part = Graph(inputs: inputCount)
        for node in nodes.prefix(boundary) { _ = part.append(node) }
        part.output("features", Value(index: features))
        return part
    }

    /// The nodes from `boundary` on, which read the value `features` as their only input.
    func part(behind boundary: Int, reading features: Int) -> Graph {
        var part = Graph(inputs: 1)
        func moved(_ value: Value) -> Value {
            value.index == features
                ? part.input : Value(index: value.index - inputCount - boundary + 1)
        }
        for node in nodes.dropFirst(boundary) {
            _ = part.append(
                Node(name: node.name, operation: node.operation, inputs: node.inputs.map(moved))
            )
        }
        for output in outputs { part.output(output.name, moved(output.value)) }
        return part
    }
}
