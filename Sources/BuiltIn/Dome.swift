import Tensors

/// A domed hall, with turrets or without.
struct Dome: LandmarkKind {
    static let nouns = ["Basilica", "Dome", "Rotunda", "Palace"]
    static let grounds: [Setting.Ground] = [.plaza, .grass, .cobbles]

    private let turrets: Int
    private let isOnion: Bool
    private let ribs: Bool
    private let width, hall, drum, radius: Float
    private let wall, trim, cap: Vector

    init(variant: Int, using random: inout Random) {
        turrets = [0, 4, 2][(variant + random.integer(below: 2)) % 3]
        isOnion = (variant + random.integer(below: 2)) % 2 == 1
        ribs = random.uniform() < 0.5
        width = random.uniform(0.5, 0.72)
        hall = random.uniform(0.34, 0.5)
        drum = random.uniform(0.1, 0.2)
        radius = width * random.uniform(0.55, 0.78)
        wall = Palette.pick(Palette.stone, using: &random)
        trim = Palette.pick(Palette.wall, using: &random)
        cap = Palette.pick(variant % 2 == 0 ? Palette.roof : Palette.bright, using: &random)
    }

    func build() -> Mesh {
        var mesh = Mesh()
        let size = Vector(width * 2, hall, width * 1.7)
        mesh.box(.zero, Vector(size.x * 1.12, 0.05, size.z * 1.12), trim)
        mesh.box(.zero, size, wall)
        mesh.box(Vector(0, hall, 0), Vector(size.x * 1.04, 0.03, size.z * 1.04), trim)
        mesh.windows(
            around: .zero,
            Vector(size.x, hall * 0.96, size.z),
            columns: 7,
            rows: 1,
            fill: SIMD2(0.4, 0.55)
        )
        // A porch with columns.
        let front = size.z / 2
        for i in 0..<6 {
            let x = (Float(i) - 2.5) * width * 0.2
            mesh.lathe(
                [SIMD2(0.022, 0.05), SIMD2(0.02, hall * 0.8)],
                sides: 8,
                at: Vector(x, 0, front + 0.13),
                trim
            )
        }
        mesh.box(Vector(0, hall * 0.8, front + 0.07), Vector(width * 1.2, 0.03, 0.18), trim)
        mesh.slab(
            [SIMD2(-width * 0.6, 0), SIMD2(width * 0.6, 0), SIMD2(0, width * 0.22)],
            back: front,
            front: front + 0.16,
            trim,
            at: Vector(0, hall * 0.8 + 0.03, 0)
        )
        addCap(&mesh, at: Vector(0, hall, 0), radius, drum: drum)
        for i in 0..<turrets {
            let x: Float = i % 2 == 0 ? -1 : 1
            let z: Float = turrets == 2 || i < 2 ? 1 : -1
            let place = Vector(x * width * 1.12, 0, z * front * 0.95)
            let high = hall + radius * (turrets == 4 ? 1.7 : 0.9)
            let r = width * 0.075
            mesh.lathe(
                [
                    SIMD2(r, 0), SIMD2(r * 0.9, high * 0.8), SIMD2(r * 1.5, high * 0.82),
                    SIMD2(r * 1.5, high * 0.85), SIMD2(r * 0.8, high * 0.86), SIMD2(r * 0.8, high),
                ],
                sides: 10,
                at: place,
                wall,
                trim,
                trim,
                trim,
                wall
            )
            addCap(&mesh, at: place + Vector(0, high, 0), r, drum: 0.01)
        }
        return mesh
    }

    private func addCap(_ mesh: inout Mesh, at: Vector, _ r: Float, drum: Float) {
        let sides = r > 0.1 ? 24 : 10
        mesh.lathe(
            [SIMD2(r, 0), SIMD2(r, drum), SIMD2(r * 1.05, drum)],
            sides: sides,
            at: at,
            trim
        )
        if r > 0.1 {
            for i in 0..<16 {
                let angle = Float(i) * .pi / 8
                let a = at + Vector(-r * 0.08, drum * 0.2, r * 1.01).turned(angle)
                mesh.windows(
                    a,
                    across: Vector(r * 0.16, 0, 0).turned(angle),
                    up: Vector(0, drum * 0.7, 0),
                    columns: 1,
                    rows: 1,
                    fill: SIMD2(0.8, 1)
                )
            }
        }
        var profile: [SIMD2<Float>] = []
        for step in 0...8 {
            let angle = Float(step) / 8 * .pi / 2
            let swell: Float = isOnion ? 1 + 0.22 * sine(2 * angle) : 1
            let stretch: Float = isOnion ? 1.25 : 1
            profile.append(
                SIMD2(r * cosine(angle) * swell, drum + r * stretch * sine(angle))
            )
        }
        let top = drum + r * (isOnion ? 1.25 : 1)
        mesh.lathe(profile, sides: sides, at: at, cap)
        if ribs, r > 0.1 {
            for i in 0..<12 {
                let angle = Float(i) * .pi / 6
                for step in 0..<8 {
                    let (p, q) = (profile[step], profile[step + 1])
                    mesh.beam(
                        at + Vector(0, p.y, p.x).turned(angle),
                        at + Vector(0, q.y, q.x).turned(angle),
                        r * 0.05,
                        trim
                    )
                }
            }
        }
        mesh.lathe(
            [
                SIMD2(r * 0.16, top - r * 0.06), SIMD2(r * 0.16, top + r * 0.2),
                SIMD2(r * 0.2, top + r * 0.22), SIMD2(0, top + r * 0.5),
            ],
            sides: 8,
            at: at,
            trim,
            trim,
            cap
        )
        mesh.beam(
            at + Vector(0, top + r * 0.4, 0),
            at + Vector(0, top + r * 0.75, 0),
            r * 0.05,
            .rgb(0xd4a52c)
        )
    }
}
