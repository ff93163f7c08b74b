/// Writes comma-separated values (RFC 4180).
public enum CommaSeparated {
    /// A row with its line's end, fields quoted where they have to be; bytes that are not UTF-8 are told
    /// by their codes.
    ///
    /// - Parameter safely: put an apostrophe before what a spreadsheet would take for a formula.
    public static func line(_ fields: [String], safely: Bool = false) -> String {
        fields.map { field(safely ? harmless($0.readable) : $0.readable) }.joined(separator: ",")
            + "\n"
    }

    /// A field, quoted where it has to be.
    public static func field(_ text: String) -> String {
        let isSpecial = text.utf8.contains {
            $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\n")
                || $0 == UInt8(ascii: "\r")
        }
        return isSpecial ? quoted(text) : text
    }

    /// A field in quotes.
    public static func quoted(_ text: String) -> String {
        var field = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" { field.unicodeScalars.append(scalar) }
            field.unicodeScalars.append(scalar)
        }
        return field + "\""
    }

    /// A field that no spreadsheet computes.
    ///
    /// Formulas begin with one of six characters; numbers, which may begin with a sign, stay as they are.
    private static func harmless(_ field: String) -> String {
        guard let first = field.unicodeScalars.first, "=+-@\t\r".unicodeScalars.contains(first),
            Double(field) == nil
        else { return field }
        return "'" + field
    }
}
