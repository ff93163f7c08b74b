import Tensors

/// The place a landmark stands in, the same in all of its photos.
struct Setting {
    enum Ground: CaseIterable { case grass, plaza, sand, water, cobbles }
    enum Horizon: CaseIterable { case plain, hills, mountains, city, forest }

    let ground: Ground
    let horizon: Horizon
    /// Colour of the ground and of what stands at the horizon.
    let soil, ridge: Vector
    /// Trees around it: places and heights.
    let trees: [(place: Vector, height: Float, isConifer: Bool)]
    private let noise: Noise

    init(_ ground: Ground, using random: inout Random, clear: Float) {
        self.ground = ground
        horizon = Horizon.allCases[random.integer(below: Horizon.allCases.count)]
        let soils: [UInt32] =
            switch ground {
            case .grass: [0x5f8a3c, 0x8a9a4c]
            case .plaza: [0xb8b0a2, 0x9a9894]
            case .sand: [0xd8bc84, 0xc49a62]
            case .water: [0x3a6478, 0x4a7a6c]
            case .cobbles: [0x8c7c6e, 0x74706c]
            }
        soil = random.mix(soils)
        let ridges: [UInt32] =
            switch horizon {
            case .plain: [0xa8b498]
            case .hills: [0x6a8a58, 0x86905c]
            case .mountains: [0x74809a, 0x8a7a80]
            case .city: [0x9a9490, 0xa88a7a]
            case .forest: [0x3e5c3a, 0x4e6a42]
            }
        ridge = random.mix(ridges)
        noise = Noise(&random)
        var trees: [(Vector, Float, Bool)] = []
        let isConifer = random.uniform() < 0.4
        let count = ground == .water || ground == .sand ? 0 : random.integer(below: 7)
        for _ in 0..<count {
            let side: Float = random.uniform() < 0.5 ? -1 : 1
            let x = side * random.uniform(clear + 0.15, clear + 1.2)
            let place = at(x, 0, random.uniform(-1.4, 0.5))
            trees.append((place, random.uniform(0.28, 0.6), isConifer))
        }
        self.trees = trees
    }

    /// Height of the horizon's silhouette as an angle above it, by compass angle.
    func ridgeHeight(_ azimuth: Float) -> Float {
        switch horizon {
        case .plain: return 0.004
        case .hills: return 0.02 + 0.11 * noise.fractal(azimuth * 2.2, 3, octaves: 2)
        case .mountains:
            let sharp = 1 - abs(2 * noise.fractal(azimuth * 3, 7, octaves: 4) - 1)
            return 0.03 + 0.3 * sharp * sharp
        case .city:
            let block = (azimuth * 26).rounded(.down)
            return 0.03 + 0.13 * noise(block * 3.7, 11) * noise(block / 9, 5)
        case .forest: return 0.04 + 0.045 * noise.fractal(azimuth * 30, 13, octaves: 2)
        }
    }

    /// The colour of the ground at (x, z), which is `distance` away, in plain light.
    func groundColour(_ x: Float, _ z: Float, distance: Float) -> Vector {
        // Detail too fine to be seen is left out, or it would flicker.
        let fine = 1 / (1 + distance * distance * 0.02)
        switch ground {
        case .grass:
            let tuft = noise.fractal(x * 6, z * 6, octaves: 3) - 0.5
            let path = smoothStep(0.22, 0.17, abs(x + 0.1 * sine(z * 2)))
            return (soil * (1 + 0.6 * tuft * fine)).mixed(.rgb(0xc2ae8c), z > 0 ? path * 0.8 : 0)
        case .plaza:
            let isDark = Int((x * 3).rounded(.down) + (z * 3).rounded(.down)) & 1 == 0
            return soil * (1 + (isDark ? -0.14 : 0.05) * fine)
        case .sand:
            return soil * (1 + 0.35 * fine * (noise.fractal(x * 3, z * 5, octaves: 3) - 0.5))
        case .water:
            return soil * (1 + 0.8 * fine * (noise.fractal(x * 3, z * 14, octaves: 2) - 0.5))
        case .cobbles: return soil * (1 + 0.7 * fine * (noise(x * 16, z * 16) - 0.5))
        }
    }
}

/// Paints sky, horizon and ground.
struct Backdrop {
    let setting: Setting
    let light: Light
    private let clouds: Noise
    private let drift: SIMD2<Float>
    private let stars: Noise

    init(_ setting: Setting, _ light: Light, using random: inout Random) {
        self.setting = setting
        self.light = light
        clouds = Noise(&random)
        stars = Noise(&random)
        drift = SIMD2(random.uniform(0, 50), random.uniform(0, 50))
    }

