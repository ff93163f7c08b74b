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

    /// Each weather's share, light of sun, sky and ground, colours overhead and at the horizon (on the way
    /// between two), cover and haze.
    private typealias Kind = (
        weather: Weather, share: Float, sun: Vector, sky: Vector, ground: Vector,
        zenith: [UInt32], horizon: [UInt32], cover: ClosedRange<Float>, haze: ClosedRange<Float>
    )

    private static let kinds: [Kind] = [
        (
            .clear, 0.28, at(0.74, 0.70, 0.62), at(0.40, 0.45, 0.52), at(0.24, 0.22, 0.19),
            [0x2f6fc0, 0x5a9be0], [0xc4dcee], 0...0.25, 0...0.03
        ),
        (
            .clouds, 0.24, at(0.74, 0.70, 0.62), at(0.40, 0.45, 0.52), at(0.24, 0.22, 0.19),
            [0x2f6fc0, 0x5a9be0], [0xc4dcee], 0.4...0.7, 0...0.03
        ),
        (
            .overcast, 0.12, at(0.14, 0.14, 0.14), at(0.66, 0.68, 0.70), at(0.34, 0.34, 0.34),
            [0x9aa4ac], [0xc9cfd3], 0.85...1, 0.01...0.05
        ),
        (
            .golden, 0.11, at(0.95, 0.62, 0.32), at(0.34, 0.33, 0.44), at(0.20, 0.15, 0.14),
            [0x4a6aa8, 0x7a5a98], [0xf6c078, 0xf09a78], 0.1...0.6, 0.01...0.05
        ),
        (
            .haze, 0.07, at(0.26, 0.25, 0.23), at(0.58, 0.60, 0.62), at(0.34, 0.33, 0.32),
            [0xb4c2cc], [0xd6dcde], 0.2...0.2, 0.1...0.2
        ),
        (
            .rain, 0.06, at(0, 0, 0), at(0.52, 0.55, 0.60), at(0.30, 0.31, 0.33),
            [0x6c7680], [0x98a2aa], 1...1, 0.05...0.1
        ),
        (
            .snow, 0.04, at(0.10, 0.10, 0.11), at(0.68, 0.70, 0.75), at(0.50, 0.52, 0.56),
            [0xb6c0cc], [0xdde3e8], 1...1, 0.04...0.08
        ),
        (
            .night, 0.08, at(0.07, 0.09, 0.14), at(0.12, 0.14, 0.22), at(0.62, 0.46, 0.26),
            [0x0a1230], [0x2c3560, 0x60406a], 0...0.5, 0...0.02
        ),
    ]

    init(using random: inout Random) {
        var draw = random.uniform()
        var kind = Light.kinds[0]
        for next in Light.kinds {
            kind = next
            draw -= kind.share
            if draw < 0 { break }
        }
        weather = kind.weather
        let azimuth = random.uniform(-2.2, 2.2)
        let elevation =
            weather == .golden ? random.uniform(0.25, 0.4) : random.uniform(0.5, 1.2)
        let level = cosine(elevation)
        direction = at(sine(azimuth) * level, sine(elevation), cosine(azimuth) * level)
        let warmth = random.uniform(-0.06, 0.06)
        let isTinted = weather == .clear || weather == .clouds
        sun = isTinted ? kind.sun * at(1 + warmth, 1, 1 - warmth) : kind.sun
        sky = kind.sky
        ground = weather == .night ? kind.ground * random.uniform(0.7, 1.1) : kind.ground
        zenith = random.mix(kind.zenith)
        horizon = random.mix(kind.horizon)
        cover = random.within(kind.cover)
        haze = random.within(kind.haze)
    }

    /// The colour of a surface; its side that is turned to the viewer is lit.
    func shade(
        _ surface: Mesh.Triangle,
        at position: Vector,
        normal: Vector,
        from eye: Vector
    ) -> Vector {
        let (colour, glow, view) = (surface.colour, surface.glow, position - eye)
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
