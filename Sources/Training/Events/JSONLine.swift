public import Foundation

extension Encodable {
    /// The value as JSON on one line with sorted keys, without the line's end.
    public func jsonLine() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }
}
