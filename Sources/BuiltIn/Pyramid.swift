import Tensors

/// A pyramid, smooth or stepped, of stone or glass.
struct Pyramid: LandmarkKind {
    static let nouns = ["Pyramid", "Ziggurat"]
    static let grounds: [Setting.Ground] = [.sand, .sand, .grass, .plaza]

    private enum Form: CaseIterable { case steps, smooth, temple, bent }

    private let form: Form
    private let steps: Int
    private let half, height: Float
    private let stone, trim: Vector
    private let hasSmall: Bool

    init(variant: Int, using random: inout Random) {
        form = Form.allCases[variant % Form.allCases.count]
        steps = 5 + random.integer(below: 5)
        half = random.uniform(0.7, 0.85)
        height = random.uniform(0.75, 1.0)
        stone = Palette.pick(Palette.stone, using: &random)
        trim = Palette.pick(Palette.bright, using: &random)
        hasSmall = random.uniform() < 0.5
    }

    func build() -> Mesh {
        var mesh = Mesh()
        switch form {
        case .steps, .temple:
            let levels = form == .temple ? steps + 3 : steps
            for level in 0..<levels {
                let t = Float(level) / Float(levels)
                let w = 2 * half * (1 - t * (form == .temple ? 0.78 : 0.9))
                mesh.box(
                    Vector(0, height * t, 0),
                    Vector(w, height / Float(levels), w),
                    stone * (level % 2 == 0 ? 1 : 0.93)
                )
            }
            stairs(&mesh, levels)
            let top = Vector(0, height, 0)
            if form == .temple {
                mesh.box(top, Vector(half * 0.42, 0.16, half * 0.42), stone * 1.05)
                mesh.windows(
                    around: top,
                    Vector(half * 0.42, 0.16, half * 0.42),
                    columns: 3,
                    rows: 1,
                    fill: SIMD2(0.5, 0.8)
                )
                mesh.box(top + Vector(0, 0.16, 0), Vector(half * 0.5, 0.06, half * 0.5), trim)
            } else {
                mesh.box(top, Vector(half * 0.14, 0.1, half * 0.14), trim)
            }
        case .smooth:
            let courses = 14
            var profile: [SIMD2<Float>] = []
            for i in 0...courses {
                let t = Float(i) / Float(courses)
                profile.append(SIMD2(half * (1 - t), height * t))
            }
            for i in 0..<courses {
                let shade: Float = i == courses - 1 ? 0 : (i * 7 % 5 < 2 ? 0.94 : 1)
                mesh.lathe(
                    [profile[i], profile[i + 1]],
                    sides: 4,
                    smooth: false,
                    shade == 0 ? .rgb(0xd4a52c) : stone * shade
                )
            }
        case .bent:
            mesh.lathe(
                [SIMD2(half, 0), SIMD2(half * 0.55, height * 0.62), SIMD2(0, height * 0.95)],
                sides: 4,
                smooth: false,
                stone,
                stone * 0.92
            )
        }
        if hasSmall {
            mesh.lathe(
                [SIMD2(half * 0.3, 0), SIMD2(0, height * 0.36)],
                sides: 4,
                at: Vector(half * 1.15, 0, half * 0.5),
                smooth: false,
                stone * 0.95
            )
        }
        return mesh
    }

    /// Stairs up the front.
    private func stairs(_ mesh: inout Mesh, _ levels: Int) {
        let slope = half * (form == .temple ? 0.78 : 0.9)
        let count = levels * 3
        // The line of the stairs runs before the edges of the terraces.
        let tread = slope / Float(levels)
        for i in 0..<count {
            let t = Float(i) / Float(count)
            mesh.box(
                Vector(0, 0, half + tread - slope * t),
                Vector(half * 0.3, height * (t + 1 / Float(count)), 0.06),
                stone * (i % 2 == 0 ? 1.12 : 1.0)
            )
        }
        for x in [-half * 0.17, half * 0.17] {
            mesh.beam(
                Vector(x, 0, half + tread + 0.02),
                Vector(x, height, half + tread - slope + 0.02),
                0.05,
                stone * 0.85
            )
        }
    }
}
