import Tensors

/// Landmarks that are tall: each chooses its measures, then builds itself around the origin, its front
/// towards z.
///
/// `variant` counts the landmarks of one kind, so that what tells them apart at first sight (number
/// of storeys, form of the roof) differs from one to the next; everything else is left to chance.
extension Mesh {
    /// A bell or clock tower, straight or leaning.
    func tower(_ variant: Int, _ random: inout Random) {
        enum Top: CaseIterable { case spire, dome, battlements, lantern }
        let storeys = 3 + (variant * 3 + random.integer(below: 2)) % 5
        let isRound = variant % 2 == 1
        let top = Top.allCases[(variant + random.integer(below: 2)) % 4]
        let (radius, height) = (random.uniform(0.13, 0.19), random.uniform(1.0, 1.3))
        let lean = at(variant % 4 == 1 ? 0.1 : 0, 0, 0)
        let (wall, trim) = (random.colour(Palette.wall), random.colour(Palette.stone))
        let roof = random.colour(Palette.roof)
        let sides = isRound ? 16 : 4
        let rise = height / Float(storeys)
        let plinth = radius * 1.5
        lathe([(plinth, 0), (plinth, 0.05), (0, 0.05)], sides, smooth: isRound, trim)
        for storey in 0..<storeys {
            let y = 0.05 + Float(storey) * rise
            let r = radius * (1 - 0.03 * Float(storey))
            let cornice = [(r * 1.12, y + rise * 0.9), (r * 1.12, y + rise), (0, y + rise)]
            let profile = [(r, y), (r, y + rise * 0.88)] + cornice
            lathe(profile, sides, smooth: isRound, lean: lean, wall, trim)
            let shift = at(lean.x * (y + rise / 2), 0, 0)
            for quarter in 0..<4 {
                let angle = Float(quarter) * .pi / 2
                func on(_ x: Float, _ h: Float) -> Vector {
                    at(x, 0, r * 1.02 + 0.004).turned(angle) + at(0, y + h, 0) + shift
                }
                if storey == storeys - 1, top != .battlements {
                    clock(r, turned: angle) { on($0, rise * 0.45 + $1) }
                    continue
                }
                let w = r * 0.2
                for x in storey == storeys - 1 ? [-r * 0.42, r * 0.42] : [0] {
                    let (low, high) = (rise * 0.2, rise * 0.66)
                    let (a, b) = (on(x - w, low), on(x + w, low))
                    quad(a, b, on(x + w, high), on(x - w, high), .rgb(0x36302c), glow: 0.9)
                }
            }
        }
        let y = 0.05 + height
        let r = radius * (1 - 0.03 * Float(storeys - 1))
        switch top {
        case .spire:
            lathe([(r * 1.2, y), (0, y + r * 4)], sides, smooth: isRound, lean: lean, roof)
        case .dome:
            let swell = [(r * 1.1, y), (r * 1.15, y + r * 0.5), (r * 0.8, y + r * 1.1)]
            let tip = [(r * 0.25, y + r * 1.5), (r * 0.06, y + r * 1.9), (0, y + r * 2.6)]
            lathe(swell + tip, 14, lean: lean, roof)
        case .battlements:
            battlements(box(at(lean.x * y, y, 0), r * 2.7, r * 0.25, r * 2.7, trim), 4, trim)
        case .lantern:
            for i in 0..<8 {
                let a = at(0, y, r * 0.8).turned(Float(i) * .pi / 4) + lean * y
                beam(a, a + at(0, r * 1.1, 0), r * 0.14, trim)
            }
            let cap = [(r * 1.1, y + r * 1.1), (r * 0.3, y + r * 1.7), (0, y + r * 3)]
            lathe(cap, 8, smooth: false, lean: lean, roof)
        }
    }

    /// A clock on a wall that is `2 * r` wide and turned by `angle`; `on` gives places on the wall.
    private func clock(_ r: Float, turned angle: Float, _ on: (Float, Float) -> Vector) {
        let hours = (0..<12).map { Float($0) * .pi / 6 }
        let rim = hours.map { on(r * 0.6 * sine($0), r * 0.6 * cosine($0)) }
        polygon(rim, .rgb(0xf2ecd8), glow: 0.8)
        let middle = on(0, 0) + at(0, 0, 0.006).turned(angle)
        for hand in [at(0, r * 0.45, 0), at(r * 0.3, 0, 0).turned(angle)] {
            beam(middle, middle + hand, r * 0.09, .rgb(0x2c2a28))
        }
    }

