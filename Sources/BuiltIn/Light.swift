import Tensors

/// Time of day and weather.
struct Light {
    enum Weather: CaseIterable { case clear, clouds, overcast, golden, haze, rain, snow, night }

    let weather: Weather
    /// Direction towards the sun or moon.
    let direction: Vector
    /// Light that comes from there, from the sky and from the ground.
    let sun, sky, ground: Vector
    /// Colours of the sky overhead and at the horizon.
    let zenith, horizon: Vector
    /// Share of the sky that clouds cover.
    let cover: Float
    /// Loss of contrast per unit of distance.
    let haze: Float

    /// Strength of artificial light.
    var lamps: Float { weather == .night ? 1 : weather == .golden ? 0.25 : 0 }

    init(using random: inout Random) {
        let kinds: [(Weather, Float)] = [
            (.clear, 0.28), (.clouds, 0.24), (.overcast, 0.12), (.golden, 0.11), (.haze, 0.07),
            (.rain, 0.06), (.snow, 0.04), (.night, 0.08),
        ]
        var draw = random.uniform()
        var chosen = Weather.clear
        for (kind, share) in kinds {
            chosen = kind
            draw -= share
            if draw < 0 { break }
        }
        weather = chosen
        let azimuth = random.uniform(-2.2, 2.2)
        let elevation = chosen == .golden ? random.uniform(0.25, 0.4) : random.uniform(0.5, 1.2)
        direction = Vector(
            sine(azimuth) * cosine(elevation),
            sine(elevation),
            cosine(azimuth) * cosine(elevation)
        )
        let warmth = random.uniform(-0.06, 0.06)
        let tint = Vector(1 + warmth, 1, 1 - warmth)
        switch chosen {
        case .clear, .clouds:
            sun = Vector(0.74, 0.70, 0.62) * tint
            sky = Vector(0.40, 0.45, 0.52)
            ground = Vector(0.24, 0.22, 0.19)
            zenith = Vector.rgb(0x2f6fc0).mixed(.rgb(0x5a9be0), random.uniform())
            horizon = .rgb(0xc4dcee)
            cover = chosen == .clear ? random.uniform(0, 0.25) : random.uniform(0.4, 0.7)
            haze = random.uniform(0, 0.03)
        case .overcast:
            sun = Vector(0.14, 0.14, 0.14)
            sky = Vector(0.66, 0.68, 0.70)
            ground = Vector(0.34, 0.34, 0.34)
            zenith = .rgb(0x9aa4ac)
            horizon = .rgb(0xc9cfd3)
            cover = random.uniform(0.85, 1)
            haze = random.uniform(0.01, 0.05)
        case .golden:
            sun = Vector(0.95, 0.62, 0.32)
            sky = Vector(0.34, 0.33, 0.44)
            ground = Vector(0.20, 0.15, 0.14)
            zenith = Vector.rgb(0x4a6aa8).mixed(.rgb(0x7a5a98), random.uniform())
            horizon = Vector.rgb(0xf6c078).mixed(.rgb(0xf09a78), random.uniform())
            cover = random.uniform(0.1, 0.6)
            haze = random.uniform(0.01, 0.05)
        case .haze:
            sun = Vector(0.26, 0.25, 0.23)
            sky = Vector(0.58, 0.60, 0.62)
            ground = Vector(0.34, 0.33, 0.32)
            zenith = .rgb(0xb4c2cc)
            horizon = .rgb(0xd6dcde)
            cover = 0.2
            haze = random.uniform(0.1, 0.2)
        case .rain:
            sun = .zero
            sky = Vector(0.52, 0.55, 0.60)
            ground = Vector(0.30, 0.31, 0.33)
            zenith = .rgb(0x6c7680)
            horizon = .rgb(0x98a2aa)
            cover = 1
            haze = random.uniform(0.05, 0.1)
        case .snow:
            sun = Vector(0.10, 0.10, 0.11)
            sky = Vector(0.68, 0.70, 0.75)
            ground = Vector(0.50, 0.52, 0.56)
            zenith = .rgb(0xb6c0cc)
            horizon = .rgb(0xdde3e8)
            cover = 1
            haze = random.uniform(0.04, 0.08)
        case .night:
            sun = Vector(0.07, 0.09, 0.14)
            sky = Vector(0.12, 0.14, 0.22)
            ground = Vector(0.62, 0.46, 0.26) * random.uniform(0.7, 1.1)
            zenith = .rgb(0x0a1230)
            horizon = Vector.rgb(0x2c3560).mixed(.rgb(0x60406a), random.uniform())
            cover = random.uniform(0, 0.5)
            haze = random.uniform(0, 0.02)
        }
    }

    /// The colour of a surface; its side that is turned to the viewer is lit.
    func shade(
        _ colour: Vector,
        glow: Float,
        at position: Vector,
        normal: Vector,
        from eye: Vector
    ) -> Vector {
        let view = position - eye
        let n = normal.dot(view) > 0 ? -normal : normal
        let direct = max(n.dot(direction), 0)
        let up = n.y * 0.5 + 0.5
        // Near the ground less of the sky is seen; at night lamps stand there.
        let height = max(position.y, 0)
        let closed = 0.72 + 0.28 * smoothStep(0, 0.35, height)
        let lamp = weather == .night ? 1.25 / (1 + 0.9 * height) : 1
        let diffuse = sky * up + ground * (1 - up) * lamp
        var lit = colour * (sun * direct + diffuse * closed)
        if glow > 0, lamps > 0 { lit = lit.mixed(Vector(1, 0.82, 0.45), glow * lamps * 0.95) }
        return lit.mixed(horizon, 1 - exponential(-haze * view.length))
    }
}
