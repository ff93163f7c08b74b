import Tensors

/// Bridges, gates, wheels and pyramids; what `Towers.swift` says of kinds holds here, too.
extension Mesh {
    /// A bridge on arches, or hung from towers.
    func bridge(_ variant: Int, _ random: inout Random) {
        let isHung = variant % 2 == 0
        let arches = [5, 3, 7][(variant / 2 + random.integer(below: 2)) % 3]
        let (deck, height) = (random.uniform(0.26, 0.42), random.uniform(0.75, 1.05))
        let depth = random.uniform(0.2, 0.3)
        let hasTowers = random.uniform() < 0.5
        let stone = random.colour(Palette.stone)
        let accent = random.colour(isHung ? Palette.bright : Palette.roof)
        let half = depth / 2
        if isHung {
            box(at(0, deck - 0.04, 0), 3.2, 0.05, depth, stone * 0.7)
            for x in [-0.75, 0.75] as [Float] {
                for z in [-half, half] { box(at(x, 0, z), 0.09, height, 0.06, accent) }
                box(at(x, 0, 0), 0.2, deck * 0.4, depth * 1.5, stone)
                for level in [0.55, 0.78, 0.97] as [Float] {
                    box(at(x, max(height * level, deck) - 0.04, 0), 0.07, 0.05, depth, accent)
                }
            }
            for z in [-half, half] {
                var last: Vector?
                for step in 0...36 {
                    let x = -1.6 + 3.2 * Float(step) / 36
                    // Parabolas between the towers, and from them to the banks.
                    let t = abs(x) <= 0.75 ? x / 0.75 : (1.6 - abs(x)) / 0.85
                    let point = at(x, deck + 0.05 + (height - deck - 0.05) * t * t, z)
                    if let last { beam(last, point, 0.022, accent) }
                    if step % 2 == 0 { beam(point, at(x, deck, z), 0.009, accent * 0.9) }
                    last = point
                }
                box(at(0, deck, z), 3.2, 0.03, 0.012, accent)
            }
            return
        }
        let span = 2.7 / Float(arches)
        let rise = min(deck * 0.55, span * 0.4)
        for i in 0..<arches {
            let x = (Float(i) - Float(arches - 1) / 2) * span
            let arch = Opening(centre: x, half: span * 0.4, spring: deck * 0.8 - rise, rise: rise)
            arcade(x - span / 2, x + span / 2, top: deck, -half, half, [arch], stone)
            // Cutwater and parapets.
            let cutwater = [(span * 0.13, 0), (span * 0.13, deck * 0.5), (0, deck * 0.62)]
            prism(cutwater, 6, at: at(x - span / 2, 0, half), stone * 0.9)
            for z in [-half, half] { box(at(x, deck, z), span, 0.05, 0.025, stone * 1.08) }
            if hasTowers, i == 0 || i == arches - 1 {
                let foot = at(x, deck, 0)
                let house = box(foot, span * 0.4, 0.3, depth * 1.1, stone * 0.95)
                windows(around: house, 2, 2)
                prism([(span * 0.24, 0), (0, 0.2)], 4, at: foot + at(0, 0.3, 0), accent)
            }
        }
    }

    /// A triumphal arch or town gate.
    func arch(_ variant: Int, _ random: inout Random) {
        let count = [1, 3, 2, 5][variant % 4]
        let crown = (variant + random.integer(below: 3)) % 3
        let (height, depth) = (random.uniform(0.75, 0.95), random.uniform(0.3, 0.45))
        let attic = random.uniform(0.16, 0.3)
        let hasColumns = random.uniform() < 0.6
        let (stone, trim) = (random.colour(Palette.stone), random.colour(Palette.stone))
        let metal = random.colour(Palette.bright)
        let half: Float = count == 1 ? 0.52 : 0.78
        let z = depth / 2
        let openings = (0..<count).map { i in
            let isMain = count % 2 == 0 || i == count / 2
            let share: Float = isMain ? 0.62 : 0.44
            let width = share * 2 * half / Float(count + 1) * (count == 1 ? 1 : 0.85)
            let centre = (Float(i) - Float(count - 1) / 2) * 2 * half / (Float(count) + 0.1)
            let spring = height * (isMain ? 0.55 : 0.36)
            return Opening(centre: centre, half: width * 0.62, spring: spring, rise: width * 0.6)
        }
        arcade(-half, half, top: height, -z, z, openings, stone)
        box(at(0, height, 0), half * 2.1, 0.045, depth * 1.2, trim)
        box(at(0, height + 0.045, 0), half * 2, attic, depth, stone)
        box(at(0, height + 0.045 + attic, 0), half * 2.08, 0.03, depth * 1.14, trim)
        // A panel for an inscription.
        let (corner, up) = (at(-half * 0.6, height + 0.075, z), at(0, attic * 0.8, 0))
        windows(corner, at(half * 1.2, 0, 0), up, fill: (0.95, 0.7), trim * 0.7)
        for opening in openings {
            for i in 0..<9 {
                let angle = .pi * (Float(i) + 0.5) / 9
                let direction = at(cosine(angle), sine(angle), 0)
                let centre = at(opening.centre, opening.spring, z + 0.012)
                let (inner, outer) = (direction * opening.half, direction * (opening.half * 1.18))
                beam(centre + inner, centre + outer, 0.045, trim)
            }
        }
        for x in [-half * 0.94, half * 0.94] where hasColumns {
            let profile: Profile = [(0.05, 0), (0.05, 0.08), (0.034, 0.09), (0.03, height)]
            lathe(profile, 10, at: at(x, 0, z + 0.05), trim)
        }
        let y = height + attic + 0.075
        switch crown {
        case 0: chariot(y, metal)
        case 1:
            let gable = [(-half * 0.9, 0), (half * 0.9, 0), (0, half * 0.4)]
            slab(gable, -depth * 0.45, depth * 0.45, stone * 0.95, at: at(0, y, 0))
        default:
            for x in [-half * 0.8, 0, half * 0.8] {
                let urn: Profile = [(0.07, 0), (0.06, 0.05), (0.09, 0.13), (0.03, 0.2), (0, 0.3)]
                lathe(urn, 10, at: at(x, y, 0), metal)
            }
        }
    }

