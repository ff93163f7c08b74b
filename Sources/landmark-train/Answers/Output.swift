import Files
import Foundation

/// Rows of cells as lines with columns below one another.
struct TextTable {
    private let rows: [[String]]
    private let leading: Int

    /// A table of `rows`, all as long as the first, whose first `leading` columns are flush left and
    /// the others flush right.
    init(_ rows: [[String]], leading: Int = 1) {
        self.rows = rows
        self.leading = leading
    }

    /// The lines of the table.
    var lines: [String] {
        let widths = (rows.first ?? []).indices.map { column in
            rows.map { $0[column].count }.max() ?? 0
        }
        return rows.map { row in
            var cells: [String] = []
            for (column, cell) in row.enumerated() {
                let space = String(repeating: " ", count: widths[column] - cell.count)
                cells.append(column < leading ? cell + space : space + cell)
            }
            let line = cells.joined(separator: "  ")
            return String(line.prefix(line.count - line.reversed().prefix { $0 == " " }.count))
        }
    }
}

/// A JSON array that is written element by element, laid out as `jsonPage` would lay out the whole.
struct JSONList {
    private var isEmpty = true

    /// The text of the next element, with what parts it from those before.
    mutating func next(_ element: some Encodable) throws -> String {
        let text = String(decoding: try element.jsonPage(), as: UTF8.self)
        let lines = text.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
        defer { isEmpty = false }
        return (isEmpty ? "[\n" : ",\n") + lines
    }

    /// What follows the last element.
    var end: String { (isEmpty ? "[\n" : "") + "\n]\n" }
}
