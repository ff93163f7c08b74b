import Tensors

/// A bell or clock tower, straight or leaning.
struct Tower: LandmarkKind {
    static let nouns = ["Tower", "Belfry", "Clock Tower", "Campanile"]
    static let grounds: [Setting.Ground] = [.plaza, .cobbles, .grass]

    private enum Top: CaseIterable { case spire, dome, battlements, lantern }

    private let storeys: Int
    private let isRound: Bool
    private let top: Top
    private let radius, height, lean: Float
    private let wall, trim, roof: Vector

    init(variant: Int, using random: inout Random) {
        storeys = 3 + (variant * 3 + random.integer(below: 2)) % 5
        isRound = variant % 2 == 1
        top = Top.allCases[(variant + random.integer(below: 2)) % Top.allCases.count]
        radius = random.uniform(0.13, 0.19)
        height = random.uniform(1.0, 1.3)
        lean = variant % 4 == 1 ? 0.1 : 0
        wall = Palette.pick(Palette.wall, using: &random)
        trim = Palette.pick(Palette.stone, using: &random)
        roof = Palette.pick(Palette.roof, using: &random)
    }

    func build() -> Mesh {
        var mesh = Mesh()
        let sides = isRound ? 16 : 4
        let tilt = Vector(lean, 0, 0)
        let rise = height / Float(storeys)
        mesh.lathe(
            [SIMD2(radius * 1.5, 0), SIMD2(radius * 1.5, 0.05), SIMD2(0, 0.05)],
            sides: sides,
            smooth: isRound,
            trim
        )
        for storey in 0..<storeys {
            let y = 0.05 + Float(storey) * rise
            let r = radius * (1 - 0.03 * Float(storey))
            mesh.lathe(
                [
                    SIMD2(r, y), SIMD2(r, y + rise * 0.88), SIMD2(r * 1.12, y + rise * 0.9),
                    SIMD2(r * 1.12, y + rise), SIMD2(0, y + rise),
                ],
                sides: sides,
                smooth: isRound,
                wall,
                trim,
                trim,
                trim,
                lean: tilt
            )
            addOpenings(&mesh, y: y, rise: rise, r: r, isTop: storey == storeys - 1)
        }
        addTop(&mesh, y: 0.05 + height, r: radius * (1 - 0.03 * Float(storeys - 1)), sides, tilt)
        return mesh
    }

    private func addOpenings(_ mesh: inout Mesh, y: Float, rise: Float, r: Float, isTop: Bool) {
        let shift = Vector(lean * (y + rise / 2), 0, 0)
        for quarter in 0..<4 {
            let angle = Float(quarter) * .pi / 2
            func on(_ x: Float, _ h: Float) -> Vector {
                Vector(x, 0, r * 1.02 + 0.004).turned(angle) + Vector(0, y + h, 0) + shift
            }
            if isTop, top != .battlements {
                var rim: [Vector] = []
                for hour in 0..<12 {
                    let a = Float(hour) * .pi / 6
                    rim.append(on(r * 0.6 * sine(a), rise * 0.45 + r * 0.6 * cosine(a)))
                }
                for i in 1..<11 {
                    mesh.triangle(rim[0], rim[i], rim[i + 1], .rgb(0xf2ecd8), glow: 0.8)
                }
                let middle = on(0, rise * 0.45) + Vector(0, 0, 0.006).turned(angle)
                mesh.beam(middle, middle + Vector(0, r * 0.45, 0), r * 0.09, .rgb(0x2c2a28))
                mesh.beam(
                    middle,
                    middle + Vector(r * 0.3, 0, 0).turned(angle),
                    r * 0.09,
                    .rgb(0x2c2a28)
                )
            } else {
                let w = r * 0.2
                for x in isTop ? [-r * 0.42, r * 0.42] : [0] {
                    mesh.quad(
                        on(x - w, rise * 0.2),
                        on(x + w, rise * 0.2),
                        on(x + w, rise * 0.66),
                        on(x - w, rise * 0.66),
                        .rgb(0x36302c),
                        glow: 0.9
                    )
                }
            }
        }
    }

    private func addTop(_ mesh: inout Mesh, y: Float, r: Float, _ sides: Int, _ tilt: Vector) {
        switch top {
        case .spire:
            mesh.lathe(
                [SIMD2(r * 1.2, y), SIMD2(0, y + r * 4)],
                sides: sides,
                smooth: isRound,
                roof,
                lean: tilt
            )
        case .dome:
            mesh.lathe(
                [
                    SIMD2(r * 1.1, y), SIMD2(r * 1.15, y + r * 0.5), SIMD2(r * 0.8, y + r * 1.1),
                    SIMD2(r * 0.25, y + r * 1.5), SIMD2(r * 0.06, y + r * 1.9),
                    SIMD2(0, y + r * 2.6),
                ],
                sides: 14,
                roof,
                lean: tilt
            )
        case .battlements:
            let base = Vector(tilt.x * y, y, 0)
            mesh.box(base, Vector(r * 2.7, r * 0.25, r * 2.7), trim)
            mesh.battlements(base, Vector(r * 2.7, r * 0.25, r * 2.7), count: 4, trim)
        case .lantern:
            for angle in 0..<8 {
                let a = Vector(0, y, r * 0.8).turned(Float(angle) * .pi / 4) + tilt * y
                mesh.beam(a, a + Vector(0, r * 1.1, 0), r * 0.14, trim)
            }
            mesh.lathe(
                [SIMD2(r * 1.1, y + r * 1.1), SIMD2(r * 0.3, y + r * 1.7), SIMD2(0, y + r * 3)],
                sides: 8,
                smooth: false,
                roof,
                lean: tilt
            )
        }
    }
}
