import Tensors

/// A picture in the making: `detail` × `detail` samples a pixel, each with colour and nearness.
///
/// Averaging the samples of a pixel smooths edges; the nearness (1 / distance) decides what hides
/// what.
final class Canvas {
    /// Pixels.
    let width, height: Int
    /// Samples along each side of a pixel.
    let detail: Int
    /// Samples.
    let columns, rows: Int
    /// Red, green, blue in 0 … 1 and nearness.
    let samples: UnsafeMutableBufferPointer<SIMD4<Float>>
    /// Sideways displacement of what is drawn, row by row, in samples; for reflections in water.
    var ripple: Float = 0

    /// A triangle's corner in samples from the upper left, with colour and nearness.
    struct Corner {
        var x, y: Float
        var value: SIMD4<Float>
    }

    init(width: Int, height: Int, detail: Int) {
        self.width = width
        self.height = height
        self.detail = detail
        columns = width * detail
        rows = height * detail
        samples = .allocate(capacity: columns * rows)
        samples.initialize(repeating: .zero)
    }

    deinit { samples.deallocate() }

    /// Gives all samples of a pixel a colour, infinitely far.
    func setPixel(_ x: Int, _ y: Int, _ colour: Vector) {
        for row in y * detail..<(y + 1) * detail {
            for column in x * detail..<(x + 1) * detail {
                samples[row * columns + column] = SIMD4(colour, 0)
            }
        }
    }

    /// Forgets what is near, so that whatever comes next hides what is there.
    func forgetNearness() {
        for index in 0..<samples.count { samples[index].w = 0 }
    }

    /// Draws a triangle where it is the nearest so far; colours run smoothly between the corners.
    func fill(_ a: Corner, _ b: Corner, _ c: Corner) {
        let area = (b.x - a.x) * (c.y - a.y) - (c.x - a.x) * (b.y - a.y)
        guard abs(area) > 1e-4 else { return }
        let acrossX = ((b.value - a.value) * (c.y - a.y) - (c.value - a.value) * (b.y - a.y)) / area
        let acrossY = ((c.value - a.value) * (b.x - a.x) - (b.value - a.value) * (c.x - a.x)) / area
        scan(a, b, c) { row, first, last in
            let x = Float(first) + 0.5
            let y = Float(row) + 0.5
            var value = a.value + acrossX * (x - a.x) + acrossY * (y - a.y)
            let shift = ripple == 0 ? 0 : Int(ripple * sine(y * 1.1 + 3 * sine(y * 0.23)))
            let line = row * columns
            for column in first..<last {
                let at = column + shift
                if at >= 0, at < columns, value.w > samples[line + at].w {
                    samples[line + at] = value
                }
                value += acrossX
            }
        }
    }

    /// Sets `mask`, one byte per sample, wherever a triangle covers it.
    func cover(_ a: Corner, _ b: Corner, _ c: Corner, _ mask: inout [UInt8]) {
        scan(a, b, c) { row, first, last in
            for at in row * columns + first..<row * columns + last { mask[at] = 1 }
        }
    }

    /// Mixes a colour into a straight line one sample wide.
    func streak(from: SIMD2<Float>, to: SIMD2<Float>, _ colour: Vector, _ opacity: Float) {
        let steps = max(Int(max(abs(to.x - from.x), abs(to.y - from.y))), 1)
        for step in 0...steps {
            let point = from + (to - from) * (Float(step) / Float(steps))
            let (x, y) = (Int(point.x), Int(point.y))
            guard point.x >= 0, point.y >= 0, x < columns, y < rows else { continue }
            let sample = samples[y * columns + x]
            samples[y * columns + x] = sample + (SIMD4(colour, sample.w) - sample) * opacity
        }
    }

    /// The pixels' mean colours.
    func pixels() -> [Vector] {
        var pixels = [Vector](repeating: .zero, count: width * height)
        let share = 1 / Float(detail * detail)
        for y in 0..<height {
            for x in 0..<width {
                var sum = SIMD4<Float>.zero
                for row in y * detail..<(y + 1) * detail {
                    for column in x * detail..<(x + 1) * detail {
                        sum += samples[row * columns + column]
                    }
                }
                pixels[y * width + x] = Vector(sum.x, sum.y, sum.z) * share
            }
        }
        return pixels
    }