    /// A chariot, as far as one can tell from below.
    private func chariot(_ y: Float, _ metal: Vector) {
        box(at(0, y, -0.05), 0.16, 0.1, 0.14, metal)
        lathe([(0.04, 0.1), (0.05, 0.2), (0.02, 0.26)], 8, at: at(0, y, -0.05), metal)
        ball(at(0, y + 0.29, -0.05), 0.032, metal)
        for i in 0..<4 {
            let x = (Float(i) - 1.5) * 0.09
            beam(at(x, y + 0.08, 0.02), at(x, y + 0.1, 0.16), 0.05, metal)
            beam(at(x, y + 0.09, 0.15), at(x, y + 0.19, 0.2), 0.035, metal)
            beam(at(x, y, 0.14), at(x, y + 0.09, 0.14), 0.02, metal)
        }
    }

    /// A pyramid, smooth or stepped.
    func pyramid(_ variant: Int, _ random: inout Random) {
        enum Form: CaseIterable { case steps, smooth, temple, bent }
        let form = Form.allCases[variant % 4]
        let steps = 5 + random.integer(below: 5)
        let (half, height) = (random.uniform(0.7, 0.85), random.uniform(0.75, 1.0))
        let (stone, trim) = (random.colour(Palette.stone), random.colour(Palette.bright))
        let hasSmall = random.uniform() < 0.5
        switch form {
        case .steps, .temple:
            let levels = form == .temple ? steps + 3 : steps
            let narrowing: Float = form == .temple ? 0.78 : 0.9
            for level in 0..<levels {
                let t = Float(level) / Float(levels)
                let w = 2 * half * (1 - t * narrowing)
                let shade = stone * (level % 2 == 0 ? 1 : 0.93)
                box(at(0, height * t, 0), w, height / Float(levels), w, shade)
            }
            // Stairs up the front, before the edges of the terraces.
            let slope = half * narrowing
            let tread = slope / Float(levels)
            let count = levels * 3
            for i in 0..<count {
                let t = Float(i) / Float(count)
                let foot = at(0, 0, half + tread - slope * t)
                let shade = stone * (i % 2 == 0 ? 1.12 : 1.0)
                box(foot, half * 0.3, height * (t + 1 / Float(count)), 0.06, shade)
            }
            for x in [-half * 0.17, half * 0.17] {
                let top = at(x, height, half + tread - slope + 0.02)
                beam(at(x, 0, half + tread + 0.02), top, 0.05, stone * 0.85)
            }
            let top = at(0, height, 0)
            if form == .temple {
                let room = box(top, half * 0.42, 0.16, half * 0.42, stone * 1.05)
                windows(around: room, 3, 1, fill: (0.5, 0.8))
                box(top + at(0, 0.16, 0), half * 0.5, 0.06, half * 0.5, trim)
            } else {
                box(top, half * 0.14, 0.1, half * 0.14, trim)
            }
        case .smooth:
            for i in 0..<14 {
                let (t, u) = (Float(i) / 14, Float(i + 1) / 14)
                let course = [(half * (1 - t), height * t), (half * (1 - u), height * u)]
                prism(course, 4, i == 13 ? .rgb(0xd4a52c) : stone * (i * 7 % 5 < 2 ? 0.94 : 1))
            }
        case .bent:
            let profile = [(half, 0), (half * 0.55, height * 0.62), (0, height * 0.95)]
            lathe(profile, 4, smooth: false, stone, stone * 0.92)
        }
        guard hasSmall else { return }
        let place = at(half * 1.15, 0, half * 0.5)
        prism([(half * 0.3, 0), (0, height * 0.36)], 4, at: place, stone * 0.95)
    }

