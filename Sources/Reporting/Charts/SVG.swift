import Files

/// Small helpers for text that goes into SVG and HTML.
enum SVG {
    /// The text with the characters escaped that markup gives a meaning, on one line, control
    /// characters and what turns the direction of writing told by their codes.
    ///
    /// It goes by scalars: a quotation mark with a combining accent is one character to Swift, and
    /// still ends an attribute.
    static func escape(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.shown.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// About how wide the text is in pixels, in the size of marks and labels.
    static func width(_ text: String) -> Double { 6.2 * Double(columns(text)) }

    /// The text cut to so many columns, with an ellipsis where something is left out.
    static func shortened(_ text: String, columns room: Int) -> String {
        guard columns(text) > room else { return text }
        var kept = ""
        var used = 1
        for character in text {
            used += columns(String(character))
            guard used <= room else { break }
            kept.append(character)
        }
        while kept.last == " " { kept.removeLast() }
        return kept + "…"
    }

    /// Columns that a text takes, where East Asian characters and pictures take two.
    private static func columns(_ text: String) -> Int {
        text.reduce(0) { sum, character in
            guard let first = character.unicodeScalars.first else { return sum }
            let isWide =
                switch first.value {
                case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
                    0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F000...0x3FFFF:
                    true
                default: false
                }
            return sum + (isWide ? 2 : 1)
        }
    }

    /// A coordinate with at most two decimals.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let hundredths = Int((value * 100).rounded())
        let whole = abs(hundredths) / 100
        let rest = abs(hundredths) % 100
        let sign = hundredths < 0 ? "-" : ""
        guard rest > 0 else { return "\(sign)\(whole)" }
        guard rest % 10 > 0 else { return "\(sign)\(whole).\(rest / 10)" }
        return "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }
}