    /// A lighthouse on a rock.
    func lighthouse(_ variant: Int, _ random: inout Random) {
        enum Paint: CaseIterable { case bands, spiral, plain, halves }
        let paint = Paint.allCases[variant % 4]
        let bands = [5, 9, 7][(variant / 4 + random.integer(below: 3)) % 3]
        let hasHouse = random.uniform() < 0.6
        let (height, foot) = (random.uniform(0.9, 1.2), random.uniform(0.15, 0.21))
        let head = foot * random.uniform(0.55, 0.75)
        let first = Vector.rgb(0xece8de)
        let second = random.colour([0xc23a2e, 0x2f4f8c, 0x2c2c30, 0x3f7f56, 0xd08a2c])
        for (x, z, r) in [(0, 0, 0.42), (-0.3, 0.12, 0.26), (0.32, 0.05, 0.3)]
            as [(Float, Float, Float)]
        {
            let profile: Profile = [(r, 0), (r * 0.8, 0.1), (r * 0.4, 0.14), (0, 0.14)]
            lathe(profile, 7, at: at(x, 0, z), smooth: false, turn: x * 5, .rgb(0x7c7268))
        }
        let base: Float = 0.12
        func radius(_ t: Float) -> Float { foot + (head - foot) * t }
        func ring(_ step: Int, of steps: Int) -> (Float, Float) {
            let t = Float(step) / Float(steps)
            return (radius(t), base + height * t)
        }
        switch paint {
        case .spiral:
            for step in 0..<16 {
                let (low, high) = (ring(step, of: 16), ring(step + 1, of: 16))
                for side in 0..<20 {
                    let (a, b) = (2 * .pi * Float(side) / 20, 2 * .pi * Float(side + 1) / 20)
                    let (p, q) = (at(0, low.1, low.0), at(0, high.1, high.0))
                    let colour = (side + step * 2) % 10 < 5 ? first : second
                    quad(p.turned(a), p.turned(b), q.turned(b), q.turned(a), colour)
                }
            }
        case .bands, .plain, .halves:
            let count = paint == .bands ? bands : paint == .halves ? 2 : 1
            for band in 0..<count {
                let colour = band % 2 == 0 && paint != .plain ? second : first
                lathe([ring(band, of: count), ring(band + 1, of: count)], 20, colour)
            }
        }
        for level in [0.2, 0.45, 0.7] as [Float] {
            let r = radius(level)
            let corner = at(-r * 0.16, base + height * level, r * 1.02)
            windows(corner, at(r * 0.32, 0, 0), at(0, 0.08, -0.005), fill: (0.9, 1))
        }
        lantern(base + height, head, roof: paint == .plain ? second : .rgb(0x3a3a3e))
        guard hasHouse else { return }
        let house = box(at(0.38, 0.1, 0.06), 0.36, 0.16, 0.26, first)
        windows(around: house, 3, 1)
        let roof = house.base + at(0, 0.16, 0)
        slab([(-0.2, 0), (0.2, 0), (0, 0.14)], -0.14, 0.14, second, at: roof)
    }

    /// The top of a lighthouse.
    private func lantern(_ y: Float, _ head: Float, roof: Vector) {
        let dark = Vector.rgb(0x3a3a3e)
        prism([(head * 1.5, y), (head * 1.5, y + 0.03), (0, y + 0.03)], 16, dark)
        posts(12, ring: at(0, y + 0.03, head * 1.42), 0.06, 0.01, dark)
        let (low, high) = (at(0, y + 0.03, head * 0.72), at(0, y + 0.16, head * 0.72))
        for i in 0..<8 {
            let (a, b) = (Float(i) * .pi / 4, Float(i + 1) * .pi / 4)
            let (p, q) = (low.turned(a), high.turned(a))
            quad(p, low.turned(b), high.turned(b), q, .rgb(0xf6e6a0), glow: 1)
            beam(p, q, 0.014, dark)
        }
        lathe([(head * 0.95, y + 0.16), (head * 0.5, y + 0.22), (0, y + 0.28)], 12, roof)
    }

