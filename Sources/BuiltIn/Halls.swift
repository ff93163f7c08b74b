import Tensors

/// Landmarks with halls and walls; what `Towers.swift` says of kinds holds here, too.
extension Mesh {
    /// A domed hall, with turrets or without.
    func dome(_ variant: Int, _ random: inout Random) {
        let turrets = [0, 4, 2][(variant + random.integer(below: 2)) % 3]
        let isOnion = (variant + random.integer(below: 2)) % 2 == 1
        let hasRibs = random.uniform() < 0.5
        let (width, hall) = (random.uniform(0.5, 0.72), random.uniform(0.34, 0.5))
        let drum = random.uniform(0.1, 0.2)
        let radius = width * random.uniform(0.55, 0.78)
        let (wall, trim) = (random.colour(Palette.stone), random.colour(Palette.wall))
        let roof = random.colour(variant % 2 == 0 ? Palette.roof : Palette.bright)
        // A dome on a drum, with a lantern on top; small ones are plainer.
        func cap(_ place: Vector, _ r: Float, _ drum: Float) {
            let isLarge = r > 0.1
            let sides = isLarge ? 24 : 10
            lathe([(r, 0), (r, drum), (r * 1.05, drum)], sides, at: place, trim)
            for i in 0..<16 where isLarge {
                let angle = Float(i) * .pi / 8
                let corner = place + at(-r * 0.08, drum * 0.2, r * 1.01).turned(angle)
                let across = at(r * 0.16, 0, 0).turned(angle)
                windows(corner, across, at(0, drum * 0.7, 0), fill: (0.8, 1))
            }
            let stretch: Float = isOnion ? 1.25 : 1
            let profile = (0...8).map { step -> (Float, Float) in
                let angle = Float(step) / 8 * .pi / 2
                let swell: Float = isOnion ? 1 + 0.22 * sine(2 * angle) : 1
                return (r * cosine(angle) * swell, drum + r * stretch * sine(angle))
            }
            lathe(profile, sides, at: place, roof)
            for i in 0..<12 where hasRibs && isLarge {
                let points = profile.map { place + at(0, $0.1, $0.0).turned(Float(i) * .pi / 6) }
                for (p, q) in zip(points, points.dropFirst()) { beam(p, q, r * 0.05, trim) }
            }
            let top = drum + r * stretch
            let lantern = [(r * 0.16, top - r * 0.06), (r * 0.16, top + r * 0.2)]
            let tip = [(r * 0.2, top + r * 0.22), (0, top + r * 0.5)]
            lathe(lantern + tip, 8, at: place, trim, trim, roof)
            let (low, high) = (at(0, top + r * 0.4, 0), at(0, top + r * 0.75, 0))
            beam(place + low, place + high, r * 0.05, .rgb(0xd4a52c))
        }
        let (wide, deep) = (width * 2, width * 1.7)
        let front = deep / 2
        box(.zero, wide * 1.12, 0.05, deep * 1.12, trim)
        box(.zero, wide, hall, deep, wall)
        box(at(0, hall, 0), wide * 1.04, 0.03, deep * 1.04, trim)
        let walls = Box(base: .zero, size: at(wide, hall * 0.96, deep))
        windows(around: walls, 7, 1, fill: (0.4, 0.55))
        // A porch with columns.
        for i in 0..<6 {
            let foot = at((Float(i) - 2.5) * width * 0.2, 0, front + 0.13)
            lathe([(0.022, 0.05), (0.02, hall * 0.8)], 8, at: foot, trim)
        }
        box(at(0, hall * 0.8, front + 0.07), width * 1.2, 0.03, 0.18, trim)
        let gable = [(-width * 0.6, 0), (width * 0.6, 0), (0, width * 0.22)]
        slab(gable, front, front + 0.16, trim, at: at(0, hall * 0.8 + 0.03, 0))
        cap(at(0, hall, 0), radius, drum)
        for i in 0..<turrets {
            let x: Float = i % 2 == 0 ? -1 : 1
            let z: Float = turrets == 2 || i < 2 ? 1 : -1
            let place = at(x * width * 1.12, 0, z * front * 0.95)
            let high = hall + radius * (turrets == 4 ? 1.7 : 0.9)
            let r = width * 0.075
            let shaft = [(r, 0), (r * 0.9, high * 0.8), (r * 1.5, high * 0.82)]
            let balcony = [(r * 1.5, high * 0.85), (r * 0.8, high * 0.86), (r * 0.8, high)]
            lathe(shaft + balcony, 10, at: place, wall, trim, trim, trim, wall)
            cap(place + at(0, high, 0), r, 0.01)
        }
    }

