public import Tensors

/// The layers of a network as a table.
public struct ModelSummary: Sendable, CustomStringConvertible {
    /// One layer.
    public struct Row: Sendable {
        /// torchvision's name.
        public let name: String
        /// What it is.
        public let kind: String
        /// How it computes, where there is a choice.
        public let algorithm: String?
        /// Extents of its input for one photo.
        public let input: Shape
        /// Extents of its output for one photo.
        public let output: Shape
        /// Parameters and running statistics.
        public let parameters: Int
        /// Multiply-adds of the forward pass for one photo.
        public let operations: Int
        /// The layer as a value; nil where another layer built it on its own.
        let layer: (any LayerDescription)?
    }

    /// The layers in forward order.
    public let rows: [Row]

    /// Parameters and running statistics of all layers.
    public var parameters: Int { rows.reduce(0) { $0 + $1.parameters } }

    /// Multiply-adds of all layers for one photo.
    public var operations: Int { rows.reduce(0) { $0 + $1.operations } }

    /// The first batch norm whose channels have a single value a photo; nil = there is none.
    ///
    /// Over one photo alone such a norm has no variance and forgets what came in.
    public var normOfSingleValues: Row? {
        rows.first { $0.kind.hasPrefix("batch norm") && $0.output.pixels == 1 }
    }

    /// The table, a line for each layer and one for the sums.
    public var description: String {
        let head = ["layer", "kind", "output", "parameters", "multiply-adds"]
        let body = rows.map { row in
            [
                row.name, row.kind, "\(row.output.H)×\(row.output.W)×\(row.output.C)",
                grouped(row.parameters), grouped(row.operations),
            ]
        }
        let sums = ["all", "", "", grouped(parameters), grouped(operations)]
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
