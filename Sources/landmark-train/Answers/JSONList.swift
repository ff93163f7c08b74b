import Files
import Foundation

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
