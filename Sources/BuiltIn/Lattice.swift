import Tensors

/// A tower of iron.
struct Lattice: LandmarkKind {
    static let nouns = ["Iron Tower", "Mast", "Needle"]
    static let grounds: [Setting.Ground] = [.grass, .plaza]

    private let platforms: Int
    private let isBellied: Bool
    private let half, height, power: Float
    private let iron: Vector

    init(variant: Int, using random: inout Random) {
        platforms = [2, 1, 3][variant % 3]
        isBellied = variant % 2 == 1
        half = random.uniform(0.36, 0.48)
        height = random.uniform(1.4, 1.65)
        power = random.uniform(1.6, 2.6)
        let irons: [UInt32] = [0x6a5240, 0x9a3a30, 0x5a6068, 0x3c5a64]
        iron = Palette.pick(irons, using: &random)
    }

    private func width(_ t: Float) -> Float {
        let slim: Float = 0.035
        if isBellied { return slim + (half * 0.6 - slim) * (1 - t) }
        var rest: Float = 1
        for _ in 0..<3 { rest *= 1 - t }
        return slim + (half - slim) * (rest * (power - 1) + (1 - t)) / power
    }

    func build() -> Mesh {
        var mesh = Mesh()
        let levels = 14
        func corner(_ t: Float, _ k: Int) -> Vector {
            let w = width(t)
            return Vector(k == 0 || k == 3 ? -w : w, height * t, k < 2 ? w : -w)
        }
        for level in 0..<levels {
            let (t, u) = (Float(level) / Float(levels), Float(level + 1) / Float(levels))
            let thick = 0.04 * (1 - t) + 0.012
            for k in 0..<4 {
                let next = (k + 1) % 4
                mesh.beam(corner(t, k), corner(u, k), thick, iron)
                if level > 0 {
                    mesh.beam(corner(t, k), corner(u, next), thick * 0.42, iron * 1.05)
                    mesh.beam(corner(t, next), corner(u, k), thick * 0.42, iron * 1.05)
                }
                mesh.beam(corner(u, k), corner(u, next), thick * 0.45, iron)
            }
        }
        for platform in 0..<platforms {
            let t = [0.2, 0.45, 0.72][(platforms == 1 ? 1 : platform)] as Float
            let w = width(t) * 2 + 0.09
            mesh.box(Vector(0, height * t, 0), Vector(w, 0.05, w), iron * 0.85)
            mesh.windows(
                around: Vector(0, height * t, 0),
                Vector(w, 0.05, w),
                columns: 9,
                rows: 1,
                .rgb(0xcaa860)
            )
        }
        if !isBellied { addArches(&mesh) }
        mesh.lathe(
            [
                SIMD2(0.05, height), SIMD2(0.06, height + 0.03), SIMD2(0.03, height + 0.07),
                SIMD2(0, height + 0.24),
            ],
            sides: 8,
            iron * 0.9
        )
        return mesh
    }

    /// The great arches between the feet.
    private func addArches(_ mesh: inout Mesh) {
        for side in 0..<4 {
            let angle = Float(side) * .pi / 2
            var last: Vector?
            for step in 0...10 {
                let a = .pi * Float(step) / 10
                let y = sine(a) * height * 0.15
                let x = -cosine(a) * width(0.03)
                let point = Vector(x, y, width(y / height)).turned(angle)
                if let last { mesh.beam(last, point, 0.03, iron * 0.95) }
                last = point
            }
        }
    }
}