    /// A temple with columns under a gable.
    func temple(_ variant: Int, _ random: inout Random) {
        let columns = [6, 8, 4, 10][(variant + random.integer(below: 2)) % 4]
        let steps = 3 + random.integer(below: 4)
        let isRuined = variant % 3 == 1
        let (height, slope) = (random.uniform(0.42, 0.6), random.uniform(0.22, 0.34))
        let t = random.uniform(0.03, 0.042)
        let (stone, roof) = (random.colour(Palette.stone), random.colour(Palette.roof))
        let (half, back): (Float, Float) = (0.72, -1.1)
        func column(_ foot: Vector, _ h: Float) {
            let shaft = [(t * 1.3, 0), (t * 1.3, 0.02), (t, 0.03), (t * 0.85, h - 0.04)]
            let capital = [(t * 1.35, h - 0.015), (t * 1.35, h), (0, h)]
            lathe(shaft + capital, 9, at: foot, stone * 1.08)
        }
        for step in 0..<steps {
            let inset = Float(step) * 0.05
            let foot = at(0, Float(step) * 0.035, back / 2)
            box(foot, 2 * half + 0.5 - inset, 0.035, -back + 0.5 - inset, stone * 0.95)
        }
        let floor = Float(steps) * 0.035
        let level = floor + height
        let spacing = 2 * half / Float(columns - 1)
        if !isRuined {
            box(at(0, floor, back / 2 - 0.04), half * 1.6, height, -back * 0.8, stone * 0.7)
            let (z, top) = (back * 0.1 - 0.033, floor + height * 0.7)
            let door = [at(-0.1, floor, z), at(0.1, floor, z), at(0.1, top, z), at(-0.1, top, z)]
            polygon(door, .rgb(0x302822), glow: 1)
        }
        for i in 0..<columns {
            let x = -half + Float(i) * spacing
            let isCut = isRuined && (i * 5 + columns) % 7 < 2
            column(at(x, floor, 0), isCut ? height * 0.55 : height)
            if !isRuined || i % 2 == 0 { column(at(x, floor, back), height) }
        }
        let deep = max(Int(-back / spacing), 3)
        for j in 1..<deep {
            let z = back * Float(j) / Float(deep)
            column(at(half, floor, z), height)
            column(at(-half, floor, z), isRuined && j % 2 == 0 ? height * 0.4 : height)
        }
        if isRuined {
            box(at(half * 0.3, level, 0), half * 1.4, 0.08, 0.12, stone)
            box(at(half, level, back / 2), 0.12, 0.08, -back, stone * 0.95)
            return
        }
        let wide = half + 0.09
        box(at(0, level, back / 2), 2 * wide, 0.09, -back + 0.18, stone * 1.05)
        var base = level + 0.09
        if variant % 2 == 1 {
            for i in 0..<columns {
                let x = (-half + Float(i) * 2 * half / Float(columns - 1)) * 0.92
                column(at(x, base, 0), height * 0.6)
            }
            let foot = at(0, base, back / 2 - 0.08)
            box(foot, half * 1.7, height * 0.6, -back * 0.9, stone * 0.75)
            base += height * 0.6
            box(at(0, base, back / 2), 2 * wide, 0.06, -back + 0.18, stone * 1.05)
            base += 0.06
        }
        let peak = wide * 2 * slope
        let gable = [(-wide, 0), (wide, 0), (0, peak)]
        slab(gable, back - 0.06, 0.06, stone * 0.92, at: at(0, base, 0))
        for side in [-1, 1] as [Float] {
            let (x, y, ridge) = (side * (wide + 0.05), base + 0.01, base + peak + 0.045)
            let (front, rear) = (0.12 as Float, back - 0.12)
            quad(at(x, y, front), at(0, ridge, front), at(0, ridge, rear), at(x, y, rear), roof)
            beam(at(x, base, 0.1), at(0, base + peak + 0.03, 0.1), 0.05, stone * 1.1)
        }
    }

    /// A pagoda of many roofs.
    func pagoda(_ variant: Int, _ random: inout Random) {
        let roofs = [5, 3, 7, 4][variant % 4]
        let sides = [4, 8, 6][(variant + random.integer(below: 2)) % 3]
        let width = random.uniform(0.27, 0.36)
        let rise = random.uniform(1.0, 1.25) / Float(roofs)
        let (shrink, swing) = (random.uniform(0.8, 0.9), random.uniform(0.15, 0.35))
        let (wall, roof) = (random.colour(Palette.wall), random.colour(Palette.roof))
        let post = random.colour(Palette.bright)
        let turn = Float.pi / Float(sides)
        let corner = 1 / cosine(turn)
        prism([(width * 1.7, 0), (width * 1.6, 0.06), (0, 0.06)], sides, .rgb(0xa8a298))
        var (y, w) = (0.06 as Float, width)
        for level in 0..<roofs {
            let high = rise * (level == 0 ? 1.15 : 0.95)
            prism([(w, y), (w, y + high * 0.6)], sides, wall)
            let angles = (0..<sides).map { 2 * .pi * Float($0) / Float(sides) }
            for angle in angles {
                let edge = at(0, y, w * 1.01 * corner).turned(angle + turn)
                beam(edge, edge + at(0, high * 0.6, 0), w * 0.1, post)
                let half = w * sine(turn) * corner
                let (a, across) = (at(-half, y, w).turned(angle), at(2 * half, 0, 0).turned(angle))
                windows(a, across, at(0, high * 0.58, 0), sides == 4 ? 3 : 1, 1, fill: (0.45, 0.65))
            }
            // A roof whose corners turn upwards.
            let lift = high * swing
            for angle in angles {
                func point(_ r: Float, _ h: Float, _ t: Float) -> Vector {
                    at(0, y + high * 0.56 + h, r * corner).turned(angle + turn * t)
                }
                let (a, b) = (point(w * 0.75, high * 0.44, -1), point(w * 0.75, high * 0.44, 1))
                let (c, d) = (point(w * 1.62, lift, -1), point(w * 1.62, lift, 1))
                let (edge, ridge) = ((c + d) / 2 - at(0, lift, 0), (a + b) / 2)
                quad(c, edge, ridge, a, roof)
                quad(edge, d, b, ridge, roof)
                let under = at(0, -0.022, 0)
                quad(c, edge, edge + under, c + under, post)
                quad(edge, d, d + under, edge + under, post)
                beam(a, c, 0.026, roof * 1.2)
            }
            y += high
            w *= shrink
        }
        let top = y - rise * 0.1
        let rings: Profile = [
            (0.03, top), (0.025, top + 0.06), (0.05, top + 0.08), (0.02, top + 0.1),
        ]
        let tip: Profile = [(0.04, top + 0.13), (0.015, top + 0.15), (0, top + 0.3)]
        lathe(rings + tip, 8, .rgb(0xd4a52c))
    }

