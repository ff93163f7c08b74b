import Tensors

/// A windmill.
struct Windmill: LandmarkKind {
    static let nouns = ["Mill", "Windmill"]
    static let grounds: [Setting.Ground] = [.grass, .grass, .sand]

    private let sails: Int
    private let isBoarded: Bool
    private let gallery: Bool
    private let height, radius, reach, turn: Float
    private let wall, cap, cloth: Vector

    init(variant: Int, using random: inout Random) {
        sails = [4, 6, 8, 5][variant % 4]
        isBoarded = variant % 2 == 0
        gallery = random.uniform() < 0.6
        height = random.uniform(0.75, 0.95)
        radius = random.uniform(0.22, 0.29)
        reach = random.uniform(0.52, 0.66)
        turn = random.uniform(0, 1.5)
        wall = Palette.pick(isBoarded ? Palette.roof : Palette.wall, using: &random)
        cap = Palette.pick(Palette.roof, using: &random)
        cloth = Vector.rgb(0xf0e8d6).mixed(Palette.pick(Palette.bright, using: &random), 0.35)
    }

    func build() -> Mesh {
        var mesh = Mesh()
        let sides = isBoarded ? 8 : 18
        mesh.lathe(
            [
                SIMD2(radius * 1.1, 0), SIMD2(radius * 1.05, height * 0.2),
                SIMD2(radius * 1.02, height * 0.21), SIMD2(radius * 0.62, height),
                SIMD2(0, height),
            ],
            sides: sides,
            smooth: !isBoarded,
            .rgb(0x9c8a78),
            .rgb(0x9c8a78),
            wall,
            wall
        )
        if gallery {
            mesh.lathe(
                [
                    SIMD2(radius * 1.05, height * 0.3), SIMD2(radius * 1.5, height * 0.34),
                    SIMD2(radius * 1.5, height * 0.36), SIMD2(0, height * 0.36),
                ],
                sides: 16,
                smooth: false,
                .rgb(0x6a5138)
            )
            for i in 0..<16 {
                let a = Vector(0, height * 0.36, radius * 1.46).turned(Float(i) * .pi / 8)
                mesh.beam(a, a + Vector(0, 0.07, 0), 0.012, .rgb(0xe8e0d0))
            }
        }
        for level in [0.12, 0.5, 0.74] as [Float] {
            let r = radius * (1.08 - 0.44 * level)
            for x in level < 0.2 ? [0] : [-0.35, 0.35] as [Float] {
                mesh.windows(
                    Vector(x * r - 0.04, height * (level - 0.05), r * 1.04),
                    across: Vector(0.08, 0, 0),
                    up: Vector(0, height * 0.12, -0.02),
                    columns: 1,
                    rows: 1,
                    fill: SIMD2(0.8, 1)
                )
            }
        }
        mesh.lathe(
            [
                SIMD2(radius * 0.7, 0), SIMD2(radius * 0.72, 0.05), SIMD2(radius * 0.5, 0.15),
                SIMD2(0, 0.22),
            ],
            sides: sides,
            at: Vector(0, height, 0),
            smooth: !isBoarded,
            cap
        )
        let hub = Vector(0, height + 0.06, radius * 0.95)
        mesh.beam(Vector(0, hub.y, 0), hub + Vector(0, 0, 0.04), 0.06, .rgb(0x4a3828))
        for i in 0..<sails { sail(&mesh, hub, turn + 2 * .pi * Float(i) / Float(sails)) }
        return mesh
    }

    private func sail(_ mesh: inout Mesh, _ hub: Vector, _ angle: Float) {
        let along = Vector(sine(angle), cosine(angle), 0)
        let across = Vector(cosine(angle), -sine(angle), 0)
        let wood = Vector.rgb(0x4a3828)
        let width = sails > 5 ? 0.09 : 0.13 as Float
        mesh.beam(hub, hub + along * reach, 0.024, wood)
        let (a, b) = (hub + along * (reach * 0.22), hub + along * (reach * 0.98))
        let forward = Vector(0, 0, -0.012)
        mesh.quad(
            a + forward,
            b + forward,
            b + across * width + forward,
            a + across * width + forward,
            cloth
        )
        for bar in 0...6 {
            let foot = a + (b - a) * (Float(bar) / 6)
            mesh.beam(foot, foot + across * width, 0.01, wood)
        }
        mesh.beam(a + across * width, b + across * width, 0.01, wood)
    }
}
