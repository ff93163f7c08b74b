/// Solids made of triangles.
struct Mesh {
    struct Vertex {
        var position: Vector
        /// Outwards or inwards: the side that is seen is lit.
        var normal: Vector
    }

    struct Triangle {
        var corners: (Vertex, Vertex, Vertex)
        var colour: Vector
        /// Share of its own light at night, as of windows.
        var glow: Float
    }

    private(set) var triangles: [Triangle] = []

    /// Adds a triangle with one normal.
    mutating func triangle(_ a: Vector, _ b: Vector, _ c: Vector, _ colour: Vector, glow: Float = 0)
    {
        let normal = (b - a).cross(c - a).normalised
        triangles.append(
            Triangle(
                corners: (
                    Vertex(position: a, normal: normal), Vertex(position: b, normal: normal),
                    Vertex(position: c, normal: normal)
                ),
                colour: colour,
                glow: glow
            )
        )
    }

    /// Adds a flat quadrilateral; its corners go round.
    mutating func quad(
        _ a: Vector,
        _ b: Vector,
        _ c: Vector,
        _ d: Vector,
        _ colour: Vector,
        glow: Float = 0
    ) {
        triangle(a, b, c, colour, glow: glow)
        triangle(a, c, d, colour, glow: glow)
    }

    /// Adds a box that stands at `base`, the centre of its lower face.
    mutating func box(_ base: Vector, _ size: Vector, _ colour: Vector, turn: Float = 0) {
        prism(
            [
                SIMD2(-size.x / 2, -size.z / 2), SIMD2(size.x / 2, -size.z / 2),
                SIMD2(size.x / 2, size.z / 2), SIMD2(-size.x / 2, size.z / 2),
            ],
            height: size.y,
            colour
        ) { base + $0.turned(turn) }
    }

    /// Adds an upright prism over a convex outline in (x, z).
    private mutating func prism(
        _ outline: [SIMD2<Float>],
        height: Float,
        _ colour: Vector,
        _ place: (Vector) -> Vector
    ) {
        let low = outline.map { place(Vector($0.x, 0, $0.y)) }
        let high = outline.map { place(Vector($0.x, height, $0.y)) }
        for i in outline.indices {
            let j = (i + 1) % outline.count
            quad(low[i], low[j], high[j], high[i], colour)
        }
        for i in 1..<outline.count - 1 { triangle(high[0], high[i], high[i + 1], colour) }
    }

    /// Adds a convex outline in (x, y) drawn out from z = `back` to z = `front`.
    mutating func slab(
        _ outline: [SIMD2<Float>],
        back: Float,
        front: Float,
        _ colour: Vector,
        at: Vector = .zero
    ) {
        let near = outline.map { at + Vector($0.x, $0.y, front) }
        let far = outline.map { at + Vector($0.x, $0.y, back) }
        for i in outline.indices {
            let j = (i + 1) % outline.count
            quad(near[i], near[j], far[j], far[i], colour)
        }
        for i in 1..<outline.count - 1 {
            triangle(near[0], near[i], near[i + 1], colour)
            triangle(far[0], far[i], far[i + 1], colour)
        }
    }

    /// Adds a solid with an upright axis: `profile` gives (radius, height) from below.
    ///
    /// - Parameters:
    ///   - sides: corners of the cross-section; the radius is measured to the middle of a side.
    ///   - stretch: factors of the cross-section along x and z.
    ///   - smooth: whether the sides are shaded as round.
    ///   - colours: one colour, or one for each step of the profile.
    mutating func lathe(
        _ profile: [SIMD2<Float>],
        sides: Int,
        at: Vector = .zero,
        stretch: SIMD2<Float> = SIMD2(1, 1),
        turn: Float = 0,
        smooth: Bool = true,
        _ colours: Vector...,
        lean: Vector = .zero
    ) {
        let reach = smooth ? 1 : 1 / cosine(Float.pi / Float(sides))
        func ring(_ side: Int) -> SIMD2<Float> {
            let angle = turn + 2 * Float.pi * (Float(side) + 0.5) / Float(sides)
            return SIMD2(sine(angle), cosine(angle)) * stretch
        }
        func point(_ p: SIMD2<Float>, _ direction: SIMD2<Float>) -> Vector {
            at + Vector(p.x * reach * direction.x, p.y, p.x * reach * direction.y) + lean * p.y
        }
        for step in 0..<profile.count - 1 {
            let (low, high) = (profile[step], profile[step + 1])
            let colour = colours[min(step, colours.count - 1)]
            let slope = Vector(0, low.x - high.x, 0)
            let rise = high.y - low.y
            for side in 0..<sides {
                let (d, e) = (ring(side), ring(side + 1))
                if smooth {
                    let (n, m) = (
                        (Vector(d.x, 0, d.y) * rise + slope).normalised,
                        (Vector(e.x, 0, e.y) * rise + slope).normalised
                    )
                    let a = Vertex(position: point(low, d), normal: n)
                    let b = Vertex(position: point(low, e), normal: m)
                    let c = Vertex(position: point(high, e), normal: m)
                    let f = Vertex(position: point(high, d), normal: n)
                    if low.x > 0 {
                        triangles.append(Triangle(corners: (a, b, c), colour: colour, glow: 0))
                    }
                    if high.x > 0 {
                        triangles.append(Triangle(corners: (a, c, f), colour: colour, glow: 0))
                    }
                } else {
                    let (a, b) = (point(low, d), point(low, e))
                    let (c, f) = (point(high, e), point(high, d))
                    if low.x > 0 { triangle(a, b, c, colour) }
                    if high.x > 0 { triangle(a, c, f, colour) }
                }
            }
        }
    }

    /// Adds a straight beam of square section.
    mutating func beam(_ from: Vector, _ to: Vector, _ thickness: Float, _ colour: Vector) {
        let along = (to - from).normalised
        let helper = abs(along.y) > 0.9 ? Vector(1, 0, 0) : Vector(0, 1, 0)
        let u = along.cross(helper).normalised * (thickness / 2)
        let v = along.cross(u).normalised * (thickness / 2)
        let corners = [u + v, u - v, -u - v, -u + v]
        for i in 0..<4 {
            let (p, q) = (corners[i], corners[(i + 1) % 4])
            quad(from + p, from + q, to + q, to + p, colour)
        }
    }

    /// Adds another mesh, moved by `place`, which must keep lengths and angles.
    mutating func add(_ other: Mesh, _ place: (Vector) -> Vector) {
        let origin = place(.zero)
        func moved(_ vertex: Vertex) -> Vertex {
            Vertex(position: place(vertex.position), normal: place(vertex.normal) - origin)
        }
        for triangle in other.triangles {
            let (a, b, c) = triangle.corners
            triangles.append(
                Triangle(
                    corners: (moved(a), moved(b), moved(c)),
                    colour: triangle.colour,
                    glow: triangle.glow
                )
            )
        }
    }

    /// The corners of a box around all triangles.
    var bounds: (low: Vector, high: Vector) {
        var low = Vector(repeating: .infinity)
        var high = Vector(repeating: -.infinity)
        for triangle in triangles {
            for p in [triangle.corners.0, triangle.corners.1, triangle.corners.2].map(\.position) {
                low = pointwiseMin(low, p)
                high = pointwiseMax(high, p)
            }
        }
        return (low, high)
    }
}