    /// A windmill.
    func windmill(_ variant: Int, _ random: inout Random) {
        let sails = [4, 6, 8, 5][variant % 4]
        let isBoarded = variant % 2 == 0
        let hasGallery = random.uniform() < 0.6
        let (h, r) = (random.uniform(0.75, 0.95), random.uniform(0.22, 0.29))
        let (reach, turn) = (random.uniform(0.52, 0.66), random.uniform(0, 1.5))
        let wall = random.colour(isBoarded ? Palette.roof : Palette.wall)
        let cap = random.colour(Palette.roof)
        let cloth = Vector.rgb(0xf0e8d6).mixed(random.colour(Palette.bright), 0.35)
        let wood = Vector.rgb(0x4a3828)
        let sides = isBoarded ? 8 : 18
        let foot = [(r * 1.1, 0), (r * 1.05, h * 0.2), (r * 1.02, h * 0.21)]
        let body = foot + [(r * 0.62, h), (0, h)]
        lathe(body, sides, smooth: !isBoarded, .rgb(0x9c8a78), .rgb(0x9c8a78), wall)
        if hasGallery {
            let outside = [(r * 1.05, h * 0.3), (r * 1.5, h * 0.34), (r * 1.5, h * 0.36)]
            prism(outside + [(0, h * 0.36)], 16, .rgb(0x6a5138))
            posts(16, ring: at(0, h * 0.36, r * 1.46), 0.07, 0.012, .rgb(0xe8e0d0))
        }
        for level in [0.12, 0.5, 0.74] as [Float] {
            let wide = r * (1.08 - 0.44 * level)
            for x in level < 0.2 ? [0] : [-0.35, 0.35] as [Float] {
                let corner = at(x * wide - 0.04, h * (level - 0.05), wide * 1.04)
                windows(corner, at(0.08, 0, 0), at(0, h * 0.12, -0.02), fill: (0.8, 1))
            }
        }
        let hood: Profile = [(r * 0.7, 0), (r * 0.72, 0.05), (r * 0.5, 0.15), (0, 0.22)]
        lathe(hood, sides, at: at(0, h, 0), smooth: !isBoarded, cap)
        let hub = at(0, h + 0.06, r * 0.95)
        beam(at(0, hub.y, 0), hub + at(0, 0, 0.04), 0.06, wood)
        for i in 0..<sails {
            let angle = turn + 2 * .pi * Float(i) / Float(sails)
            let along = at(sine(angle), cosine(angle), 0)
            let across = at(cosine(angle), -sine(angle), 0) * (sails > 5 ? 0.09 : 0.13)
            beam(hub, hub + along * reach, 0.024, wood)
            let (a, b) = (hub + along * (reach * 0.22), hub + along * (reach * 0.98))
            let front = at(0, 0, -0.012)
            quad(a + front, b + front, b + across + front, a + across + front, cloth)
            for bar in 0...6 {
                let foot = a + (b - a) * (Float(bar) / 6)
                beam(foot, foot + across, 0.01, wood)
            }
            beam(a + across, b + across, 0.01, wood)
        }
    }

    /// A great wheel.
    func wheel(_ variant: Int, _ random: inout Random) {
        let cabins = [12, 20, 8, 16][variant % 4]
        let hasSpokes = variant % 2 == 0
        let (radius, phase) = (random.uniform(0.58, 0.7), random.uniform(0, 1))
        let frame = random.colour([0xe4e6e8, 0xc03a34, 0x3a6aa4, 0x6a6e74])
        let colours = [random.colour(Palette.bright), random.colour(Palette.bright)]
        let hub = at(0, radius + 0.18, 0)
        for z in [-0.07, 0.07] as [Float] {
            let axle = hub + at(0, 0, z)
            var last: Vector?
            for step in 0...40 {
                let angle = 2 * .pi * Float(step) / 40
                let rim = axle + at(sine(angle), cosine(angle), 0) * radius
                if let last {
                    beam(last, rim, 0.024, frame)
                    let (a, b) = (axle + (last - axle) * 0.9, axle + (rim - axle) * 0.9)
                    if !hasSpokes { beam(a, b, 0.016, frame) }
                }
                if step % (hasSpokes ? 2 : 5) == 0 { beam(axle, rim, 0.012, frame * 0.95) }
                last = rim
            }
            for x in [-1, 1] as [Float] {
                beam(axle + at(0, 0, z), at(x * radius * 0.55, 0, z * 4), 0.04, frame * 0.9)
            }
        }
        lathe([(0.06, -0.01), (0.06, 0.01)], 12, at: hub, frame)
        beam(hub - at(0, 0, 0.12), hub + at(0, 0, 0.12), 0.08, frame)
        let s = min(0.62 * 2 * .pi * radius / Float(cabins) * 0.62, 0.13)
        for i in 0..<cabins {
            let angle = 2 * .pi * (Float(i) + phase) / Float(cabins)
            let foot = hub + at(sine(angle), cosine(angle), 0) * radius - at(0, s * 1.1, 0)
            box(foot, s, s, s * 1.1, colours[i % 2])
            let panes = Box(base: foot + at(0, s * 0.35, 0), size: at(s, s * 0.5, s * 1.1))
            windows(around: panes, 2, 1, fill: (0.8, 0.8), .rgb(0xcfe0ea))
        }
        box(at(0, 0, 0), radius * 1.5, 0.07, 0.5, .rgb(0x8a8680))
    }
}