    /// Calls `line` with each row of samples whose centres lie in the triangle, and the first column and
    /// that after the last.
    private func scan(_ a: Corner, _ b: Corner, _ c: Corner, _ line: (Int, Int, Int) -> Void) {
        let low = min(a.y, b.y, c.y)
        let high = max(a.y, b.y, c.y)
        guard low < Float(rows), high > 0, high - low < 1e6 else { return }
        let first = max(Int((low - 0.5).rounded(.up)), 0)
        let last = min(Int((high - 0.5).rounded(.up)), rows)
        guard first < last else { return }
        for row in first..<last {
            let y = Float(row) + 0.5
            var left = Float.infinity
            var right = -Float.infinity
            for (p, q) in [(a, b), (b, c), (c, a)] where (p.y > y) != (q.y > y) {
                let x = p.x + (q.x - p.x) * ((y - p.y) / (q.y - p.y))
                left = min(left, x)
                right = max(right, x)
            }
            guard left < Float(columns), right > 0 else { continue }
            let start = max(Int((left - 0.5).rounded(.up)), 0)
            let end = right >= Float(columns) ? columns : Int((right - 0.5).rounded(.up))
            if start < end { line(row, start, end) }
        }
    }
}

/// Draws solids as a camera sees them in some light.
struct Stage {
    let canvas: Canvas
    let camera: Camera
    let light: Light

    /// Draws what is nearer than what is there already.
    func draw(_ mesh: Mesh) {
        for triangle in mesh.triangles { fill(triangle) }
    }

    /// Draws a solid upside down, as water of the given colour mirrors it.
    func drawReflection(_ mesh: Mesh, _ water: Vector) {
        canvas.ripple = 1.6
        defer { canvas.ripple = 0 }
        let deep = water * (light.sky + light.sun * 0.5)
        for triangle in mesh.triangles { fill(triangle, mirroredIn: deep) }
    }

    /// Marks the samples of the ground on which a solid's shadow falls.
    func castShadow(_ mesh: Mesh, _ mask: inout [UInt8]) {
        let drop = light.direction / max(light.direction.y, 0.2)
        func corner(_ point: Vector) -> Canvas.Corner? {
            camera.project(point - drop * point.y).map {
                Canvas.Corner(x: $0.x, y: $0.y, value: .zero)
            }
        }
        for (a, b, c) in mesh.triangles.map(\.corners) {
            guard let p = corner(a), let q = corner(b), let r = corner(c) else { continue }
            canvas.cover(p, q, r, &mask)
        }
    }

    /// Draws rain or snow.
    func precipitate(using random: inout Random) {
        let isSnow = light.weather == .snow
        let size = SIMD2(Float(canvas.columns), Float(canvas.rows))
        let slant = random.uniform(-0.3, 0.3)
        for _ in 0..<Int(size.x * size.y / (isSnow ? 260 : 420)) {
            let start = SIMD2(random.uniform(), random.uniform()) * size
            let length = isSnow ? 1.2 : size.y * random.uniform(0.02, 0.06)
            canvas.streak(
                from: start,
                to: start + SIMD2(slant * length, length),
                Vector(repeating: isSnow ? 0.97 : 0.85),
                isSnow ? random.uniform(0.4, 0.9) : random.uniform(0.1, 0.3)
            )
        }
    }

    private func fill(_ triangle: Mesh.Triangle, mirroredIn water: Vector? = nil) {
        func corner(_ point: Vector, _ normal: Vector) -> Canvas.Corner? {
            let seen = water == nil ? point : point * Vector(1, -1, 1)
            guard let (x, y, nearness) = camera.project(seen) else { return nil }
            var lit = light.shade(triangle, at: point, normal: normal, from: camera.eye)
            if let water { lit = lit.mixed(water, min(0.35 + 0.2 * point.y, 0.9)) }
            return Canvas.Corner(x: x, y: y, value: SIMD4(lit, nearness))
        }
        let ((p, q, r), (k, l, m)) = (triangle.corners, triangle.normals)
        guard let a = corner(p, k), let b = corner(q, l), let c = corner(r, m) else { return }
        canvas.fill(a, b, c)
    }
}
