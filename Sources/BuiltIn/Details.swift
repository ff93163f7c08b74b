/// What many landmarks have in common.
extension Mesh {
    /// Adds dark windows that glow at night, in a grid on a flat wall.
    ///
    /// - Parameters:
    ///   - corner: lower left corner of the wall.
    ///   - across: the wall's lower edge.
    ///   - up: the wall's left edge.
    ///   - columns: windows in a row.
    ///   - rows: windows above one another.
    ///   - fill: share of its cell that a window takes, in both directions.
    func windows(
        _ corner: Vector,
        _ across: Vector,
        _ up: Vector,
        _ columns: Int = 1,
        _ rows: Int = 1,
        fill: (Float, Float) = (0.5, 0.6),
        _ colour: Vector = .rgb(0x2e3a46)
    ) {
        let out = across.cross(up).normalised * 0.006
        for row in 0..<rows {
            for column in 0..<columns {
                let u = (Float(column) + (1 - fill.0) / 2) / Float(columns)
                let v = (Float(row) + (1 - fill.1) / 2) / Float(rows)
                let a = corner + across * u + up * v + out
                let du = across * (fill.0 / Float(columns))
                let dv = up * (fill.1 / Float(rows))
                // Some rooms are dark.
                let glow: Float = (row * 7 + column * 5 + columns) % 11 < 7 ? 1 : 0.1
                quad(a, a + du, a + du + dv, a + dv, colour, glow: glow)
            }
        }
    }

    /// Adds windows on all four sides of a box.
    func windows(
        around box: Box,
        _ columns: Int,
        _ rows: Int,
        fill: (Float, Float) = (0.5, 0.6),
        _ colour: Vector = .rgb(0x2e3a46)
    ) {
        let (base, size) = (box.base, box.size)
        let (x, up, z) = (at(size.x, 0, 0), at(0, size.y, 0), at(0, 0, size.z))
        let deep = max(Int((Float(columns) * size.z / size.x).rounded()), 1)
        windows(base + (z - x) / 2, x, up, columns, rows, fill: fill, colour)
        windows(base + (x - z) / 2, -x, up, columns, rows, fill: fill, colour)
        windows(base + (x + z) / 2, -z, up, deep, rows, fill: fill, colour)
        windows(base - (x + z) / 2, z, up, deep, rows, fill: fill, colour)
    }

    /// Adds battlements along the top edges of a box, `count` at the front.
    func battlements(_ box: Box, _ count: Int, _ colour: Vector) {
        let (size, top) = (box.size, box.base + at(0, box.size.y, 0))
        let tooth = size.x / Float(2 * count - 1)
        let deep = max(Int((size.z / tooth / 2).rounded()), 2)
        for i in 0..<count {
            let x = -size.x / 2 + tooth * (Float(2 * i) + 0.5)
            for z in [-1, 1] as [Float] {
                let foot = top + at(x, 0, z * (size.z - tooth * 0.6) / 2)
                self.box(foot, tooth, tooth, tooth * 0.6, colour)
            }
        }
        for i in 1..<deep {
            let z = -size.z / 2 + size.z * Float(i) / Float(deep)
            for x in [-1, 1] as [Float] {
                let foot = top + at(x * (size.x - tooth * 0.6) / 2, 0, z)
                self.box(foot, tooth * 0.6, tooth, tooth, colour)
            }
        }
    }

    /// An opening in a wall: an arch over two straight sides.
    struct Opening {
        /// Middle, half of the width, height at which the arch begins, and its rise.
        var centre, half, spring, rise: Float
    }

    /// Adds a wall with arched openings, from x = `left` to `right` and y = 0 to `top`, between
    /// z = `back` and `front`.
    ///
    /// - Parameter openings: from left to right, apart from one another and below the top.
    func arcade(
        _ left: Float,
        _ right: Float,
        top: Float,
        _ back: Float,
        _ front: Float,
        _ openings: [Opening],
        _ colour: Vector
    ) {
        typealias Point = (x: Float, y: Float)
        func wall(_ a: Point, _ b: Point) {
            for z in [back, front] {
                quad(at(a.x, a.y, z), at(b.x, b.y, z), at(b.x, top, z), at(a.x, top, z), colour)
            }
        }
        func through(_ a: Point, _ b: Point, _ colour: Vector) {
            let (near, far) = (at(b.x, b.y, front), at(b.x, b.y, back))
            quad(at(a.x, a.y, back), far, near, at(a.x, a.y, front), colour)
        }
        let inside = colour * 0.62
        var x = left
        for opening in openings {
            let (start, end) = (opening.centre - opening.half, opening.centre + opening.half)
            wall((x, 0), (start, 0))
            through((start, 0), (start, opening.spring), inside)
            through((end, 0), (end, opening.spring), inside)
            var last = (start, opening.spring)
            for step in 1...12 {
                let angle = Float.pi * (1 - Float(step) / 12)
                let next = (
                    opening.centre + opening.half * cosine(angle),
                    opening.spring + opening.rise * sine(angle)
                )
                wall(last, next)
                through(last, next, inside)
                last = next
            }
            x = end
        }
        wall((x, 0), (right, 0))
        through((left, 0), (left, top), colour)
        through((right, 0), (right, top), colour)
        through((left, top), (right, top), colour)
    }
}
