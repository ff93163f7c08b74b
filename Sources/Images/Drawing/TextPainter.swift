/// Draws text of one size into bitmaps.
///
/// Letters are those of Latin-1, Latin Extended-A and whatever else Latin letters with accents
/// make up; other scripts are written in Latin letters.
public struct TextPainter: Sendable {
    /// Height of a line in pixels, at least 8.
    public let lineHeight: Int
    private let font = StrokeFont()
    private let unit: Float

    /// Makes a painter of lines that are `lineHeight` pixels high.
    public init(lineHeight: Int) {
        self.lineHeight = max(lineHeight, 8)
        unit = Float(self.lineHeight) / StrokeFont.line
    }

    /// Width of a text in pixels.
    public func width(_ text: String) -> Int {
        Int((font.layOut(text).width * unit + 2 * unit).rounded(.up))
    }

    /// Draws a text whose line begins at (x, y), its upper left corner.
    ///
    /// - Parameter isBold: whether the pen is thicker.
    public func draw(
        _ text: String,
        on bitmap: inout Bitmap,
        x: Int,
        y: Int,
        _ colour: SIMD3<UInt8>,
        isBold: Bool = false
    ) {
        let radius = max(StrokeFont.pen * unit * (isBold ? 1.45 : 1), 1.05) / 2
        let origin = SIMD2(
            Float(x) + unit,
            Float(y) + (StrokeFont.line - StrokeFont.base) * unit
        )
        // Strokes that cross must not darken each other, so that coverage is gathered first.
        var coverage: [Int: Float] = [:]
        for stroke in font.layOut(text).strokes {
            let a = origin + SIMD2(stroke.x, -stroke.y) * unit
            let b = origin + SIMD2(stroke.z, -stroke.w) * unit
            cover(a, b, radius, bitmap, &coverage)
        }
        for (pixel, share) in coverage {
            bitmap.blend(pixel % bitmap.width, pixel / bitmap.width, colour, share)
        }
    }

    /// Breaks a text into lines of at most `width` pixels; what does not fit into `lines` lines is
    /// cut with three dots.
    public func wrap(_ text: String, width: Int, lines: Int) -> [String] {
        var result: [String] = []
        var rest = font.legible(text).split(separator: " ").map(String.init)[...]
        while !rest.isEmpty, result.count < lines {
            var line = rest.removeFirst()
            while let next = rest.first, self.width(line + " " + next) <= width {
                line += " " + next
                rest.removeFirst()
            }
            let isLast = result.count == lines - 1
            if isLast, !rest.isEmpty { line += " " + rest.joined(separator: " ") }
            if self.width(line) > width {
                let kept = shorten(line, width, isLast ? "..." : "-")
                if !isLast {
                    rest.insert(String(line.dropFirst(kept.count - 1)), at: rest.startIndex)
                }
                line = kept
            }
            result.append(line)
        }
        return result
    }

    /// The longest beginning of a text that fits, with `end` behind it; at least one letter.
    private func shorten(_ text: String, _ width: Int, _ end: String) -> String {
        var kept = text
        while kept.count > 1, self.width(kept + end) > width { kept.removeLast() }
        while kept.count > 1, kept.hasSuffix(" ") { kept.removeLast() }
        return kept + end
    }

    /// Adds what a pen of the given radius covers on its way from a to b.
    private func cover(
        _ a: SIMD2<Float>,
        _ b: SIMD2<Float>,
        _ radius: Float,
        _ bitmap: Bitmap,
        _ coverage: inout [Int: Float]
    ) {
        let reach = radius + 1
        let left = max(Int(min(a.x, b.x) - reach), 0)
        let right = min(Int(max(a.x, b.x) + reach), bitmap.width - 1)
        let above = max(Int(min(a.y, b.y) - reach), 0)
        let below = min(Int(max(a.y, b.y) + reach), bitmap.height - 1)
        guard left <= right, above <= below else { return }
        let along = b - a
        let square = max((along * along).sum(), 1e-9)
        for y in above...below {
            for x in left...right {
                let point = SIMD2(Float(x) + 0.5, Float(y) + 0.5)
                let t = min(max(((point - a) * along).sum() / square, 0), 1)
                let away = point - a - along * t
                let share = min(radius + 0.5 - (away * away).sum().squareRoot(), 1)
                guard share > 0 else { continue }
                let pixel = y * bitmap.width + x
                coverage[pixel] = max(coverage[pixel] ?? 0, share)
            }
        }
    }
}