    /// A tower of iron.
    func lattice(_ variant: Int, _ random: inout Random) {
        let platforms = [[0.2, 0.45], [0.45], [0.2, 0.45, 0.72]][variant % 3] as [Float]
        let isBellied = variant % 2 == 1
        let (half, height) = (random.uniform(0.36, 0.48), random.uniform(1.4, 1.65))
        let power = random.uniform(1.6, 2.6)
        let iron = random.colour([0x6a5240, 0x9a3a30, 0x5a6068, 0x3c5a64])
        func width(_ t: Float) -> Float {
            let slim: Float = 0.035
            if isBellied { return slim + (half * 0.6 - slim) * (1 - t) }
            let rest = (1 - t) * (1 - t) * (1 - t)
            return slim + (half - slim) * (rest * (power - 1) + (1 - t)) / power
        }
        func corner(_ t: Float, _ k: Int) -> Vector {
            let w = width(t)
            return at(k == 0 || k == 3 ? -w : w, height * t, k < 2 ? w : -w)
        }
        for level in 0..<14 {
            let (t, u) = (Float(level) / 14, Float(level + 1) / 14)
            let thick = 0.04 * (1 - t) + 0.012
            for k in 0..<4 {
                let next = (k + 1) % 4
                beam(corner(t, k), corner(u, k), thick, iron)
                if level > 0 {
                    beam(corner(t, k), corner(u, next), thick * 0.42, iron * 1.05)
                    beam(corner(t, next), corner(u, k), thick * 0.42, iron * 1.05)
                }
                beam(corner(u, k), corner(u, next), thick * 0.45, iron)
            }
        }
        for t in platforms {
            let w = width(t) * 2 + 0.09
            windows(
                around: box(at(0, height * t, 0), w, 0.05, w, iron * 0.85),
                9,
                1,
                .rgb(0xcaa860)
            )
        }
        // The great arches between the feet.
        for side in 0..<4 where !isBellied {
            let points = (0...10).map { step in
                let a = .pi * Float(step) / 10
                let y = sine(a) * height * 0.15
                return at(-cosine(a) * width(0.03), y, width(y / height))
                    .turned(Float(side) * .pi / 2)
            }
            for (a, b) in zip(points, points.dropFirst()) { beam(a, b, 0.03, iron * 0.95) }
        }
        let cabin: Profile = [(0.05, height), (0.06, height + 0.03), (0.03, height + 0.07)]
        lathe(cabin + [(0, height + 0.24)], 8, iron * 0.9)
    }

    /// A skyscraper with setbacks, a twist or a slanted top.
    func skyscraper(_ variant: Int, _ random: inout Random) {
        enum Form: CaseIterable { case setbacks, twist, taper, twins }
        let form = Form.allCases[variant % 4]
        let (height, width) = (random.uniform(1.3, 1.6), random.uniform(0.22, 0.3))
        let floors = 12 + random.integer(below: 8)
        let mast = random.integer(below: 3)
        let facade = random.colour([0xc8b898, 0x8a98a8, 0x9a8a80, 0xd0d4d8, 0x6a7c8c, 0xb4a08c])
        let glass = random.colour([0x3c5a70, 0x2c4450, 0x5a7484, 0x3a4a44])
        func block(_ mesh: Mesh, _ base: Vector, _ w: Float, _ h: Float, _ d: Float, _ rows: Int) {
            let block = mesh.box(base, w, h, d, facade)
            mesh.windows(around: block, 6, rows, fill: (0.66, 0.6), glass)
        }
        func tip(_ y: Float, _ w: Float) {
            switch mast {
            case 0: prism([(w, y), (w * 0.5, y + 0.1), (0, y + 0.45)], 8, glass)
            case 1:
                box(at(0, y, 0), w, 0.08, w, facade * 0.8)
                beam(at(0, y, 0), at(0, y + 0.34, 0), 0.02, .rgb(0xb04030))
            default: lathe([(w * 1.2, y), (w * 0.9, y + 0.08), (0, y + 0.14)], 16, facade * 1.1)
            }
        }
        box(.zero, width * 3.2, 0.08, width * 2.6, facade * 0.9)
        switch form {
        case .setbacks:
            var (y, w) = (0.08 as Float, width * 2)
            for share in [0.42, 0.28, 0.18, 0.12] as [Float] {
                let h = height * share
                block(self, at(0, y, 0), w, h, w * 0.85, Int(Float(floors) * share) + 1)
                y += h
                w *= 0.72
            }
            tip(y, w * 0.6)
        case .twist:
            for slice in 0..<floors {
                let t = Float(slice) / Float(floors)
                let w = width * 1.8 * (1 - 0.3 * t)
                let piece = Mesh()
                block(piece, .zero, w, height / Float(floors), w, 1)
                add(piece) { $0.turned(t * 1.5) + at(0, 0.08 + height * t, 0) }
            }
            tip(0.08 + height, width * 0.5)
        case .taper:
            for slice in 0..<8 {
                let t = Float(slice) / 8
                let w = width * 2.1 * (1 - 0.85 * t * t)
                block(self, at(0, 0.08 + height * t, 0), w, height / 8, w, 2)
            }
            tip(0.08 + height, width * 0.2)
        case .twins:
            for x in [-width * 1.05, width * 1.05] {
                block(self, at(x, 0.08, 0), width * 1.35, height * 0.85, width * 1.35, floors)
                let top = at(x, 0.08 + height * 0.85, 0)
                prism([(width * 0.68, 0), (0, height * 0.2)], 4, at: top, facade)
            }
            box(at(0, height * 0.5, 0), width * 1.2, 0.06, width * 0.4, facade)
        }
    }

