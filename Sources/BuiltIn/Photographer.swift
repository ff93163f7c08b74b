import Tensors

/// Takes photos of a built-in landmark.
struct Photographer {
    let landmark: BuiltInLandmark
    let seed: UInt64

    /// Takes photo `number`, whose longer side has `side` pixels.
    ///
    /// Everything about it is a function of the seed, the landmark and the number.
    func photo(_ number: Int, side: Int) -> Picture {
        let setting = landmark.setting
        // Number 0 of the sequence belongs to the landmark itself.
        var random = Random(seed: seed, .rendering, UInt64(landmark.number), UInt64(number + 1))
        let shapes: [(Int, Int)] = [(4, 3), (4, 3), (3, 2), (1, 1), (3, 4)]
        let shape = shapes[random.integer(below: shapes.count)]
        let long = Float(side) / Float(max(shape.0, shape.1))
        func pixels(_ share: Int) -> Int { max(Int(long * Float(share)), 16) }
        let canvas = Canvas(width: pixels(shape.0), height: pixels(shape.1), detail: 2)
        let light = Light(using: &random)
        let camera = Camera(landmark.bounds, canvas: canvas, using: &random)
        let backdrop = Backdrop(setting, light, using: &random)
        let scenery = Mesh()
        for tree in setting.trees { scenery.tree(tree.place, tree.height, tree.isConifer) }
        let (reach, depth) = (max(landmark.bounds.high.x, 0.5), landmark.bounds.high.z)
        scenery.passers(setting, reach: reach, depth: depth, using: &random)
        let stage = Stage(canvas: canvas, camera: camera, light: light)
        let solids = [landmark.mesh, scenery]
        var shadow = [UInt8](repeating: 0, count: canvas.samples.count)
        if light.sun.luma > 0.2 { solids.forEach { stage.castShadow($0, &shadow) } }
        backdrop.paint(canvas, camera, shadow: shadow)
        if setting.ground == .water {
            solids.forEach { stage.drawReflection($0, setting.soil) }
            canvas.forgetNearness()
        }
        solids.forEach { stage.draw($0) }
        if light.weather == .rain || light.weather == .snow { stage.precipitate(using: &random) }
        return Lens(light, using: &random).develop(canvas, using: &random)
    }
}

/// Where a photo is taken from.
struct Camera {
    let eye: Vector
    private let right, up, forward: Vector
    /// Focal length and centre of the picture, in samples.
    private let focal: Float
    private let centre: SIMD2<Float>
    private let near: Float = 0.15

    /// Chooses a viewpoint for a landmark within `bounds`, for a canvas of the given size.
    init(_ bounds: (low: Vector, high: Vector), canvas: Canvas, using random: inout Random) {
        let size = bounds.high - bounds.low
        let aspect = Float(canvas.columns) / Float(canvas.rows)
        // Photographers prefer the front, and stand on the ground more often than on a hill.
        let yaw = random.bell() * 0.3
        let height = random.uniform() < 0.75 ? random.uniform(0.12, 0.4) : random.uniform(0.5, 1.1)
        let field = random.uniform(0.6, 0.95)
        let half = sine(field / 2) / cosine(field / 2)
        // The distance at which the landmark just fits, and a personal taste in closeness.
        let taste = random.uniform(0.92, 1.4)
        let fit = max(size.y / 2 / half, size.x / 2 / (half * aspect)) * taste + size.z / 2
        let aside = random.bell() * 0.07 * size.x
        let target = at(aside, bounds.low.y + size.y * (0.47 + random.bell() * 0.05), 0)
        eye = Vector(target.x * 0.5, max(size.y, 1) * height, fit).turned(yaw)
        forward = (target - eye).normalised
        let tilt = random.bell() * 0.035
        let level = forward.cross(Vector(0, 1, 0)).normalised
        let upright = level.cross(forward)
        right = level * cosine(tilt) + upright * sine(tilt)
        up = upright * cosine(tilt) - level * sine(tilt)
        focal = Float(canvas.rows) / 2 / half
        centre = SIMD2(Float(canvas.columns), Float(canvas.rows)) / 2
    }

    /// Where a point is seen: x, y in samples, and 1 / distance; nil behind the viewer.
    func project(_ point: Vector) -> (x: Float, y: Float, nearness: Float)? {
        let p = point - eye
        let depth = p.dot(forward)
        guard depth > near else { return nil }
        let (x, y) = (focal * p.dot(right) / depth, focal * p.dot(up) / depth)
        return (centre.x + x, centre.y - y, 1 / depth)
    }

    /// The direction in which a sample looks.
    func ray(_ x: Float, _ y: Float) -> Vector {
        (forward * focal + right * (x - centre.x) + up * (centre.y - y)).normalised
    }
}

/// What a camera adds to what it sees: exposure, blur, vignetting and grain.
struct Lens {
    private let exposure, contrast, saturation, vignette, blur, grain: Float
    private let cast: Vector

    init(_ light: Light, using random: inout Random) {
        exposure = exponential(random.bell() * 0.1)
        contrast = 1 + random.bell() * 0.08
        saturation = 1 + random.bell() * 0.12
        cast = Vector(random.bell(), random.bell(), random.bell()) * 0.02 + 1
        vignette = max(random.bell() * 0.12 + 0.1, 0)
        blur = max(random.uniform(-0.6, 0.8), 0)
        grain = light.weather == .night ? random.uniform(0.01, 0.03) : random.uniform(0, 0.012)
    }

    /// Develops the canvas into a picture.
    func develop(_ canvas: Canvas, using random: inout Random) -> Picture {
        let (width, height) = (canvas.width, canvas.height)
        let sharp = canvas.pixels()
        var pixels = [UInt8](repeating: 0, count: width * height * 3)
        for y in 0..<height {
            for x in 0..<width {
                var colour = sharp[y * width + x]
                if blur > 0 {
                    let (left, right) = (max(x - 1, 0), min(x + 1, width - 1))
                    let (above, below) = (max(y - 1, 0), min(y + 1, height - 1))
                    let beside = sharp[y * width + left] + sharp[y * width + right]
                    let around = beside + sharp[above * width + x] + sharp[below * width + x]
                    colour = colour.mixed(around / 4, blur)
                }
                let u = Float(2 * x - width) / Float(width)
                let v = Float(2 * y - height) / Float(height)
                colour *= cast * (exposure * (1 - vignette * (u * u + v * v) / 2))
                colour = Vector(repeating: colour.luma).mixed(colour, saturation)
                colour = (colour - 0.5) * contrast + 0.5
                if grain > 0 {
                    // The sum of four uniform numbers is close enough to a bell.
                    let bits = random.next32()
                    let sum = (bits & 255) + (bits >> 8 & 255) + (bits >> 16 & 255) + bits >> 24
                    colour += (Float(sum) / 255 - 2) * 1.7 * grain
                }
                let share = colour.clamped(lowerBound: .zero, upperBound: .one)
                let bytes = (share * 255).rounded(.toNearestOrEven)
                for channel in 0..<3 {
                    pixels[(y * width + x) * 3 + channel] = UInt8(bytes[channel])
                }
            }
        }
        return Picture(width: width, height: height, pixels: pixels)
    }
}
