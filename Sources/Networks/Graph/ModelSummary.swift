public import Tensors

/// The layers of a network as a table.
public struct ModelSummary: Sendable, CustomStringConvertible {
    /// One layer.
    public struct Row: Sendable {
        /// torchvision's name.
        public let name: String
        /// What it computes.
        let operation: any Operation
        /// How it computes, where there is a choice.
        public let algorithm: String?
        /// Shapes of its inputs for one photo.
        public let inputs: [Shape]
        /// Shape of its output for one photo.
        public let output: Shape
        /// Parameters and running statistics.
        public let parameters: Int

        /// What it is.
        public var kind: String { operation.kind }

        /// Multiply-adds of the forward pass for one photo.
        public var multiplyAdds: Int { operation.multiplyAdds(inputs) }
    }

    /// The layers in forward order.
    public let rows: [Row]

    /// Walks the list of a graph for training, with batch norms apart from convolutions.
    init(_ graph: Graph, inputs: [Shape], pool: ThreadPool) {
        let graph = Fusion.apply(graph, inputs: inputs, .training, joinsNorms: false)
        let shapes = graph.shapes(inputs)
        let options = CompilationOptions(.training, pool: pool)
        rows = graph.nodes.enumerated().map { number, node in
            let own = node.inputs.map { shapes[$0.index] }
            let output = shapes[graph.inputCount + number]
            let site = KernelSite(
                inputs: own,
                output: output,
                inputGradients: own.map { _ in true },
                options: options
            )
            return Row(
                name: node.name,
                operation: node.operation,
                algorithm: node.operation.kernel(site).algorithm,
                inputs: own.map { $0.with(N: 1) },
                output: output.with(N: 1),
                parameters: node.operation.parameters(node.name, own)
                    .reduce(0) { $0 + $1.shape.reduce(1, *) }
            )
        }
    }

    /// Parameters and running statistics of all layers.
    public var parameters: Int { rows.reduce(0) { $0 + $1.parameters } }

    /// Multiply-adds of all layers for one photo.
    public var multiplyAdds: Int { rows.reduce(0) { $0 + $1.multiplyAdds } }

    /// The first batch norm whose channels have a single value a photo; nil = there is none.
    ///
    /// Over one photo alone such a norm has no variance and forgets what came in.
    public var normOfSingleValues: Row? {
        rows.first { $0.operation is BatchNorm && $0.output.pixels == 1 }
    }

    /// The table, a line for each layer and one for the sums.
    public var description: String {
        let head = ["layer", "kind", "output", "parameters", "multiply-adds"]
        let body = rows.map { row in
            [
                row.name, row.kind, "\(row.output.H)×\(row.output.W)×\(row.output.C)",
                grouped(row.parameters), grouped(row.multiplyAdds),
            ]
        }
        let sums = ["all", "", "", grouped(parameters), grouped(multiplyAdds)]
        let lines = [head] + body + [sums]
        let widths = head.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            let cells = line.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column < 2 ? cell + space : space + cell
            }
            return cells.joined(separator: "  ")
        }
        .joined(separator: "\n")
    }

    private func grouped(_ number: Int) -> String {
        let digits = Array(String(number))
        return digits.indices.map { index in
            let isBoundary = index > 0 && (digits.count - index) % 3 == 0
            return (isBoundary ? "," : "") + String(digits[index])
        }
        .joined()
    }
}