    /// A castle with a gate, walls and towers.
    func castle(_ variant: Int, _ random: inout Random) {
        let towers = [4, 2, 3][(variant + random.integer(below: 2)) % 3]
        let isPointed = variant % 2 == 0
        let isRound = random.uniform() < 0.6
        let (wall, keep) = (random.uniform(0.3, 0.42), random.uniform(0.55, 0.95))
        let spread = random.uniform(0.7, 0.95)
        let (stone, roof) = (random.colour(Palette.stone), random.colour(Palette.roof))
        let flag = random.colour(Palette.bright)
        let gate = Opening(centre: 0, half: 0.12, spring: 0.14, rise: 0.12)
        arcade(-spread, spread, top: wall, 0.42, 0.5, [gate], stone)
        box(at(0, 0, -0.46), 2 * spread, wall, 0.08, stone * 0.95)
        for x in [-spread, spread] { box(at(x, 0, 0.02), 0.08, wall, 0.94, stone * 0.95) }
        battlements(Box(base: at(0, 0, 0.46), size: at(2 * spread, wall, 0.08)), 14, stone)
        // The portcullis shows dark, a lamp behind it.
        let (a, b) = (at(-0.12, 0, 0.43), at(0.12, 0, 0.43))
        quad(a, b, at(0.12, 0.26, 0.43), at(-0.12, 0.26, 0.43), .rgb(0x2c2420), glow: 0.7)
        battlements(box(at(-0.12, 0, -0.1), 0.5, keep, 0.42, stone * 1.04), 6, stone * 1.04)
        let (corner, up) = (at(-0.37, keep * 0.45, 0.11), at(0, keep * 0.5, 0))
        windows(corner, at(0.5, 0, 0), up, 3, 2, fill: (0.25, 0.55))
        func tower(_ x: Float, _ z: Float, _ r: Float, _ h: Float) {
            let foot = at(x, 0, z)
            let sides = isRound ? 14 : 4
            let shaft = [(r, 0), (r * 0.95, h * 0.85), (r * 1.18, h * 0.9), (r * 1.18, h), (0, h)]
            lathe(shaft, sides, at: foot, smooth: isRound, stone, stone, stone * 1.05, stone)
            for level in [0.4, 0.68] as [Float] {
                let corner = foot + at(-r * 0.15, h * level, r * 1.02)
                windows(corner, at(r * 0.3, 0, 0), at(0, h * 0.13, 0), fill: (0.8, 1))
            }
            let top = foot + at(0, h, 0)
            guard isPointed else {
                let crown = Box(base: top - at(0, 0.01, 0), size: at(r * 2.3, 0.01, r * 2.3))
                return battlements(crown, 4, stone)
            }
            lathe([(r * 1.3, 0), (0, r * 3)], sides, at: top, smooth: isRound, roof)
            let tip = top + at(0, r * 3, 0)
            beam(tip - at(0, r * 0.3, 0), tip + at(0, r, 0), 0.012, .rgb(0x3a3430))
            let (a, b) = (at(0.005, r, 0), at(0.005, r * 0.4, 0))
            triangle(tip + a, tip + b, tip + at(r * 1.1, r * 0.7, 0), flag)
        }
        for x in [-1, 1] as [Float] { tower(x * 0.24, 0.48, 0.1, wall * 1.35) }
        tower(-spread, 0.46, 0.15, wall * 1.7)
        tower(spread, 0.46, 0.15, wall * (towers == 3 ? 2.6 : 1.7))
        if towers > 2 { tower(0.3, -0.3, 0.13, keep * 1.35) }
        if towers > 3 { tower(-0.45, -0.35, 0.11, keep * 1.15) }
    }
}
