import Foundation

/// Reads the paths of `GlyphTable`.
///
/// `M x y` lifts the pen to a point, `L x y` draws a line, `Q cx cy x y` a curve bent towards c,
/// `A cx cy rx ry from to` an arc between two angles in degrees, and `O cx cy rx ry` an ellipse.
/// `M` alone makes a dot. An arc that begins elsewhere than where the pen is lifts it.
enum StrokePath {
    /// The straight pieces of a path, as (x₀, y₀, x₁, y₁).
    static func flatten(_ path: Substring) -> [SIMD4<Float>] {
        var pieces: [SIMD4<Float>] = []
        var pen = SIMD2<Float>()
        var isDot = false
        func line(_ to: SIMD2<Float>) {
            pieces.append(SIMD4(pen.x, pen.y, to.x, to.y))
            pen = to
            isDot = false
        }
        func lift(_ to: SIMD2<Float>) {
            if isDot { line(pen) }
            pen = to
        }
        var words = path.split(separator: " ")[...]
        func numbers(_ count: Int) -> [Float] {
            let taken = words.prefix(count).map { Float($0) ?? 0 }
            words = words.dropFirst(count)
            return taken
        }
        while let command = words.popFirst() {
            switch command {
            case "M":
                let n = numbers(2)
                lift(SIMD2(n[0], n[1]))
                isDot = true
            case "L":
                let n = numbers(2)
                line(SIMD2(n[0], n[1]))
            case "Q":
                let n = numbers(4)
                let (start, bend, end) = (pen, SIMD2(n[0], n[1]), SIMD2(n[2], n[3]))
                for step in 1...8 {
                    let t = Float(step) / 8
                    let u = 1 - t
                    let first = start * (u * u) + bend * (2 * t * u)
                    line(first + end * (t * t))
                }
            case "A", "O":
                let n = numbers(command == "A" ? 6 : 4) + (command == "A" ? [] : [0, 360])
                func point(_ degrees: Float) -> SIMD2<Float> {
                    let angle = degrees * .pi / 180
                    return SIMD2(n[0] + n[2] * cos(angle), n[1] + n[3] * sin(angle))
                }
                let start = point(n[4])
                if abs(start.x - pen.x) + abs(start.y - pen.y) > 0.1 { lift(start) }
                let steps = max(Int((abs(n[5] - n[4]) / 18).rounded(.up)), 2)
                for step in 1...steps {
                    line(point(n[4] + (n[5] - n[4]) * Float(step) / Float(steps)))
                }
            default: continue
            }
        }
        if isDot { line(pen) }
        return pieces
    }
}
