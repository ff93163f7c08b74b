import Tensors

/// A bridge on arches, or hung from towers.
struct Bridge: LandmarkKind {
    static let nouns = ["Bridge", "Viaduct", "Crossing"]
    static let grounds: [Setting.Ground] = [.water]

    private let isHung: Bool
    private let arches: Int
    private let deck, towerHeight, depth: Float
    private let hasTowers: Bool
    private let stone, accent: Vector

    init(variant: Int, using random: inout Random) {
        isHung = variant % 2 == 0
        arches = [5, 3, 7][(variant / 2 + random.integer(below: 2)) % 3]
        deck = random.uniform(0.26, 0.42)
        towerHeight = random.uniform(0.75, 1.05)
        depth = random.uniform(0.2, 0.3)
        hasTowers = random.uniform() < 0.5
        stone = Palette.pick(Palette.stone, using: &random)
        accent = Palette.pick(isHung ? Palette.bright : Palette.roof, using: &random)
    }

    func build() -> Mesh { isHung ? hung() : arched() }

    private func arched() -> Mesh {
        var mesh = Mesh()
        let span = 2.7 / Float(arches)
        let half = depth / 2
        for i in 0..<arches {
            let centre = (Float(i) - Float(arches - 1) / 2) * span
            let level = deck
            let rise = min(level * 0.55, span * 0.4)
            mesh.arcade(
                left: centre - span / 2,
                right: centre + span / 2,
                top: level,
                back: -half,
                front: half,
                openings: [
                    Mesh.Opening(
                        centre: centre,
                        half: span * 0.4,
                        spring: level * 0.8 - rise,
                        rise: rise
                    )
                ],
                stone
            )
            // Cutwater, parapet and cornice.
            mesh.lathe(
                [SIMD2(span * 0.13, 0), SIMD2(span * 0.13, level * 0.5), SIMD2(0, level * 0.62)],
                sides: 6,
                at: Vector(centre - span / 2, 0, half),
                smooth: false,
                stone * 0.9
            )
            for z in [-half, half] {
                mesh.box(Vector(centre, level, z), Vector(span, 0.05, 0.025), stone * 1.08)
            }
            if hasTowers, i == 0 || i == arches - 1 {
                let foot = Vector(centre, level, 0)
                mesh.box(foot, Vector(span * 0.4, 0.3, depth * 1.1), stone * 0.95)
                mesh.windows(
                    around: foot,
                    Vector(span * 0.4, 0.3, depth * 1.1),
                    columns: 2,
                    rows: 2
                )
                mesh.lathe(
                    [SIMD2(span * 0.24, 0), SIMD2(0, 0.2)],
                    sides: 4,
                    at: foot + Vector(0, 0.3, 0),
                    smooth: false,
                    accent
                )
            }
        }
        return mesh
    }

    private func hung() -> Mesh {
        var mesh = Mesh()
        let half = depth / 2
        mesh.box(Vector(0, deck - 0.04, 0), Vector(3.2, 0.05, depth), stone * 0.7)
        let pillars: [Float] = [-0.75, 0.75]
        for x in pillars {
            for z in [-half, half] {
                mesh.box(Vector(x, 0, z), Vector(0.09, towerHeight, 0.06), accent)
            }
            mesh.box(Vector(x, 0, 0), Vector(0.2, deck * 0.4, depth * 1.5), stone)
            for level in [0.55, 0.78, 0.97] as [Float] {
                mesh.box(
                    Vector(x, max(towerHeight * level, deck) - 0.04, 0),
                    Vector(0.07, 0.05, depth),
                    accent
                )
            }
        }
        for z in [-half, half] {
            var last: Vector?
            for step in 0...36 {
                let x = -1.6 + 3.2 * Float(step) / 36
                // Parabolas between the towers, and from them to the banks.
                let t = abs(x) <= 0.75 ? x / 0.75 : (1.6 - abs(x)) / 0.85
                let y = deck + 0.05 + (towerHeight - deck - 0.05) * t * t
                let point = Vector(x, y, z)
                if let last { mesh.beam(last, point, 0.022, accent) }
                if step % 2 == 0 { mesh.beam(point, Vector(x, deck, z), 0.009, accent * 0.9) }
                last = point
            }
            mesh.box(Vector(0, deck, z), Vector(3.2, 0.03, 0.012), accent)
        }
        return mesh
    }
}
