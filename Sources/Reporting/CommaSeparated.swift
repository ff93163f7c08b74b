import Files
public import Foundation

/// Tables of comma-separated values.
public enum CommaSeparated {
    /// A row with its line's end, fields quoted where they have to be; bytes that are not UTF-8 are told
    /// by their codes.
    ///
    /// - Parameter safely: put an apostrophe before what a spreadsheet would take for a formula.
    public static func line(_ fields: [String], safely: Bool = false) -> String {
        fields.map { quoted(safely ? harmless($0.readable) : $0.readable) }.joined(separator: ",")
            + "\n"
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

    /// All rows of a text in UTF-8, quotes undone.
    public static func rows(_ text: Data) -> [[String]] {
        var rows: [[String]] = []
        var row: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        func take() {
            row.append(String(decoding: field, as: UTF8.self))
            field.removeAll(keepingCapacity: true)
        }
        text.withUnsafeBytes { bytes in
            var place = 0
            while place < bytes.count {
                let byte = bytes[place]
                place += 1
                switch byte {
                case UInt8(ascii: "\"")
                where isQuoted && place < bytes.count && bytes[place] == UInt8(ascii: "\""):
                    field.append(byte)
                    place += 1
                case UInt8(ascii: "\""): isQuoted.toggle()
                case UInt8(ascii: ",") where !isQuoted: take()
                case UInt8(ascii: "\n") where !isQuoted:
                    take()
                    rows.append(row)
                    row = []
                case UInt8(ascii: "\r") where !isQuoted: break
                default: field.append(byte)
                }
            }
        }
        if !field.isEmpty || !row.isEmpty {
            take()
            rows.append(row)
        }
        return rows
    }

    /// All rows of a text, quotes undone.
    public static func rows(_ text: String) -> [[String]] { rows(Data(text.utf8)) }

    private static func quoted(_ field: String) -> String {
        let special = field.unicodeScalars.contains { ",\"\n\r".unicodeScalars.contains($0) }
        return special ? "\"" + field.replacing("\"", with: "\"\"") + "\"" : field
    }
}
