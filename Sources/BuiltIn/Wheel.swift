import Tensors

/// A great wheel.
struct Wheel: LandmarkKind {
    static let nouns = ["Wheel", "Great Wheel"]
    static let grounds: [Setting.Ground] = [.plaza, .grass, .water]

    private let cabins: Int
    private let hasSpokes: Bool
    private let radius, phase: Float
    private let frame, cabin: Vector
    private let second: Vector

    init(variant: Int, using random: inout Random) {
        cabins = [12, 20, 8, 16][variant % 4]
        hasSpokes = variant % 2 == 0
        radius = random.uniform(0.58, 0.7)
        phase = random.uniform(0, 1)
        let frames: [UInt32] = [0xe4e6e8, 0xc03a34, 0x3a6aa4, 0x6a6e74]
        frame = Palette.pick(frames, using: &random)
        cabin = Palette.pick(Palette.bright, using: &random)
        second = Palette.pick(Palette.bright, using: &random)
    }

    func build() -> Mesh {
        var mesh = Mesh()
        let hub = Vector(0, radius + 0.18, 0)
        let half: Float = 0.07
        for z in [-half, half] {
            let axle = hub + Vector(0, 0, z)
            var last: Vector?
            for step in 0...40 {
                let angle = 2 * .pi * Float(step) / 40
                let rim = axle + Vector(sine(angle), cosine(angle), 0) * radius
                if let last {
                    mesh.beam(last, rim, 0.024, frame)
                    let inner = (axle + (last - axle) * 0.9, axle + (rim - axle) * 0.9)
                    if !hasSpokes { mesh.beam(inner.0, inner.1, 0.016, frame) }
                }
                if step % (hasSpokes ? 2 : 5) == 0 { mesh.beam(axle, rim, 0.012, frame * 0.95) }
                last = rim
            }
            for x in [-1, 1] as [Float] {
                mesh.beam(
                    axle + Vector(0, 0, z),
                    Vector(x * radius * 0.55, 0, z * 4),
                    0.04,
                    frame * 0.9
                )
            }
        }
        mesh.lathe([SIMD2(0.06, -0.01), SIMD2(0.06, 0.01)], sides: 12, at: hub, frame)
        mesh.beam(hub - Vector(0, 0, 0.12), hub + Vector(0, 0, 0.12), 0.08, frame)
        for i in 0..<cabins {
            let angle = 2 * .pi * (Float(i) + phase) / Float(cabins)
            let rim = hub + Vector(sine(angle), cosine(angle), 0) * radius
            let size = 0.62 * 2 * .pi * radius / Float(cabins) * 0.62
            let s = min(size, 0.13)
            let foot = rim - Vector(0, s * 1.1, 0)
            let colour = i % 2 == 0 ? cabin : second
            mesh.box(foot, Vector(s, s, s * 1.1), colour)
            mesh.windows(
                around: foot + Vector(0, s * 0.35, 0),
                Vector(s, s * 0.5, s * 1.1),
                columns: 2,
                rows: 1,
                fill: SIMD2(0.8, 0.8),
                .rgb(0xcfe0ea)
            )
        }
        mesh.box(Vector(0, 0, 0.0), Vector(radius * 1.5, 0.07, 0.5), .rgb(0x8a8680))
        return mesh
    }
}
