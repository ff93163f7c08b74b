import Tensors

/// The pass that leaves norms of training to the layers that read them (`DeferredNorm`): the normalised map of a
/// convolution with one reader, a convolution that can apply a norm to what it reads, is never written.
///
/// It saves a write and a read of the map forward, a read of the map and of its gradient backward, and the memory of the
/// normalised map. Forward and backward of the reader compute the activation anew, which must be cheap.
enum Deferral {
    /// The graph with norms deferred; `shapes` are those of its values.
    static func apply(_ graph: Graph, _ shapes: [Shape], _ options: CompilationOptions) -> Graph {
        guard options.purpose == .training else { return graph }
        let readers = graph.readers()
        var result = graph
        for (number, node) in graph.nodes.enumerated() {
            let value = graph.inputCount + number
            guard let convolution = node.operation as? Convolution,
                let norm = convolution.norm?.operation, !norm.addsResidual, !norm.keepsStatistics,
                norm.activation.isCheap, readers[value].count == 1,
                let reader = readers[value].first, reader.slot == 0,
                !graph.isOutput(value)
            else { continue }
            let next = graph.nodes[reader.node]
            guard !node.isFrozen, !next.isFrozen, let behind = next.operation as? Convolution,
                behind.appliesNorms(site(next, graph.inputCount + reader.node, shapes, options))
            else { continue }
            result.nodes[number] = result.nodes[number].computing {
                ($0 as? Convolution)?.deferringNorm
            }
            result.nodes[reader.node] = result.nodes[reader.node].computing {
                ($0 as? Convolution)?.applyingNorm(norm.activation)
            }
        }
        return result
    }

    /// Where a node whose inputs need gradients is planned.
    private static func site(
        _ node: Graph.Node,
        _ value: Int,
        _ shapes: [Shape],
        _ options: CompilationOptions
    ) -> KernelSite {
        KernelSite(
            inputs: node.inputs.map { shapes[$0.index] },
            output: shapes[value],
            inputGradients: node.inputs.map { _ in true },
            options: options
        )
    }
}

extension Graph.Node {
    /// The same with what `change` makes of its operation; nil leaves it.
    fileprivate func computing(_ change: (any Operation) -> (any Operation)?) -> Graph.Node {
        guard let operation = change(operation) else { return self }
        return Graph.Node(name: name, operation: operation, inputs: inputs, isFrozen: isFrozen)
    }
}
