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
    mutating func windows(
        _ corner: Vector,
        across: Vector,
        up: Vector,
        columns: Int,
        rows: Int,
        fill: SIMD2<Float> = SIMD2(0.5, 0.6),
        _ colour: Vector = .rgb(0x2e3a46)
    ) {
        let out = across.cross(up).normalised * 0.006
        for row in 0..<rows {
            for column in 0..<columns {
                let u = (Float(column) + (1 - fill.x) / 2) / Float(columns)
                let v = (Float(row) + (1 - fill.y) / 2) / Float(rows)
                let a = corner + across * u + up * v + out
                let du = across * (fill.x / Float(columns))
                let dv = up * (fill.y / Float(rows))
                // Some rooms are dark.
                let glow: Float = (row * 7 + column * 5 + columns) % 11 < 7 ? 1 : 0.1
                quad(a, a + du, a + du + dv, a + dv, colour, glow: glow)
            }
        }
    }

    /// Adds windows on all four sides of a box as of `box(_:_:_:)`.
    mutating func windows(
        around base: Vector,
        _ size: Vector,
        columns: Int,
        rows: Int,
        fill: SIMD2<Float> = SIMD2(0.5, 0.6),
        _ colour: Vector = .rgb(0x2e3a46)
    ) {
        let up = Vector(0, size.y, 0)
        let (x, z) = (Vector(size.x, 0, 0), Vector(0, 0, size.z))
        let deep = max(Int((Float(columns) * size.z / size.x).rounded()), 1)
        windows(
            base + (z - x) / 2,
            across: x,
            up: up,
            columns: columns,
            rows: rows,
            fill: fill,
            colour
        )
        windows(
            base + (x - z) / 2,
            across: -x,
            up: up,
            columns: columns,
            rows: rows,
            fill: fill,
            colour
        )
        windows(
            base + (x + z) / 2,
            across: -z,
            up: up,
            columns: deep,
            rows: rows,
            fill: fill,
            colour
        )
        windows(
            base - (x + z) / 2,
            across: z,
            up: up,
            columns: deep,
            rows: rows,
            fill: fill,
            colour
        )
    }

    /// Adds battlements along the top edges of a box of the given size at `base`.
    mutating func battlements(_ base: Vector, _ size: Vector, count: Int, _ colour: Vector) {
        let tooth = size.x / Float(2 * count - 1)
        let top = base + Vector(0, size.y, 0)
        let deep = max(Int((size.z / tooth / 2).rounded()), 1)
        for i in 0..<count {
            let x = -size.x / 2 + tooth * (Float(2 * i) + 0.5)
            for z in [-1, 1] as [Float] {
                box(
                    top + Vector(x, 0, z * (size.z - tooth * 0.6) / 2),
                    Vector(tooth, tooth, tooth * 0.6),
                    colour
                )
            }
        }
        for i in 1..<max(deep, 2) {
            let z = -size.z / 2 + size.z * Float(i) / Float(max(deep, 2))
            for x in [-1, 1] as [Float] {
                box(
                    top + Vector(x * (size.x - tooth * 0.6) / 2, 0, z),
                    Vector(tooth * 0.6, tooth, tooth),
                    colour
                )
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
    mutating func arcade(
        left: Float,
        right: Float,
        top: Float,
        back: Float,
        front: Float,
        openings: [Opening],
        _ colour: Vector,
        at: Vector = .zero
    ) {
        let inside = colour * 0.62
        var x = left
        func wall(_ mesh: inout Mesh, _ a: SIMD2<Float>, _ b: SIMD2<Float>) {
            for z in [back, front] {
                mesh.quad(
                    at + Vector(a.x, a.y, z),
                    at + Vector(b.x, b.y, z),
                    at + Vector(b.x, top, z),
                    at + Vector(a.x, top, z),
                    colour
                )
            }
        }
        func soffit(_ mesh: inout Mesh, _ a: SIMD2<Float>, _ b: SIMD2<Float>) {
            mesh.quad(
                at + Vector(a.x, a.y, back),
                at + Vector(b.x, b.y, back),
                at + Vector(b.x, b.y, front),
                at + Vector(a.x, a.y, front),
                inside
            )
        }
        for opening in openings {
            let (start, end) = (opening.centre - opening.half, opening.centre + opening.half)
            wall(&self, SIMD2(x, 0), SIMD2(start, 0))
            soffit(&self, SIMD2(start, 0), SIMD2(start, opening.spring))
            soffit(&self, SIMD2(end, 0), SIMD2(end, opening.spring))
            let steps = 12
            var last = SIMD2(start, opening.spring)
            for step in 1...steps {
                let angle = Float.pi * (1 - Float(step) / Float(steps))
                let next = SIMD2(
                    opening.centre + opening.half * cosine(angle),
                    opening.spring + opening.rise * sine(angle)
                )
                wall(&self, last, next)
                soffit(&self, last, next)
                last = next
            }
            x = end
        }
        wall(&self, SIMD2(x, 0), SIMD2(right, 0))
        for (a, b) in [
            (SIMD2(left, 0), SIMD2(left, top)), (SIMD2(right, 0), SIMD2(right, top)),
            (SIMD2(left, top), SIMD2(right, top)),
        ] {
            quad(
                at + Vector(a.x, a.y, back),
                at + Vector(b.x, b.y, back),
                at + Vector(b.x, b.y, front),
                at + Vector(a.x, a.y, front),
                colour
            )
        }
    }

    /// Adds a ball.
    mutating func ball(_ centre: Vector, _ radius: Float, _ colour: Vector, sides: Int = 12) {
        let profile = (0...6).map { step -> SIMD2<Float> in
            let angle = Float.pi * (Float(step) / 6 - 0.5)
            return SIMD2(max(cosine(angle), 0) * radius, sine(angle) * radius)
        }
        lathe(profile, sides: sides, at: centre, colour)
    }
}
