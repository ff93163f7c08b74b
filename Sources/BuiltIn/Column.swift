import Tensors

/// An obelisk, or a column with a statue.
struct Column: LandmarkKind {
    static let nouns = ["Obelisk", "Column", "Monument"]
    static let grounds: [Setting.Ground] = [.plaza, .cobbles, .grass]

    private let isObelisk: Bool
    private let plinths: Int
    private let height, radius: Float
    private let figure: Int
    private let hasFence: Bool
    private let stone, base, metal: Vector

    init(variant: Int, using random: inout Random) {
        isObelisk = variant % 2 == 0
        plinths = 1 + (variant / 2 + random.integer(below: 3)) % 4
        height = random.uniform(0.85, 1.15)
        radius = random.uniform(0.07, 0.1)
        figure = (variant / 2 + random.integer(below: 3)) % 3
        hasFence = random.uniform() < 0.5
        stone = Palette.pick(Palette.stone, using: &random)
        base = Palette.pick(Palette.wall, using: &random)
        metal = Palette.pick(Palette.bright, using: &random)
    }

    func build() -> Mesh {
        var mesh = Mesh()
        var y: Float = 0
        for level in 0..<plinths {
            let w = radius * (6.4 - 4 * Float(level) / Float(plinths))
            let h: Float = 0.05 + 0.06 * Float(level)
            mesh.box(Vector(0, y, 0), Vector(w, h, w), base * (level % 2 == 0 ? 0.9 : 1))
            y += h
        }
        mesh.box(Vector(0, y, 0), Vector(radius * 2.8, 0.14, radius * 2.8), base)
        y += 0.14
        if isObelisk {
            let r = radius
            mesh.lathe(
                [SIMD2(r, y), SIMD2(r * 0.62, y + height), SIMD2(0, y + height + r * 1.1)],
                sides: 4,
                smooth: false,
                stone,
                figure == 0 ? .rgb(0xd4a52c) : stone * 0.9
            )
            // Signs that nobody can read.
            for row in 0..<7 {
                let t = (Float(row) + 0.4) / 8
                let w = r * (1 - 0.38 * t)
                mesh.windows(
                    Vector(-w * 0.5, y + height * t, w * 1.01),
                    across: Vector(w, 0, 0),
                    up: Vector(0, height * 0.08, -0.003),
                    columns: 1 + row % 2,
                    rows: 1,
                    fill: SIMD2(0.55, 0.6),
                    stone * 0.62
                )
            }
        } else {
            var profile = [SIMD2(radius * 1.2, y), SIMD2(radius * 1.2, y + 0.03)]
            profile += [SIMD2(radius * 0.85, y + 0.05), SIMD2(radius * 0.72, y + height)]
            profile += [SIMD2(radius * 1.15, y + height + 0.04), SIMD2(0, y + height + 0.04)]
            mesh.lathe(profile, sides: 14, stone)
            for turn in 0..<(figure + 2) {
                let h = y + height * (Float(turn) + 0.8) / Float(figure + 3)
                mesh.lathe(
                    [SIMD2(radius * 0.92, h), SIMD2(radius * 0.92, h + 0.035)],
                    sides: 14,
                    metal
                )
            }
            addFigure(&mesh, Vector(0, y + height + 0.04, 0))
        }
        if hasFence {
            for i in 0..<20 {
                let a = Vector(0, 0, radius * 5).turned(Float(i) * .pi / 10)
                let b = Vector(0, 0, radius * 5).turned(Float(i + 1) * .pi / 10)
                mesh.lathe(
                    [SIMD2(0.014, 0), SIMD2(0.014, 0.07), SIMD2(0, 0.09)],
                    sides: 5,
                    at: a,
                    .rgb(0x3c3a38)
                )
                mesh.beam(a + Vector(0, 0.05, 0), b + Vector(0, 0.05, 0), 0.008, .rgb(0x3c3a38))
            }
        }
        return mesh
    }

    private func addFigure(_ mesh: inout Mesh, _ foot: Vector) {
        mesh.lathe(
            [SIMD2(0.06, 0), SIMD2(0.035, 0.12), SIMD2(0.05, 0.19), SIMD2(0.018, 0.23)],
            sides: 9,
            at: foot,
            metal
        )
        mesh.ball(foot + Vector(0, 0.255, 0), 0.03, metal)
        switch figure {
        case 0:
            for x in [-1, 1] as [Float] {
                mesh.triangle(
                    foot + Vector(0, 0.2, -0.02),
                    foot + Vector(x * 0.17, 0.27, -0.05),
                    foot + Vector(x * 0.06, 0.08, -0.03),
                    metal * 1.1
                )
            }
        case 1: mesh.beam(foot + Vector(0.04, 0.18, 0), foot + Vector(0.1, 0.36, 0), 0.025, metal)
        default:
            mesh.beam(foot + Vector(-0.13, 0.17, 0), foot + Vector(0.13, 0.17, 0), 0.028, metal)
        }
    }
}
