import Tensors

/// The pass that leaves the end of a squeeze-and-excitation of training to the projection that reads it: the scaled maps of a
/// channel scale with one reader, a convolution that can scale what it reads, are never written, nor is their gradient.
enum Gating {
    /// The graph with channel scales taken over; `shapes` are those of its values.
    static func apply(_ graph: Graph, _ shapes: [Shape], _ options: CompilationOptions) -> Graph {
        guard options.purpose == .training else { return graph }
        let readers = graph.readers()
        /// The scale that a node takes over, by their numbers.
        var taken: [Int: Int] = [:]
        for (number, node) in graph.nodes.enumerated() {
            let value = graph.inputCount + number
            // What is scaled needs a gradient, or the projection would not compute its own with it.
            let scaled = node.inputs[0].index - graph.inputCount
            guard node.operation is ChannelScale, !node.isFrozen, !graph.isOutput(value),
                scaled >= 0, !graph.nodes[scaled].isFrozen,
                readers[value].count == 1, let reader = readers[value].first, reader.slot == 0
            else { continue }
            let next = graph.nodes[reader.node]
            let site = KernelSite(
                inputs: next.inputs.map { shapes[$0.index] },
                output: shapes[graph.inputCount + reader.node],
                inputGradients: next.inputs.map { _ in true },
                options: options
            )
            guard !next.isFrozen, let convolution = next.operation as? Convolution,
                convolution.appliesGates(site)
            else { continue }
            taken[reader.node] = number
        }
        return taken.isEmpty ? graph : joined(graph, taken)
    }

    private static func joined(_ graph: Graph, _ taken: [Int: Int]) -> Graph {
        let left = Set(taken.values)
        var result = Graph(inputs: graph.inputCount)
        var values: [Int: Graph.Value] = [:]
        for number in 0..<graph.inputCount { values[number] = graph.input(number) }
        func value(_ old: Graph.Value) -> Graph.Value {
            guard let new = values[old.index] else {
                preconditionFailure("a node reads a channel scale that is left out")
            }
            return new
        }
        for (number, node) in graph.nodes.enumerated() where !left.contains(number) {
            var (operation, inputs) = (node.operation, node.inputs)
            if let scale = taken[number], let convolution = operation as? Convolution {
                let gated = graph.nodes[scale].inputs
                operation = convolution.behindGate
                inputs = [gated[0]] + inputs.dropFirst() + [gated[1]]
            }
            values[graph.inputCount + number] = result.append(
                Graph.Node(
                    name: node.name,
                    operation: operation,
                    inputs: inputs.map(value),
                    isFrozen: node.isFrozen
                )
            )
        }
        for output in graph.outputs { result.output(output.name, value(output.value)) }
        return result
    }
}