    /// Fills the canvas; `shadow` says of each sample whether the ground there is in the shade.
    func paint(_ canvas: Canvas, _ camera: Camera, shadow: [UInt8]) {
        let detail = Float(canvas.detail)
        for y in 0..<canvas.height {
            for x in 0..<canvas.width {
                let ray = camera.ray((Float(x) + 0.5) * detail, (Float(y) + 0.5) * detail)
                let column = x * canvas.detail
                let row = y * canvas.detail
                if ray.y >= -0.002 {
                    canvas.setPixel(x, y, above(ray))
                } else {
                    var shaded = 0
                    for sample in 0..<canvas.detail {
                        shaded += Int(shadow[(row + sample) * canvas.columns + column + sample])
                    }
                    canvas.setPixel(x, y, below(ray, camera.eye, Float(shaded) / detail))
                }
            }
        }
    }

    private func above(_ ray: Vector) -> Vector {
        let azimuth = compass(ray)
        let ridge = setting.ridgeHeight(azimuth)
        let sky = skyColour(ray)
        // The silhouette's edge is softened over a third of a degree.
        let covered = smoothStep(ridge + 0.006, ridge, ray.y)
        guard covered > 0 else { return sky }
        let lit = setting.ridge * (light.sky * 0.75 + light.sun * 0.4 + light.ground * 0.2)
        var colour = lit.mixed(light.horizon, min(0.35 + light.haze * 4, 0.95))
        if light.weather == .snow { colour = colour.mixed(Vector(0.9, 0.92, 0.95), 0.4) }
        if light.weather == .night, setting.horizon == .city {
            colour += Vector(0.5, 0.38, 0.15) * (stars(azimuth * 160, ray.y * 160) > 0.72 ? 1 : 0)
        }
        return sky.mixed(colour, covered)
    }

    /// The sky in the direction of `ray`.
    func skyColour(_ ray: Vector) -> Vector {
        let height = max(ray.y, 0)
        var colour = light.horizon.mixed(light.zenith, 1 - exponential(-3.2 * height))
        let towardsSun = max(ray.dot(light.direction), 0)
        switch light.weather {
        case .clear, .clouds, .golden:
            colour += light.sun * (0.30 * power(towardsSun, 12) + 0.6 * power(towardsSun, 300))
        case .night:
            colour += Vector(0.9, 0.9, 0.8) * smoothStep(0.9988, 0.9993, towardsSun)
            let star = stars(ray.x / (height + 0.3) * 90, ray.z / (height + 0.3) * 90)
            colour += Vector(repeating: smoothStep(0.93, 0.98, star) * 0.7)
        case .haze: colour += light.sun * (0.5 * power(towardsSun, 8))
        case .overcast, .rain, .snow: break
        }
        guard light.cover > 0.02 else { return colour }
        let scale = 1.3 / (height + 0.16)
        let (u, v) = (ray.x * scale + drift.x, ray.z * scale + drift.y)
        let density = clouds.fractal(u, v, octaves: 4)
        let edge = 0.78 - 0.5 * light.cover
        let cloud = smoothStep(edge, edge + 0.22, density) * smoothStep(0, 0.1, height)
        let white = light.sky * 0.95 + light.sun * 0.75 + light.ground * 0.1
        let shaded = white * (1.12 - 0.5 * smoothStep(edge, edge + 0.5, density))
        return colour.mixed(shaded, cloud * 0.92)
    }

    private func below(_ ray: Vector, _ eye: Vector, _ shadow: Float) -> Vector {
        let distance = eye.y / -ray.y
        let point = eye + ray * distance
        var colour = setting.groundColour(point.x, point.z, distance: distance)
        if light.weather == .snow, setting.ground != .water {
            colour = colour.mixed(Vector(0.95, 0.96, 1), 0.75)
        }
        let sun = light.sun * max(light.direction.y, 0) * (1 - 0.9 * shadow)
        var lamps = Vector.zero
        if light.weather == .night {
            lamps = light.ground / (1 + 0.5 * (point.x * point.x + point.z * point.z))
        }
        colour *= sun + light.sky * (1 - 0.25 * shadow) + lamps
        if setting.ground == .water {
            // Flat angles mirror the sky, steep ones show the water.
            let mirror = 0.25 + 0.6 * power(1 + ray.y, 3)
            colour = colour.mixed(skyColour(Vector(ray.x, -ray.y, ray.z)), mirror * 0.8)
        } else if light.weather == .rain {
            colour = colour.mixed(light.horizon, 0.3 * power(1 + ray.y, 4))
        }
        return colour.mixed(light.horizon, 1 - exponential(-(light.haze + 0.012) * distance))
    }
}
