public import Foundation

/// The program's one way to write JSON: keys sorted, slashes as they are, dates in ISO 8601, so that equal
/// values are equal bytes.
extension Encodable {
    /// The value as JSON on one line, without the line's end.
    ///
    /// - Parameter snakeCase: write `trainingCounts` as `training_counts`.
    public func jsonLine(snakeCase: Bool = false) throws -> Data {
        try encoder(snakeCase, []).encode(self)
    }

    /// The value as JSON on indented lines, without the last line's end.
    ///
    /// - Parameter snakeCase: write `trainingCounts` as `training_counts`.
    public func jsonPage(snakeCase: Bool = false) throws -> Data {
        try encoder(snakeCase, .prettyPrinted).encode(self)
    }

    private func encoder(
        _ snakeCase: Bool,
        _ layout: JSONEncoder.OutputFormatting
    ) -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = snakeCase ? .convertToSnakeCase : .useDefaultKeys
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = layout.union([.sortedKeys, .withoutEscapingSlashes])
        return encoder
    }
}
