import Tensors

/// A lighthouse on a rock.
struct Lighthouse: LandmarkKind {
    static let nouns = ["Lighthouse", "Light", "Beacon"]
    static let grounds: [Setting.Ground] = [.water, .water, .grass]

    private enum Paint: CaseIterable { case bands, spiral, plain, halves }

    private let paint: Paint
    private let bands: Int
    private let hasHouse: Bool
    private let height, foot, head: Float
    private let first, second: Vector

    init(variant: Int, using random: inout Random) {
        paint = Paint.allCases[variant % Paint.allCases.count]
        bands = [5, 9, 7][(variant / 4 + random.integer(below: 3)) % 3]
        hasHouse = random.uniform() < 0.6
        height = random.uniform(0.9, 1.2)
        foot = random.uniform(0.15, 0.21)
        head = foot * random.uniform(0.55, 0.75)
        first = .rgb(0xece8de)
        let colours: [UInt32] = [0xc23a2e, 0x2f4f8c, 0x2c2c30, 0x3f7f56, 0xd08a2c]
        second = Palette.pick(colours, using: &random)
    }

    func build() -> Mesh {
        var mesh = Mesh()
        for (x, z, r) in [(0, 0, 0.42), (-0.3, 0.12, 0.26), (0.32, 0.05, 0.3)]
            as [(Float, Float, Float)]
        {
            mesh.lathe(
                [SIMD2(r, 0), SIMD2(r * 0.8, 0.1), SIMD2(r * 0.4, 0.14), SIMD2(0, 0.14)],
                sides: 7,
                at: Vector(x, 0, z),
                turn: x * 5,
                smooth: false,
                .rgb(0x7c7268)
            )
        }
        let base: Float = 0.12
        func radius(_ t: Float) -> Float { foot + (head - foot) * t }
        let sides = 20
        if paint == .spiral {
            let steps = 16
            for step in 0..<steps {
                for side in 0..<sides {
                    let (t, u) = (Float(step) / Float(steps), Float(step + 1) / Float(steps))
                    let (a, b) = (
                        2 * .pi * Float(side) / Float(sides),
                        2 * .pi * Float(side + 1) / Float(sides)
                    )
                    let isFirst = (side + step * 2) % 10 < 5
                    mesh.quad(
                        Vector(0, base + height * t, radius(t)).turned(a),
                        Vector(0, base + height * t, radius(t)).turned(b),
                        Vector(0, base + height * u, radius(u)).turned(b),
                        Vector(0, base + height * u, radius(u)).turned(a),
                        isFirst ? first : second
                    )
                }
            }
        } else {
            let count = paint == .bands ? bands : paint == .halves ? 2 : 1
            for band in 0..<count {
                let (t, u) = (Float(band) / Float(count), Float(band + 1) / Float(count))
                mesh.lathe(
                    [SIMD2(radius(t), base + height * t), SIMD2(radius(u), base + height * u)],
                    sides: sides,
                    band % 2 == 0 && paint != .plain ? second : first
                )
            }
        }
        for level in [0.2, 0.45, 0.7] as [Float] {
            let r = radius(level)
            mesh.windows(
                Vector(-r * 0.16, base + height * level, r * 1.02),
                across: Vector(r * 0.32, 0, 0),
                up: Vector(0, 0.08, -0.005),
                columns: 1,
                rows: 1,
                fill: SIMD2(0.9, 1)
            )
        }
        addLantern(&mesh, base + height)
        if hasHouse {
            let place = Vector(0.38, 0.1, 0.06)
            mesh.box(place, Vector(0.36, 0.16, 0.26), first)
            mesh.windows(around: place, Vector(0.36, 0.16, 0.26), columns: 3, rows: 1)
            mesh.slab(
                [SIMD2(-0.2, 0), SIMD2(0.2, 0), SIMD2(0, 0.14)],
                back: -0.14,
                front: 0.14,
                second,
                at: place + Vector(0, 0.16, 0)
            )
        }
        return mesh
    }

    private func addLantern(_ mesh: inout Mesh, _ y: Float) {
        let dark = Vector.rgb(0x3a3a3e)
        mesh.lathe(
            [SIMD2(head * 1.5, y), SIMD2(head * 1.5, y + 0.03), SIMD2(0, y + 0.03)],
            sides: 16,
            smooth: false,
            dark
        )
        for i in 0..<12 {
            let a = Vector(0, y + 0.03, head * 1.42).turned(Float(i) * .pi / 6)
            mesh.beam(a, a + Vector(0, 0.06, 0), 0.01, dark)
        }
        for i in 0..<8 {
            let (a, b) = (Float(i) * .pi / 4, Float(i + 1) * .pi / 4)
            let low = Vector(0, y + 0.03, head * 0.72)
            let high = Vector(0, y + 0.16, head * 0.72)
            mesh.quad(
                low.turned(a),
                low.turned(b),
                high.turned(b),
                high.turned(a),
                .rgb(0xf6e6a0),
                glow: 1
            )
            mesh.beam(low.turned(a), high.turned(a), 0.014, dark)
        }
        mesh.lathe(
            [SIMD2(head * 0.95, y + 0.16), SIMD2(head * 0.5, y + 0.22), SIMD2(0, y + 0.28)],
            sides: 12,
            paint == .plain ? second : dark
        )
    }
}