    /// An obelisk, or a column with a statue.
    func column(_ variant: Int, _ random: inout Random) {
        let isObelisk = variant % 2 == 0
        let plinths = 1 + (variant / 2 + random.integer(below: 3)) % 4
        let (height, r) = (random.uniform(0.85, 1.15), random.uniform(0.07, 0.1))
        let figure = (variant / 2 + random.integer(below: 3)) % 3
        let hasFence = random.uniform() < 0.5
        let (stone, base) = (random.colour(Palette.stone), random.colour(Palette.wall))
        let metal = random.colour(Palette.bright)
        var y: Float = 0
        for level in 0..<plinths {
            let w = r * (6.4 - 4 * Float(level) / Float(plinths))
            let h: Float = 0.05 + 0.06 * Float(level)
            box(at(0, y, 0), w, h, w, base * (level % 2 == 0 ? 0.9 : 1))
            y += h
        }
        box(at(0, y, 0), r * 2.8, 0.14, r * 2.8, base)
        y += 0.14
        if isObelisk {
            let profile = [(r, y), (r * 0.62, y + height), (0, y + height + r * 1.1)]
            let tip = figure == 0 ? .rgb(0xd4a52c) : stone * 0.9
            lathe(profile, 4, smooth: false, stone, tip)
            // Signs that nobody can read.
            for row in 0..<7 {
                let t = (Float(row) + 0.4) / 8
                let w = r * (1 - 0.38 * t)
                let (corner, up) = (
                    at(-w * 0.5, y + height * t, w * 1.01), at(0, height * 0.08, -0.003)
                )
                windows(corner, at(w, 0, 0), up, 1 + row % 2, 1, fill: (0.55, 0.6), stone * 0.62)
            }
        } else {
            let foot = [(r * 1.2, y), (r * 1.2, y + 0.03), (r * 0.85, y + 0.05)]
            let head = [(r * 1.15, y + height + 0.04), (0, y + height + 0.04)]
            lathe(foot + [(r * 0.72, y + height)] + head, 14, stone)
            for turn in 0..<figure + 2 {
                let h = y + height * (Float(turn) + 0.8) / Float(figure + 3)
                lathe([(r * 0.92, h), (r * 0.92, h + 0.035)], 14, metal)
            }
            statue(figure, at(0, y + height + 0.04, 0), metal)
        }
        for i in 0..<20 where hasFence {
            let a = at(0, 0, r * 5).turned(Float(i) * .pi / 10)
            let b = at(0, 0, r * 5).turned(Float(i + 1) * .pi / 10)
            lathe([(0.014, 0), (0.014, 0.07), (0, 0.09)], 5, at: a, .rgb(0x3c3a38))
            beam(a + at(0, 0.05, 0), b + at(0, 0.05, 0), 0.008, .rgb(0x3c3a38))
        }
    }

    /// A winged, a pointing or an embracing figure.
    private func statue(_ figure: Int, _ foot: Vector, _ metal: Vector) {
        lathe([(0.06, 0), (0.035, 0.12), (0.05, 0.19), (0.018, 0.23)], 9, at: foot, metal)
        ball(foot + at(0, 0.255, 0), 0.03, metal)
        switch figure {
        case 0:
            for x in [-1, 1] as [Float] {
                let (tip, end) = (at(x * 0.17, 0.27, -0.05), at(x * 0.06, 0.08, -0.03))
                triangle(foot + at(0, 0.2, -0.02), foot + tip, foot + end, metal * 1.1)
            }
        case 1: beam(foot + at(0.04, 0.18, 0), foot + at(0.1, 0.36, 0), 0.025, metal)
        default: beam(foot + at(-0.13, 0.17, 0), foot + at(0.13, 0.17, 0), 0.028, metal)
        }
    }
}
