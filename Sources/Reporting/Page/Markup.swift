import Files

/// Text from outside, such as names and paths, made ready for the page.
///
/// All of it is escaped here and not by the template: the library that fills it goes by characters,
/// and takes a quotation mark with a combining accent for no quotation mark.
enum PageText {
    /// Characters of a name that are shown; the whole of it is in its tooltip.
    private static let longest = 90

    /// Text as it is.
    static func plain(_ text: String) -> String { SVG.escape(text) }

    /// A name: on one or several lines that break between words, in its own direction.
    static func name(_ name: String) -> String {
        "<bdi class=\"name\" title=\"\(SVG.escape(cut(name, 1000)))\">\(SVG.escape(cut(name)))</bdi>"
    }

    /// A name within a sentence.
    static func inline(_ name: String) -> String { "<bdi>\(SVG.escape(cut(name)))</bdi>" }

    /// A path, which may break behind each slash.
    static func path(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false)
            .map { SVG.escape(String($0)) }.joined(separator: "/<wbr>")
    }

    /// Words of a command line, or names of machines, none of which breaks at its hyphens.
    static func words(_ words: [String], separator: String = " ") -> String {
        words.map { "<span class=\"word\">\(SVG.escape(cut($0, 500)))</span>" }
            .joined(separator: separator)
    }

    /// The text up to so many characters, cut between words where there are some.
    static func cut(_ text: String, _ count: Int = longest) -> String {
        guard text.count > count else { return text }
        let kept = text.prefix(count)
        let words = kept.lastIndex(of: " ").map { kept[..<$0] } ?? kept
        return (words.count > count / 2 ? words : kept) + "…"
    }
}

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

    /// The tag that a chart begins with.
    static func begin(_ title: String, _ width: Double, _ height: Double) -> String {
        "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
            + "viewBox=\"0 0 \(px: width) \(px: height)\" aria-label=\"\(escape(title))\">"
    }

    /// A line of text at a place; `anchor` is the part of it that lies there.
    static func text(
        _ text: String,
        _ x: Double,
        _ y: Double,
        _ style: String,
        _ anchor: String = "start"
    ) -> String {
        "<text class=\"\(style)\" text-anchor=\"\(anchor)\" x=\"\(px: x)\" y=\"\(px: y)\">"
            + escape(text) + "</text>"
    }

    /// A straight line between two places.
    static func rule(_ style: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double)
        -> String
    {
        "<line class=\"\(style)\" x1=\"\(px: x1)\" y1=\"\(px: y1)\" "
            + "x2=\"\(px: x2)\" y2=\"\(px: y2)\"/>"
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

extension DefaultStringInterpolation {
    /// Adds a coordinate.
    mutating func appendInterpolation(px value: Double) { appendLiteral(SVG.number(value)) }
}
