package import Tensors

/// The pass that knows which operations are computed together.
///
/// - A batch norm takes over the sum behind it (the first operand's norm where both have one) and the ReLU
///   behind that, or the activation behind itself.
/// - A layer scale takes over the stochastic depth behind it, and either of them the sum behind that.
/// - A convolution takes over the ReLU behind it, or the whole batch norm: its output pass applies them, and in
///   training notes the moments of what it writes for the norm.
/// - In evaluation a depthwise convolution takes over the pointwise one before it, and a pointwise one behind takes
///   over both: they are computed band by band.
/// - In evaluation a convolution that is computed by im2col takes over the max-pool behind it.
/// - What changes nothing, and what no output depends on, is left out.
///
/// Operations are only joined where nobody else reads what lies between, and both are frozen or neither. The result stands where the last of
/// them stood, so that a model which computes a shortcut before its branch has both in their order.
package struct Fusion {
    private let graph: Graph
    /// The nodes so far, by the value they compute; values keep the numbers of the graph.
    private var fused: [(node: Graph.Node, value: Int)] = []
    /// Where the node that computes a value stands in `fused`.
    private var producer: [Int: Int] = [:]
    /// How often each value is read, by nodes or by the caller.
    private let readers: [Int]

    /// The graph with operations joined for `purpose`.
    ///
    /// - Parameters:
    ///   - joinsNorms: whether convolutions take over batch norms; without, each can be measured alone.
    ///   - joinsChains: whether convolutions are computed together, and with pools, in evaluation, which takes our own engine.
    package static func apply(
        _ graph: Graph,
        inputs: [Shape],
        _ purpose: Purpose,
        joinsNorms: Bool = true,
        joinsChains: Bool = false
    ) -> Graph {
        let graph = joined(withoutIdentities(graph, inputs, purpose)) {
            $0.joinSumOrActivation($1, $2)
        }
        guard joinsNorms else { return graph }
        let whole = joined(graph) { $0.joinNorm($1, $2) }
        guard joinsChains else { return whole }
        let shapes = whole.shapes(inputs)
        return joined(whole) {
            $1.purpose(purpose) == .evaluation
                && ($0.joinChain($1, $2, shapes) || $0.joinPool($1, $2, shapes))
        }
    }

    /// Goes through a list with a rule, which joins a node to one before it or says no.
    private static func joined(
        _ graph: Graph,
        _ rule: (inout Fusion, Graph.Node, _ value: Int) -> Bool
    ) -> Graph {
        var fusion = Fusion(graph)
        for (number, node) in graph.nodes.enumerated() {
            let value = graph.inputCount + number
            if rule(&fusion, node, value) { continue }
            fusion.append(node, value)
        }
        return fusion.result()
    }

    private init(_ graph: Graph) {
        self.graph = graph
        var readers = graph.readers().map(\.count)
        for output in graph.outputs { readers[output.value.index] += 1 }
        self.readers = readers
    }

    // MARK: What joins what

    private mutating func joinSumOrActivation(_ node: Graph.Node, _ value: Int) -> Bool {
        if let activation = (node.operation as? Activate)?.activation {
            if let (place, norm) = sole(BatchNorm.self, node.inputs[0], node),
                let both = norm.followed(by: activation)
            {
                replace(place, with: both, value)
                return true
            }
            if activation == .relu,
                let (place, convolution) = sole(Convolution.self, node.inputs[0], node)
            {
                replace(place, with: convolution.followedByReLU, value)
                return true
            }
        }
        if let next = node.operation as? BranchScale,
            let (place, scale) = sole(BranchScale.self, node.inputs[0], node),
            let both = scale.followed(by: next)
        {
            replace(place, with: both, value)
            return true
        }
        if node.operation is Add, node.inputs[0] != node.inputs[1] {
            for (own, other) in [(0, 1), (1, 0)] {
                if let (place, norm) = sole(BatchNorm.self, node.inputs[own], node),
                    norm.activation == .none, !norm.addsResidual
                {
                    replace(place, with: norm.followedBySum, value, [node.inputs[other]])
                    return true
                }
                if let (place, scale) = sole(BranchScale.self, node.inputs[own], node),
                    !scale.addsResidual
                {
                    replace(place, with: scale.followedBySum, value, [node.inputs[other]])
                    return true
                }
            }
        }
        return false
    }

    private mutating func joinNorm(_ node: Graph.Node, _ value: Int) -> Bool {
        guard let norm = node.operation as? BatchNorm,
            let (place, convolution) = sole(Convolution.self, node.inputs[0], node),
            !convolution.relu
        else { return false }
        let joined = convolution.followed(by: norm, named: node.name)
        replace(place, with: joined, value, Array(node.inputs.dropFirst()))
        return true
    }

    private mutating func joinChain(_ node: Graph.Node, _ value: Int, _ shapes: [Shape]) -> Bool {
        guard let next = node.operation as? Convolution else { return false }
        let before = node.inputs[0]
        func join(_ place: Int, _ chain: FusedChain) -> Bool {
            let input = fused[place].node.inputs[0]
            guard let both = chain.followed(by: next, named: node.name, shapes[input.index]) else {
                return false
            }
            replace(place, with: both, value, Array(node.inputs.dropFirst()))
            return true
        }
        if let (place, chain) = sole(FusedChain.self, before, node) { return join(place, chain) }
        guard let (place, first) = sole(Convolution.self, before, node) else { return false }
        return join(place, FusedChain(first, named: fused[place].node.name))
    }

    private mutating func joinPool(_ node: Graph.Node, _ value: Int, _ shapes: [Shape]) -> Bool {
        guard let pool = node.operation as? MaxPool,
            let (place, convolution) = sole(Convolution.self, node.inputs[0], node),
            let both = FusedPool(
                convolution,
                pool,
                named: node.name,
                shapes[fused[place].node.inputs[0].index]
            )
        else { return false }
        replace(place, with: both, value)
        return true
    }

    // MARK: The list

    private mutating func append(_ node: Graph.Node, _ value: Int) {
        producer[value] = fused.count
        fused.append((node, value))
    }

    /// The place of the node that computes `value`, and its operation, where that is of `type`, frozen only if
    /// `reader` is, and `value` is read once.
    private func sole<T: Operation>(
        _ type: T.Type,
        _ value: Graph.Value,
        _ reader: Graph.Node
    ) -> (Int, T)? {
        guard readers[value.index] == 1, let place = producer[value.index],
            fused[place].node.isFrozen == reader.isFrozen,
            let operation = fused[place].node.operation as? T
        else { return nil }
        return (place, operation)
    }

    /// Moves the node at `place` to the end with another operation, `more` inputs and another value.
    private mutating func replace(
        _ place: Int,
        with operation: any Operation,
        _ value: Int,
        _ more: [Graph.Value] = []
    ) {
        let (node, old) = fused.remove(at: place)
        producer[old] = nil
        for (index, entry) in fused.enumerated().dropFirst(place) { producer[entry.value] = index }
        append(
            Graph.Node(
                name: node.name,
                operation: operation,
                inputs: node.inputs + more,
                isFrozen: node.isFrozen
            ),
            value
        )
    }

    /// The joined nodes as a graph, values numbered anew.
    private func result() -> Graph {
        var result = Graph(inputs: graph.inputCount)
        var values = Dictionary(
            uniqueKeysWithValues: (0..<graph.inputCount).map { ($0, graph.input($0)) }
        )
        func value(_ old: Graph.Value) -> Graph.Value {
            guard let new = values[old.index] else {
                preconditionFailure("a joined operation stands before what it reads")
            }
            return new
        }
        for (node, old) in fused {
            values[old] = result.append(
                Graph.Node(
                    name: node.name,
                    operation: node.operation,
                    inputs: node.inputs.map(value),
                    isFrozen: node.isFrozen
                )
            )
        }
        for output in graph.outputs { result.output(output.name, value(output.value)) }
        return result
    }

    /// The graph without nodes that change nothing or that no output depends on.
    private static func withoutIdentities(
        _ graph: Graph,
        _ inputs: [Shape],
        _ purpose: Purpose
    ) -> Graph {
        let shapes = graph.shapes(inputs)
        var isNeeded = Array(repeating: false, count: shapes.count)
        for output in graph.outputs { isNeeded[output.value.index] = true }
        for (number, node) in graph.nodes.enumerated().reversed()
        where isNeeded[graph.inputCount + number] {
            for input in node.inputs { isNeeded[input.index] = true }
        }
        var result = Graph(inputs: graph.inputCount)
        var values = (0..<graph.inputCount).map { graph.input($0) }
        for (number, node) in graph.nodes.enumerated() {
            let own = node.inputs.map { values[$0.index] }
            let isIdentity = node.operation.isIdentity(
                node.inputs.map { shapes[$0.index] },
                node.purpose(purpose)
            )
            if isIdentity || !isNeeded[graph.inputCount + number] {
                values.append(own[0])
            } else {
                values.append(
                    result.append(
                        Graph.Node(
                            name: node.name,
                            operation: node.operation,
                            inputs: own,
                            isFrozen: node.isFrozen
                        )
                    )
                )
            }
        }
        for output in graph.outputs { result.output(output.name, values[output.value.index]) }
        return result
    }
}
