import Tensors

/// Trees, people and whatever else gets before the lens.
extension Mesh {
    /// Adds what happens to be there when the photo is taken.
    func passers(_ setting: Setting, reach: Float, depth: Float, using random: inout Random) {
        if setting.ground == .water {
            for _ in 0..<random.integer(below: 3) {
                let place = at(random.uniform(-1.2, 1.2) * reach, 0, random.uniform(0.6, 1.4))
                boat(place, random.uniform(0.14, 0.24), using: &random)
            }
            return
        }
        for _ in 0..<random.integer(below: 9) {
            let place = at(random.uniform(-1.1, 1.1) * reach, 0, depth + random.uniform(0.1, 0.9))
            person(place, random.uniform(0.085, 0.11), using: &random)
        }
        if random.uniform() < 0.3 {
            // A tree in the foreground, at the side as good photographers have it.
            let side: Float = random.uniform() < 0.5 ? -1 : 1
            let x = side * random.uniform(0.45, 0.95) * reach
            let place = at(x, 0, depth + random.uniform(0.4, 0.9))
            tree(place, random.uniform(0.4, 0.75), random.uniform() < 0.4)
        }
        if random.uniform() < 0.12 {
            let (x, y) = (random.uniform(-1, 1), random.uniform(1.0, 1.5))
            let place = at(x, y, random.uniform(-2.4, -1))
            balloon(place, random.uniform(0.12, 0.2), using: &random)
        }
    }

    /// A tree: a stack of cones, or a trunk with a crown of balls.
    func tree(_ place: Vector, _ height: Float, _ isConifer: Bool) {
        let r = height * 0.035
        lathe([(r, 0), (r, height * 0.4)], 6, at: place, .rgb(0x5c4632))
        for layer in 0..<3 where isConifer {
            let y = height * (0.16 + 0.25 * Float(layer))
            let wide = height * (0.26 - 0.06 * Float(layer))
            let green = Vector.rgb(0x2f5236) * (1 + 0.1 * Float(layer))
            lathe([(wide, y), (0, y + height * 0.36)], 9, at: place, green)
        }
        let crown: [(Float, Float, Float, Float)] = [
            (0, 0.72, 0, 0.26), (-0.17, 0.56, 0.06, 0.19), (0.18, 0.58, -0.04, 0.2),
            (0.03, 0.55, 0.17, 0.18),
        ]
        for (x, y, z, size) in crown where !isConifer {
            let green = Vector.rgb(0x4c7a36) * (0.8 + 0.35 * y)
            ball(place + at(x, y, z) * height, size * height, green, sides: 9)
        }
    }

    /// Somebody who looks at the landmark.
    private func person(_ place: Vector, _ height: Float, using random: inout Random) {
        let coats: [UInt32] = [
            0xc03a30, 0x2f5fa8, 0xe0b030, 0x3a3a44, 0xe8e4dc, 0x3f7f56, 0x8a4a86,
        ]
        let coat = Vector.rgb(coats[random.integer(below: coats.count)])
        let trousers = Vector.rgb(random.uniform() < 0.5 ? 0x2c3448 : 0x6a5a48)
        let w = height * 0.13
        lathe([(w * 0.8, 0), (w * 0.9, height * 0.45)], 6, at: place, trousers)
        let body = [(w, height * 0.42), (w * 1.25, height * 0.72), (w * 0.5, height * 0.84)]
        lathe(body, 6, at: place, coat)
        ball(place + at(0, height * 0.91, 0), height * 0.085, .rgb(0xd0a07c), sides: 6)
        if random.uniform() < 0.15 {
            let top = place + at(0, height * 1.05, 0)
            lathe([(w * 2.6, 0), (w * 1.6, w), (0, w * 1.5)], 8, at: top, coat)
        }
    }

    /// A small boat under sail.
    private func boat(_ place: Vector, _ length: Float, using random: inout Random) {
        let hull = Vector.rgb(random.uniform() < 0.5 ? 0x8a3a2c : 0xe6e2d8)
        let l = length / 2
        let side = [(-l, l * 0.35), (-l * 0.7, 0), (l * 0.7, 0), (l, l * 0.35)]
        slab(side, -l * 0.3, l * 0.3, hull, at: place)
        beam(place + at(0, l * 0.3, 0), place + at(0, l * 2.3, 0), l * 0.07, .rgb(0x5c4632))
        let (tack, clew, head) = (
            at(l * 0.06, l * 0.5, 0), at(l * 0.85, l * 0.5, 0), at(l * 0.06, l * 2.2, 0)
        )
        triangle(place + tack, place + clew, place + head, .rgb(0xf4f0e6))
    }

    /// A hot-air balloon.
    private func balloon(_ place: Vector, _ r: Float, using random: inout Random) {
        let colours: [UInt32] = [0xd8402c, 0xf0b02a, 0x2f6fc0, 0x3f9a5a]
        ball(place, r, .rgb(colours[random.integer(below: colours.count)]))
        lathe([(r * 0.25, -r * 1.35), (r * 0.85, -r * 0.5)], 12, at: place, .rgb(0xf2ead8))
        box(place - at(0, r * 1.75, 0), 0.32 * r, 0.26 * r, 0.32 * r, .rgb(0x6a4a2c))
    }
}
