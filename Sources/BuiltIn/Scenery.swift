import Tensors

/// Trees, people and whatever else gets before the lens.
struct Scenery {
    private(set) var mesh = Mesh()

    /// Adds what always stands around the landmark.
    init(_ setting: Setting) {
        for tree in setting.trees { mesh.tree(tree.place, tree.height, tree.isConifer) }
    }

    /// Adds what happens to be there when the photo is taken.
    mutating func addPassers(
        _ setting: Setting,
        reach: Float,
        depth: Float,
        using random: inout Random
    ) {
        if setting.ground == .water {
            for _ in 0..<random.integer(below: 3) {
                let place = Vector(random.uniform(-1.2, 1.2) * reach, 0, random.uniform(0.6, 1.4))
                mesh.boat(place, random.uniform(0.14, 0.24), using: &random)
            }
            return
        }
        for _ in 0..<random.integer(below: 9) {
            let place = Vector(
                random.uniform(-1.1, 1.1) * reach,
                0,
                depth + random.uniform(0.1, 0.9)
            )
            mesh.person(place, random.uniform(0.085, 0.11), using: &random)
        }
        if random.uniform() < 0.3 {
            // A tree in the foreground, at the side as good photographers have it.
            let side: Float = random.uniform() < 0.5 ? -1 : 1
            let place = Vector(
                side * random.uniform(0.45, 0.95) * reach,
                0,
                depth + random.uniform(0.4, 0.9)
            )
            mesh.tree(place, random.uniform(0.4, 0.75), random.uniform() < 0.4)
        }
        if random.uniform() < 0.12 {
            mesh.balloon(
                Vector(random.uniform(-1, 1), random.uniform(1.0, 1.5), random.uniform(-2.4, -1)),
                random.uniform(0.12, 0.2),
                using: &random
            )
        }
    }
}

extension Mesh {
    /// A tree: a stack of cones, or a trunk with a crown of balls.
    mutating func tree(_ place: Vector, _ height: Float, _ isConifer: Bool) {
        let bark = Vector.rgb(0x5c4632)
        let r = height * 0.035
        lathe([SIMD2(r, 0), SIMD2(r, height * 0.4)], sides: 6, at: place, bark)
        if isConifer {
            let green = Vector.rgb(0x2f5236)
            for layer in 0..<3 {
                let y = height * (0.16 + 0.25 * Float(layer))
                let wide = height * (0.26 - 0.06 * Float(layer))
                lathe(
                    [SIMD2(wide, y), SIMD2(0, y + height * 0.36)],
                    sides: 9,
                    at: place,
                    green * (1 + 0.1 * Float(layer))
                )
            }
            return
        }
        let green = Vector.rgb(0x4c7a36)
        for (x, y, z, size) in [
            (0, 0.72, 0, 0.26), (-0.17, 0.56, 0.06, 0.19), (0.18, 0.58, -0.04, 0.2),
            (0.03, 0.55, 0.17, 0.18),
        ] as [(Float, Float, Float, Float)] {
            ball(
                place + Vector(x, y, z) * height,
                size * height,
                green * (0.8 + 0.35 * y),
                sides: 9
            )
        }
    }

    /// Somebody who looks at the landmark.
    mutating func person(_ place: Vector, _ height: Float, using random: inout Random) {
        let coats: [UInt32] = [
            0xc03a30, 0x2f5fa8, 0xe0b030, 0x3a3a44, 0xe8e4dc, 0x3f7f56, 0x8a4a86,
        ]
        let coat = Vector.rgb(coats[random.integer(below: coats.count)])
        let trousers = Vector.rgb(random.uniform() < 0.5 ? 0x2c3448 : 0x6a5a48)
        let w = height * 0.13
        lathe([SIMD2(w * 0.8, 0), SIMD2(w * 0.9, height * 0.45)], sides: 6, at: place, trousers)
        lathe(
            [
                SIMD2(w, height * 0.42), SIMD2(w * 1.25, height * 0.72),
                SIMD2(w * 0.5, height * 0.84),
            ],
            sides: 6,
            at: place,
            coat
        )
        ball(place + Vector(0, height * 0.91, 0), height * 0.085, .rgb(0xd0a07c), sides: 6)
        if random.uniform() < 0.15 {
            let top = place + Vector(0, height * 1.05, 0)
            lathe(
                [SIMD2(w * 2.6, 0), SIMD2(w * 1.6, w), SIMD2(0, w * 1.5)],
                sides: 8,
                at: top,
                coat
            )
        }
    }

    /// A small boat under sail.
    mutating func boat(_ place: Vector, _ length: Float, using random: inout Random) {
        let hull = Vector.rgb(random.uniform() < 0.5 ? 0x8a3a2c : 0xe6e2d8)
        let l = length / 2
        slab(
            [
                SIMD2(-l, l * 0.35), SIMD2(-l * 0.7, 0), SIMD2(l * 0.7, 0), SIMD2(l, l * 0.35),
            ],
            back: -l * 0.3,
            front: l * 0.3,
            hull,
            at: place
        )
        beam(place + Vector(0, l * 0.3, 0), place + Vector(0, l * 2.3, 0), l * 0.07, .rgb(0x5c4632))
        triangle(
            place + Vector(l * 0.06, l * 0.5, 0),
            place + Vector(l * 0.85, l * 0.5, 0),
            place + Vector(l * 0.06, l * 2.2, 0),
            .rgb(0xf4f0e6)
        )
    }

    /// A hot-air balloon.
    mutating func balloon(_ place: Vector, _ radius: Float, using random: inout Random) {
        let colours: [UInt32] = [0xd8402c, 0xf0b02a, 0x2f6fc0, 0x3f9a5a]
        let colour = Vector.rgb(colours[random.integer(below: colours.count)])
        ball(place, radius, colour)
        lathe(
            [SIMD2(radius * 0.25, -radius * 1.35), SIMD2(radius * 0.85, -radius * 0.5)],
            sides: 12,
            at: place,
            .rgb(0xf2ead8)
        )
        box(place - Vector(0, radius * 1.75, 0), Vector(0.32, 0.26, 0.32) * radius, .rgb(0x6a4a2c))
    }
}
