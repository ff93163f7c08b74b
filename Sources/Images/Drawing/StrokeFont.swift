import Foundation

/// A font whose letters are drawn by a pen along lines and arcs, sharp at any size.
///
/// Units: small letters are 5 high, capitals 7; y points up and is 0 on the base line.
struct StrokeFont: Sendable {
    /// Thickness of the pen.
    static let pen: Float = 0.95
    /// Height of a line of text, accents and descenders included.
    static let line: Float = 12.5
    /// Height of the base line above the bottom of a line.
    static let base: Float = 2.9

    struct Glyph: Sendable {
        /// Width of the ink.
        var width: Float = 0
        /// Where an accent goes that stands on the letter.
        var top: Float = 7
        var strokes: [SIMD4<Float>] = []

        /// Room from one letter to the next.
        var advance: Float { width + 1.9 }
    }

    private let glyphs: [Unicode.Scalar: Glyph]
    private let marks: [Unicode.Scalar: Glyph]

    init() {
        glyphs = StrokeFont.parse(GlyphTable.letters + GlyphTable.signs + GlyphTable.special)
        marks = StrokeFont.parse(GlyphTable.marks)
    }

    /// Whether a scalar can be drawn by itself.
    func has(_ scalar: Unicode.Scalar) -> Bool { glyphs[scalar] != nil || marks[scalar] != nil }

    /// The letters of a text with their places, in units; accents are composed with their letters.
    ///
    /// - Returns: strokes as (x₀, y₀, x₁, y₁), and the width of the text.
    func layOut(_ text: String) -> (strokes: [SIMD4<Float>], width: Float) {
        var strokes: [SIMD4<Float>] = []
        var x: Float = 0
        for character in legible(text) {
            let scalars = Array(
                String(character).decomposedStringWithCanonicalMapping.unicodeScalars
            )
            guard let first = scalars.first, var glyph = glyphs[first] else { continue }
            let accents = scalars.dropFirst().compactMap { marks[$0] }
            // A dot makes way for an accent above.
            if accents.contains(where: { $0.top > 0 }) {
                if first == "i", let dotless = glyphs["ı"] { glyph = dotless }
                if first == "j", let dotless = glyphs["ȷ"] { glyph = dotless }
            }
            // Under an accent a narrow letter takes more room.
            let room = accents.isEmpty ? 0 : max(2.2 - glyph.width, 0)
            x += room / 2
            for stroke in glyph.strokes { strokes.append(stroke + SIMD4(x, 0, x, 0)) }
            for accent in accents {
                let shift = SIMD4(
                    x + glyph.width / 2,
                    accent.top > 0 ? glyph.top : 0,
                    x + glyph.width / 2,
                    accent.top > 0 ? glyph.top : 0
                )
                for stroke in accent.strokes { strokes.append(stroke + shift) }
            }
            x += glyph.advance + room / 2
        }
        return (strokes, max(x - 1.9, 0))
    }

    /// Reads a table: a line for each sign, of the sign, its width, its height and its path.
    private static func parse(_ table: String) -> [Unicode.Scalar: Glyph] {
        var glyphs: [Unicode.Scalar: Glyph] = [:]
        for line in table.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 3)
            guard parts.count >= 3, let sign = sign(parts[0]), let width = Float(parts[1]),
                let top = Float(parts[2])
            else { continue }
            var glyph = Glyph(width: width, top: top)
            if parts.count > 3 { glyph.strokes = StrokePath.flatten(parts[3]) }
            glyphs[sign] = glyph
        }
        return glyphs
    }

    /// A sign, written as it is or as `U+0301`.
    private static func sign(_ text: Substring) -> Unicode.Scalar? {
        guard text.hasPrefix("U+"), text.count > 2 else { return text.unicodeScalars.first }
        return UInt32(text.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init)
    }
}
