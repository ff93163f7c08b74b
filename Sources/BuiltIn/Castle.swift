import Tensors

/// A castle with a gate, walls and towers.
struct Castle: LandmarkKind {
    static let nouns = ["Castle", "Keep", "Fortress"]
    static let grounds: [Setting.Ground] = [.grass, .grass, .cobbles, .sand]

    private let towers: Int
    private let isPointed, isRound: Bool
    private let wallHeight, keep, spread: Float
    private let stone, roof, flag: Vector

    init(variant: Int, using random: inout Random) {
        towers = [4, 2, 3][(variant + random.integer(below: 2)) % 3]
        isPointed = variant % 2 == 0
        isRound = random.uniform() < 0.6
        wallHeight = random.uniform(0.3, 0.42)
        keep = random.uniform(0.55, 0.95)
        spread = random.uniform(0.7, 0.95)
        stone = Palette.pick(Palette.stone, using: &random)
        roof = Palette.pick(Palette.roof, using: &random)
        flag = Palette.pick(Palette.bright, using: &random)
    }

    func build() -> Mesh {
        var mesh = Mesh()
        let gate = Mesh.Opening(centre: 0, half: 0.12, spring: 0.14, rise: 0.12)
        mesh.arcade(
            left: -spread,
            right: spread,
            top: wallHeight,
            back: 0.42,
            front: 0.5,
            openings: [gate],
            stone
        )
        mesh.box(Vector(0, 0, -0.46), Vector(2 * spread, wallHeight, 0.08), stone * 0.95)
        for x in [-spread, spread] {
            mesh.box(Vector(x, 0, 0.02), Vector(0.08, wallHeight, 0.94), stone * 0.95)
        }
        mesh.battlements(Vector(0, 0, 0.46), Vector(2 * spread, wallHeight, 0.08), count: 14, stone)
        // The portcullis shows dark, a lamp behind it.
        mesh.quad(
            Vector(-0.12, 0, 0.43),
            Vector(0.12, 0, 0.43),
            Vector(0.12, 0.26, 0.43),
            Vector(-0.12, 0.26, 0.43),
            .rgb(0x2c2420),
            glow: 0.7
        )
        let main = Vector(0.5, keep, 0.42)
        mesh.box(Vector(-0.12, 0, -0.1), main, stone * 1.04)
        mesh.battlements(Vector(-0.12, 0, -0.1), main, count: 6, stone * 1.04)
        mesh.windows(
            Vector(-0.37, keep * 0.45, 0.11),
            across: Vector(0.5, 0, 0),
            up: Vector(0, keep * 0.5, 0),
            columns: 3,
            rows: 2,
            fill: SIMD2(0.25, 0.55)
        )
        for x in [-1, 1] as [Float] {
            tower(&mesh, Vector(x * 0.24, 0, 0.48), 0.1, wallHeight * 1.35)
        }
        tower(&mesh, Vector(-spread, 0, 0.46), 0.15, wallHeight * 1.7)
        tower(&mesh, Vector(spread, 0, 0.46), 0.15, wallHeight * (towers == 3 ? 2.6 : 1.7))
        if towers > 2 { tower(&mesh, Vector(0.3, 0, -0.3), 0.13, keep * 1.35) }
        if towers > 3 { tower(&mesh, Vector(-0.45, 0, -0.35), 0.11, keep * 1.15) }
        return mesh
    }

    private func tower(_ mesh: inout Mesh, _ foot: Vector, _ r: Float, _ height: Float) {
        let sides = isRound ? 14 : 4
        mesh.lathe(
            [
                SIMD2(r, 0), SIMD2(r * 0.95, height * 0.85), SIMD2(r * 1.18, height * 0.9),
                SIMD2(r * 1.18, height), SIMD2(0, height),
            ],
            sides: sides,
            at: foot,
            smooth: isRound,
            stone,
            stone,
            stone * 1.05,
            stone
        )
        for level in [0.4, 0.68] as [Float] {
            mesh.windows(
                foot + Vector(-r * 0.15, height * level, r * 1.02),
                across: Vector(r * 0.3, 0, 0),
                up: Vector(0, height * 0.13, 0),
                columns: 1,
                rows: 1,
                fill: SIMD2(0.8, 1)
            )
        }
        let top = foot + Vector(0, height, 0)
        guard isPointed else {
            mesh.battlements(
                top - Vector(0, 0.01, 0),
                Vector(r * 2.3, 0.01, r * 2.3),
                count: 4,
                stone
            )
            return
        }
        mesh.lathe(
            [SIMD2(r * 1.3, 0), SIMD2(0, r * 3)],
            sides: sides,
            at: top,
            smooth: isRound,
            roof
        )
        let tip = top + Vector(0, r * 3, 0)
        mesh.beam(tip - Vector(0, r * 0.3, 0), tip + Vector(0, r, 0), 0.012, .rgb(0x3a3430))
        mesh.triangle(
            tip + Vector(0.005, r, 0),
            tip + Vector(0.005, r * 0.4, 0),
            tip + Vector(r * 1.1, r * 0.7, 0),
            flag
        )
    }
}
