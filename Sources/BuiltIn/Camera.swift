import Tensors

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
        let target = Vector(
            random.bell() * 0.07 * size.x,
            bounds.low.y + size.y * (0.47 + random.bell() * 0.05),
            0
        )
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
        return (
            centre.x + focal * p.dot(right) / depth,
            centre.y - focal * p.dot(up) / depth,
            1 / depth
        )
    }

    /// The direction in which a sample looks.
    func ray(_ x: Float, _ y: Float) -> Vector {
        (forward * focal + right * (x - centre.x) + up * (centre.y - y)).normalised
    }
}
