import Tensors

/// A pagoda of many roofs.
struct Pagoda: LandmarkKind {
    static let nouns = ["Pagoda", "Shrine"]
    static let grounds: [Setting.Ground] = [.grass, .plaza, .grass]

    private let roofs, sides: Int
    private let width, rise, shrink, swing: Float
    private let wall, roof, post: Vector

    init(variant: Int, using random: inout Random) {
        roofs = [5, 3, 7, 4][variant % 4]
        sides = [4, 8, 6][(variant + random.integer(below: 2)) % 3]
        width = random.uniform(0.27, 0.36)
        rise = random.uniform(1.0, 1.25) / Float(roofs)
        shrink = random.uniform(0.8, 0.9)
        swing = random.uniform(0.15, 0.35)
        wall = Palette.pick(Palette.wall, using: &random)
        roof = Palette.pick(Palette.roof, using: &random)
        post = Palette.pick(Palette.bright, using: &random)
    }

    func build() -> Mesh {
        var mesh = Mesh()
        mesh.lathe(
            [SIMD2(width * 1.7, 0), SIMD2(width * 1.6, 0.06), SIMD2(0, 0.06)],
            sides: sides,
            smooth: false,
            .rgb(0xa8a298)
        )
        var y: Float = 0.06
        var w = width
        for level in 0..<roofs {
            let high = rise * (level == 0 ? 1.15 : 0.95)
            mesh.lathe([SIMD2(w, y), SIMD2(w, y + high * 0.6)], sides: sides, smooth: false, wall)
            let corner = 1 / cosine(.pi / Float(sides))
            for side in 0..<sides {
                let angle = 2 * .pi * Float(side) / Float(sides)
                let edge = Vector(0, y, w * 1.01 * corner).turned(angle + .pi / Float(sides))
                mesh.beam(edge, edge + Vector(0, high * 0.6, 0), w * 0.1, post)
                let half = w * sine(.pi / Float(sides)) * corner
                mesh.windows(
                    Vector(-half, y, w).turned(angle),
                    across: Vector(2 * half, 0, 0).turned(angle),
                    up: Vector(0, high * 0.58, 0),
                    columns: sides == 4 ? 3 : 1,
                    rows: 1,
                    fill: SIMD2(0.45, 0.65)
                )
            }
            eaves(&mesh, y: y + high * 0.56, w: w, high: high)
            y += high
            w *= shrink
        }
        let top = y - rise * 0.1
        mesh.lathe(
            [
                SIMD2(0.03, top), SIMD2(0.025, top + 0.06), SIMD2(0.05, top + 0.08),
                SIMD2(0.02, top + 0.1), SIMD2(0.04, top + 0.13), SIMD2(0.015, top + 0.15),
                SIMD2(0, top + 0.3),
            ],
            sides: 8,
            .rgb(0xd4a52c)
        )
        return mesh
    }

    /// A roof whose corners turn upwards.
    private func eaves(_ mesh: inout Mesh, y: Float, w: Float, high: Float) {
        let out = w * 1.62
        let corner = 1 / cosine(.pi / Float(sides))
        let lift = high * swing
        for side in 0..<sides {
            let angle = 2 * .pi * Float(side) / Float(sides)
            let turn = Float.pi / Float(sides)
            func point(_ r: Float, _ h: Float, _ t: Float) -> Vector {
                Vector(0, y + h, r * corner).turned(angle + turn * t)
            }
            let inner = (point(w * 0.75, high * 0.44, -1), point(w * 0.75, high * 0.44, 1))
            let outer = (point(out, lift, -1), point(out, lift, 1))
            let middle = (outer.0 + outer.1) / 2 - Vector(0, lift, 0)
            let high = (inner.0 + inner.1) / 2
            mesh.quad(outer.0, middle, high, inner.0, roof)
            mesh.quad(middle, outer.1, inner.1, high, roof)
            let under = Vector(0, -0.022, 0)
            mesh.quad(outer.0, middle, middle + under, outer.0 + under, post)
            mesh.quad(middle, outer.1, outer.1 + under, middle + under, post)
            mesh.beam(inner.0, outer.0, 0.026, roof * 1.2)
        }
    }
}
