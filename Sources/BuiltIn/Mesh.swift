/// A point.
func at(_ x: Float, _ y: Float, _ z: Float) -> Vector { Vector(x, y, z) }

/// Points of an outline: (radius, height) of a lathe, (x, y) of a slab.
typealias Profile = [(Float, Float)]

/// Solids made of triangles, and the vocabulary in which landmarks are described.
///
/// Lengths are such that most landmarks are about 1 high. A colour is that of plain light.
final class Mesh {
    struct Triangle {
        var corners: (Vector, Vector, Vector)
        /// At each corner, outwards or inwards: the side that is seen is lit.
        var normals: (Vector, Vector, Vector)
        var colour: Vector
        /// Share of its own light at night, as of windows.
        var glow: Float
    }

    /// An upright box on `base`, the centre of its lower face.
    struct Box {
        var base, size: Vector
    }

    private(set) var triangles: [Triangle] = []

    /// Adds a flat triangle.
    func triangle(_ a: Vector, _ b: Vector, _ c: Vector, _ colour: Vector, glow: Float = 0) {
        let n = (b - a).cross(c - a).normalised
        triangles.append(
            Triangle(corners: (a, b, c), normals: (n, n, n), colour: colour, glow: glow)
        )
    }

    /// Adds a flat convex outline, its corners in order.
    func polygon(_ corners: [Vector], _ colour: Vector, glow: Float = 0) {
        for i in 1..<corners.count - 1 {
            triangle(corners[0], corners[i], corners[i + 1], colour, glow: glow)
        }
    }

    /// Adds a flat quadrilateral, its corners in order.
    func quad(
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

    /// Adds a box of the given width, height and depth on `base`, the centre of its lower face.
    @discardableResult
    func box(_ base: Vector, _ w: Float, _ h: Float, _ d: Float, _ colour: Vector) -> Box {
        let (x, z) = (w / 2, d / 2)
        let low = [at(-x, 0, -z), at(x, 0, -z), at(x, 0, z), at(-x, 0, z)].map { base + $0 }
        let high = [at(-x, h, -z), at(x, h, -z), at(x, h, z), at(-x, h, z)].map { base + $0 }
        for i in 0..<4 { quad(low[i], low[(i + 1) % 4], high[(i + 1) % 4], high[i], colour) }
        polygon(high, colour)
        return Box(base: base, size: at(w, h, d))
    }

    /// Adds a convex outline in (x, y) drawn out from z = `back` to z = `front`.
    func slab(
        _ outline: Profile,
        _ back: Float,
        _ front: Float,
        _ colour: Vector,
        at: Vector
    ) {
        let near = outline.map { at + Vector($0.0, $0.1, front) }
        let far = outline.map { at + Vector($0.0, $0.1, back) }
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
    ///   - sides: corners of the cross-section; the radius of a flat one is measured to the middle of a side.
    ///   - smooth: whether the sides are shaded as round.
    ///   - lean: how far the axis moves for each unit of height.
    ///   - colours: one for each step of the profile; the last is that of the rest.
    func lathe(
        _ profile: Profile,
        _ sides: Int,
        at: Vector = .zero,
        smooth: Bool = true,
        turn: Float = 0,
        lean: Vector = .zero,
        _ colours: Vector...
    ) {
        let reach = smooth ? 1 : 1 / cosine(Float.pi / Float(sides))
        let directions = (0...sides).map { side in
            let angle = turn + 2 * Float.pi * (Float(side) + 0.5) / Float(sides)
            return Vector(sine(angle), 0, cosine(angle))
        }
        func point(_ p: (Float, Float), _ d: Vector) -> Vector {
            at + Vector(p.0 * reach * d.x, p.1, p.0 * reach * d.z) + lean * p.1
        }
        for step in 0..<profile.count - 1 {
            let (low, high) = (profile[step], profile[step + 1])
            let colour = colours[min(step, colours.count - 1)]
            let slope = Vector(0, low.0 - high.0, 0)
            for side in 0..<sides {
                let (d, e) = (directions[side], directions[side + 1])
                let (a, b, c, f) = (point(low, d), point(low, e), point(high, e), point(high, d))
                if smooth {
                    let n = (d * (high.1 - low.1) + slope).normalised
                    let m = (e * (high.1 - low.1) + slope).normalised
                    if low.0 > 0 { add((a, b, c), (n, m, m), colour) }
                    if high.0 > 0 { add((a, c, f), (n, m, n), colour) }
                } else {
                    if low.0 > 0 { triangle(a, b, c, colour) }
                    if high.0 > 0 { triangle(a, c, f, colour) }
                }
            }
        }
        func add(
            _ corners: (Vector, Vector, Vector),
            _ normals: (Vector, Vector, Vector),
            _ colour: Vector
        ) {
            triangles.append(Triangle(corners: corners, normals: normals, colour: colour, glow: 0))
        }
    }

    /// Adds an upright solid with flat sides; the rest as of `lathe`.
    func prism(_ profile: Profile, _ sides: Int, at: Vector = .zero, _ colour: Vector) {
        lathe(profile, sides, at: at, smooth: false, colour)
    }

    /// Adds a ball.
    func ball(_ centre: Vector, _ radius: Float, _ colour: Vector, sides: Int = 12) {
        let profile = (0...6).map { step -> (Float, Float) in
            let angle = Float.pi * (Float(step) / 6 - 0.5)
            return (max(cosine(angle), 0) * radius, sine(angle) * radius)
        }
        lathe(profile, sides, at: centre, colour)
    }

    /// Adds a straight beam of square section.
    func beam(_ from: Vector, _ to: Vector, _ thickness: Float, _ colour: Vector) {
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

    /// Adds upright beams of height `h` on a ring of an even number of places.
    func posts(_ count: Int, ring foot: Vector, _ h: Float, _ thickness: Float, _ colour: Vector) {
        for i in 0..<count {
            let a = foot.turned(Float(i) * .pi / Float(count / 2))
            beam(a, a + at(0, h, 0), thickness, colour)
        }
    }

    /// Adds another mesh, moved by `place`, which must keep lengths and angles.
    func add(_ other: Mesh, _ place: (Vector) -> Vector) {
        let origin = place(.zero)
        for var triangle in other.triangles {
            let (a, b, c) = triangle.corners
            let (k, l, m) = triangle.normals
            triangle.corners = (place(a), place(b), place(c))
            triangle.normals = (place(k) - origin, place(l) - origin, place(m) - origin)
            triangles.append(triangle)
        }
    }

    /// The corners of a box around all triangles.
    var bounds: (low: Vector, high: Vector) {
        var low = Vector(repeating: .infinity)
        var high = -low
        for (a, b, c) in triangles.map(\.corners) {
            low = pointwiseMin(pointwiseMin(low, a), pointwiseMin(b, c))
            high = pointwiseMax(pointwiseMax(high, a), pointwiseMax(b, c))
        }
        return (low, high)
    }
}
