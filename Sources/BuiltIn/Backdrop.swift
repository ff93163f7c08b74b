import Tensors

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
