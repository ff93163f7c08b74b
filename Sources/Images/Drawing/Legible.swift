import Foundation

extension StrokeFont {
    /// A text in letters that the font has: other scripts are written in Latin letters, and what is
    /// left over goes.
    ///
    /// - Returns: `?` where nothing is left.
    func legible(_ text: String) -> String {
        var plain = ""
        for scalar in text.unicodeScalars { plain += StrokeFont.plain(scalar) }
        let words = plain.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard !canDraw(words), !words.isEmpty else { return words }
        let latin = words.applyingTransform(.toLatin, reverse: false) ?? words
        var result = ""
        for character in latin {
            if canDraw(String(character)) {
                result.append(character)
                continue
            }
            for scalar in String(character).decomposedStringWithCompatibilityMapping.unicodeScalars
            {
                result += StrokeFont.plain(scalar).filter { canDraw(String($0)) }
            }
        }
        let tidy = result.split(separator: " ").joined(separator: " ")
        return tidy.isEmpty ? "?" : tidy
    }

    private func canDraw(_ text: String) -> Bool {
        text.decomposedStringWithCanonicalMapping.unicodeScalars.allSatisfy(has)
    }

    /// Signs of typography, written in ASCII.
    private static func plain(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "‘", "’", "‚", "‹", "›", "ʼ", "ʻ", "′", "ʹ": "'"
        case "“", "”", "„", "«", "»", "″": "\""
        case "‐", "‑", "–", "—", "−": "-"
        case "…": "..."
        case "⁄": "/"
        default: String(scalar)
        }
    }
}
