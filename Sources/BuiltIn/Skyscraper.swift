import Tensors

/// A skyscraper with setbacks, a twist or a slanted top.
struct Skyscraper: LandmarkKind {
    static let nouns = ["Exchange", "Spire", "Skyscraper", "Plaza Tower"]
    static let grounds: [Setting.Ground] = [.plaza, .cobbles]

    private enum Form: CaseIterable { case setbacks, twist, taper, twins }

    private let form: Form
    private let height, width: Float
    private let floors, mast: Int
    private let facade, glass: Vector

    init(variant: Int, using random: inout Random) {
        form = Form.allCases[variant % Form.allCases.count]
        height = random.uniform(1.3, 1.6)
        width = random.uniform(0.22, 0.3)
        floors = 12 + random.integer(below: 8)
        mast = random.integer(below: 3)
        let facades: [UInt32] = [0xc8b898, 0x8a98a8, 0x9a8a80, 0xd0d4d8, 0x6a7c8c, 0xb4a08c]
        facade = Palette.pick(facades, using: &random)
        let panes: [UInt32] = [0x3c5a70, 0x2c4450, 0x5a7484, 0x3a4a44]
        glass = Palette.pick(panes, using: &random)
    }

    func build() -> Mesh {
        var mesh = Mesh()
        mesh.box(.zero, Vector(width * 3.2, 0.08, width * 2.6), facade * 0.9)
        switch form {
        case .setbacks:
            var y: Float = 0.08
            var w = width * 2
            for share in [0.42, 0.28, 0.18, 0.12] as [Float] {
                let h = height * share
                block(
                    &mesh,
                    Vector(0, y, 0),
                    Vector(w, h, w * 0.85),
                    rows: Int(Float(floors) * share) + 1
                )
                y += h
                w *= 0.72
            }
            tip(&mesh, y, w * 0.6)
        case .twist:
            let slices = floors
            for slice in 0..<slices {
                let t = Float(slice) / Float(slices)
                let w = width * 1.8 * (1 - 0.3 * t)
                let y = 0.08 + height * t
                let turn = t * 1.5
                var piece = Mesh()
                block(&piece, .zero, Vector(w, height / Float(slices), w), rows: 1)
                mesh.add(piece) { $0.turned(turn) + Vector(0, y, 0) }
            }
            tip(&mesh, 0.08 + height, width * 0.5)
        case .taper:
            let slices = 8
            for slice in 0..<slices {
                let t = Float(slice) / Float(slices)
                let w = width * 2.1 * (1 - 0.85 * t * t)
                block(
                    &mesh,
                    Vector(0, 0.08 + height * t, 0),
                    Vector(w, height / Float(slices), w),
                    rows: 2
                )
            }
            tip(&mesh, 0.08 + height, width * 0.2)
        case .twins:
            for x in [-width * 1.05, width * 1.05] {
                block(
                    &mesh,
                    Vector(x, 0.08, 0),
                    Vector(width * 1.35, height * 0.85, width * 1.35),
                    rows: floors
                )
                mesh.lathe(
                    [SIMD2(width * 0.68, 0), SIMD2(0, height * 0.2)],
                    sides: 4,
                    at: Vector(x, 0.08 + height * 0.85, 0),
                    smooth: false,
                    facade
                )
            }
            mesh.box(Vector(0, height * 0.5, 0), Vector(width * 1.2, 0.06, width * 0.4), facade)
        }
        return mesh
    }

    private func block(_ mesh: inout Mesh, _ base: Vector, _ size: Vector, rows: Int) {
        mesh.box(base, size, facade)
        mesh.windows(around: base, size, columns: 6, rows: rows, fill: SIMD2(0.66, 0.6), glass)
    }

    private func tip(_ mesh: inout Mesh, _ y: Float, _ w: Float) {
        switch mast {
        case 0:
            mesh.lathe(
                [SIMD2(w, y), SIMD2(w * 0.5, y + 0.1), SIMD2(0, y + 0.45)],
                sides: 8,
                smooth: false,
                glass
            )
        case 1:
            mesh.box(Vector(0, y, 0), Vector(w, 0.08, w), facade * 0.8)
            mesh.beam(Vector(0, y, 0), Vector(0, y + 0.34, 0), 0.02, .rgb(0xb04030))
        default:
            mesh.lathe(
                [SIMD2(w * 1.2, y), SIMD2(w * 0.9, y + 0.08), SIMD2(0, y + 0.14)],
                sides: 16,
                facade * 1.1
            )
        }
    }
}
