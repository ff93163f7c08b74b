import Tensors

/// A triumphal arch or town gate.
struct Arch: LandmarkKind {
    static let nouns = ["Arch", "Gate"]
    static let grounds: [Setting.Ground] = [.plaza, .cobbles, .sand]

    private let openings: Int
    private let crown: Int
    private let height, depth, attic: Float
    private let hasColumns: Bool
    private let stone, trim, metal: Vector

    init(variant: Int, using random: inout Random) {
        openings = [1, 3, 2, 5][variant % 4]
        crown = (variant + random.integer(below: 3)) % 3
        height = random.uniform(0.75, 0.95)
        depth = random.uniform(0.3, 0.45)
        attic = random.uniform(0.16, 0.3)
        hasColumns = random.uniform() < 0.6
        stone = Palette.pick(Palette.stone, using: &random)
        trim = Palette.pick(Palette.stone, using: &random)
        metal = Palette.pick(Palette.bright, using: &random)
    }

    func build() -> Mesh {
        var mesh = Mesh()
        let half: Float = openings == 1 ? 0.52 : 0.78
        var holes: [Mesh.Opening] = []
        for i in 0..<openings {
            let isMain = openings % 2 == 0 || i == openings / 2
            let width =
                (isMain ? 0.62 : 0.44) * 2 * half / Float(openings + 1) * (openings == 1 ? 1 : 0.85)
            let centre = (Float(i) - Float(openings - 1) / 2) * 2 * half / (Float(openings) + 0.1)
            let spring = height * (isMain ? 0.55 : 0.36)
            holes.append(
                Mesh.Opening(centre: centre, half: width * 0.62, spring: spring, rise: width * 0.6)
            )
        }
        let z = depth / 2
        mesh.arcade(
            left: -half,
            right: half,
            top: height,
            back: -z,
            front: z,
            openings: holes,
            stone
        )
        mesh.box(Vector(0, height, 0), Vector(half * 2.1, 0.045, depth * 1.2), trim)
        mesh.box(Vector(0, height + 0.045, 0), Vector(half * 2, attic, depth), stone)
        mesh.box(
            Vector(0, height + 0.045 + attic, 0),
            Vector(half * 2.08, 0.03, depth * 1.14),
            trim
        )
        // A panel for an inscription.
        mesh.windows(
            Vector(-half * 0.6, height + 0.075, z),
            across: Vector(half * 1.2, 0, 0),
            up: Vector(0, attic * 0.8, 0),
            columns: 1,
            rows: 1,
            fill: SIMD2(0.95, 0.7),
            trim * 0.7
        )
        for hole in holes {
            for i in 0..<9 {
                let angle = .pi * (Float(i) + 0.5) / 9
                let direction = Vector(cosine(angle), sine(angle), 0)
                let centre = Vector(hole.centre, hole.spring, z + 0.012)
                mesh.beam(
                    centre + direction * hole.half,
                    centre + direction * (hole.half * 1.18),
                    0.045,
                    trim
                )
            }
        }
        if hasColumns {
            for x in [-half * 0.94, half * 0.94] {
                mesh.lathe(
                    [SIMD2(0.05, 0), SIMD2(0.05, 0.08), SIMD2(0.034, 0.09), SIMD2(0.03, height)],
                    sides: 10,
                    at: Vector(x, 0, z + 0.05),
                    trim
                )
            }
        }
        addCrown(&mesh, height + attic + 0.075, half)
        return mesh
    }

    private func addCrown(_ mesh: inout Mesh, _ y: Float, _ half: Float) {
        switch crown {
        case 0:
            // A chariot, as far as one can tell from below.
            mesh.box(Vector(0, y, -0.05), Vector(0.16, 0.1, 0.14), metal)
            mesh.lathe(
                [SIMD2(0.04, 0.1), SIMD2(0.05, 0.2), SIMD2(0.02, 0.26)],
                sides: 8,
                at: Vector(0, y, -0.05),
                metal
            )
            mesh.ball(Vector(0, y + 0.29, -0.05), 0.032, metal)
            for i in 0..<4 {
                let x = (Float(i) - 1.5) * 0.09
                mesh.beam(Vector(x, y + 0.08, 0.02), Vector(x, y + 0.1, 0.16), 0.05, metal)
                mesh.beam(Vector(x, y + 0.09, 0.15), Vector(x, y + 0.19, 0.2), 0.035, metal)
                mesh.beam(Vector(x, y, 0.14), Vector(x, y + 0.09, 0.14), 0.02, metal)
            }
        case 1:
            mesh.slab(
                [SIMD2(-half * 0.9, 0), SIMD2(half * 0.9, 0), SIMD2(0, half * 0.4)],
                back: -depth * 0.45,
                front: depth * 0.45,
                stone * 0.95,
                at: Vector(0, y, 0)
            )
        default:
            for x in [-half * 0.8, 0, half * 0.8] {
                mesh.lathe(
                    [
                        SIMD2(0.07, 0), SIMD2(0.06, 0.05), SIMD2(0.09, 0.13), SIMD2(0.03, 0.2),
                        SIMD2(0, 0.3),
                    ],
                    sides: 10,
                    at: Vector(x, y, 0),
                    metal
                )
            }
        }
    }
}
