import Tensors

/// A temple with columns under a gable.
struct Temple: LandmarkKind {
    static let nouns = ["Temple", "Treasury", "Museum", "Academy"]
    static let grounds: [Setting.Ground] = [.grass, .sand, .plaza]

    private let columns, steps: Int
    private let isRuined, hasSecondRow: Bool
    private let height, slope, thickness: Float
    private let stone, roof: Vector

    init(variant: Int, using random: inout Random) {
        columns = [6, 8, 4, 10][(variant + random.integer(below: 2)) % 4]
        steps = 3 + random.integer(below: 4)
        isRuined = variant % 3 == 1
        hasSecondRow = variant % 2 == 1 && !isRuined
        height = random.uniform(0.42, 0.6)
        slope = random.uniform(0.22, 0.34)
        thickness = random.uniform(0.03, 0.042)
        stone = Palette.pick(Palette.stone, using: &random)
        roof = Palette.pick(Palette.roof, using: &random)
    }

    func build() -> Mesh {
        var mesh = Mesh()
        let half: Float = 0.72
        let back: Float = -1.1
        for step in 0..<steps {
            let inset = Float(step) * 0.05
            mesh.box(
                Vector(0, Float(step) * 0.035, back / 2),
                Vector(2 * half + 0.5 - inset, 0.035, -back + 0.5 - inset),
                stone * 0.95
            )
        }
        let floor = Float(steps) * 0.035
        let level = floor + height
        let spacing = 2 * half / Float(columns - 1)
        if !isRuined {
            mesh.box(
                Vector(0, floor, back / 2 - 0.04),
                Vector(half * 1.6, height, -back * 0.8),
                stone * 0.7
            )
            mesh.quad(
                Vector(-0.1, floor, back * 0.1 - 0.033),
                Vector(0.1, floor, back * 0.1 - 0.033),
                Vector(0.1, floor + height * 0.7, back * 0.1 - 0.033),
                Vector(-0.1, floor + height * 0.7, back * 0.1 - 0.033),
                .rgb(0x302822),
                glow: 1
            )
        }
        for i in 0..<columns {
            let x = -half + Float(i) * spacing
            let cut = isRuined && (i * 5 + columns) % 7 < 2
            column(&mesh, Vector(x, floor, 0), cut ? height * 0.55 : height)
            if !isRuined || i % 2 == 0 { column(&mesh, Vector(x, floor, back), height) }
        }
        let deep = max(Int(-back / spacing), 3)
        for j in 1..<deep {
            let z = back * Float(j) / Float(deep)
            column(&mesh, Vector(half, floor, z), height)
            column(&mesh, Vector(-half, floor, z), isRuined && j % 2 == 0 ? height * 0.4 : height)
        }
        entablature(&mesh, half: half, back: back, level: level)
        return mesh
    }

    private func entablature(_ mesh: inout Mesh, half: Float, back: Float, level: Float) {
        if isRuined {
            mesh.box(Vector(half * 0.3, level, 0), Vector(half * 1.4, 0.08, 0.12), stone)
            mesh.box(Vector(half, level, back / 2), Vector(0.12, 0.08, -back), stone * 0.95)
            return
        }
        let wide = half + 0.09
        mesh.box(Vector(0, level, back / 2), Vector(2 * wide, 0.09, -back + 0.18), stone * 1.05)
        var base = level + 0.09
        if hasSecondRow {
            for i in 0..<columns {
                let x = (-half + Float(i) * 2 * half / Float(columns - 1)) * 0.92
                column(&mesh, Vector(x, base, 0), height * 0.6)
            }
            mesh.box(
                Vector(0, base, back / 2 - 0.08),
                Vector(half * 1.7, height * 0.6, -back * 0.9),
                stone * 0.75
            )
            base += height * 0.6
            mesh.box(Vector(0, base, back / 2), Vector(2 * wide, 0.06, -back + 0.18), stone * 1.05)
            base += 0.06
        }
        let peak = wide * 2 * slope
        mesh.slab(
            [SIMD2(-wide, 0), SIMD2(wide, 0), SIMD2(0, peak)],
            back: back - 0.06,
            front: 0.06,
            stone * 0.92,
            at: Vector(0, base, 0)
        )
        for side in [-1, 1] as [Float] {
            mesh.quad(
                Vector(side * (wide + 0.05), base + 0.01, 0.12),
                Vector(0, base + peak + 0.045, 0.12),
                Vector(0, base + peak + 0.045, back - 0.12),
                Vector(side * (wide + 0.05), base + 0.01, back - 0.12),
                roof
            )
            mesh.beam(
                Vector(side * (wide + 0.05), base, 0.1),
                Vector(0, base + peak + 0.03, 0.1),
                0.05,
                stone * 1.1
            )
        }
    }

    private func column(_ mesh: inout Mesh, _ foot: Vector, _ height: Float) {
        let t = thickness
        mesh.lathe(
            [
                SIMD2(t * 1.3, 0), SIMD2(t * 1.3, 0.02), SIMD2(t, 0.03),
                SIMD2(t * 0.85, height - 0.04), SIMD2(t * 1.35, height - 0.015),
                SIMD2(t * 1.35, height), SIMD2(0, height),
            ],
            sides: 9,
            at: foot,
            stone * 1.08
        )
    }
}
