import Tensors

/// Draws solids as a camera sees them in some light.
struct Stage {
    let canvas: Canvas
    let camera: Camera
    let light: Light

    /// Draws what is nearer than what is there already.
    func draw(_ mesh: Mesh) {
        for triangle in mesh.triangles {
            fill(triangle) {
                $0
            } colour: { colour, _ in
                colour
            }
        }
    }

    /// Draws a solid upside down, as water of the given colour mirrors it.
    func drawReflection(_ mesh: Mesh, _ water: Vector) {
        canvas.ripple = 1.6
        defer { canvas.ripple = 0 }
        let deep = water * (light.sky + light.sun * 0.5)
        for triangle in mesh.triangles {
            fill(triangle) {
                $0 * Vector(1, -1, 1)
            } colour: { colour, height in
                colour.mixed(deep, min(0.35 + 0.2 * height, 0.9))
            }
        }
    }

    /// Marks the samples of the ground on which a solid's shadow falls.
    func castShadow(_ mesh: Mesh, _ mask: inout [UInt8]) {
        let drop = light.direction / max(light.direction.y, 0.2)
        for triangle in mesh.triangles {
            let (a, b, c) = triangle.corners
            guard let p = camera.project(a.position - drop * a.position.y),
                let q = camera.project(b.position - drop * b.position.y),
                let r = camera.project(c.position - drop * c.position.y)
            else { continue }
            canvas.cover(
                Canvas.Corner(x: p.x, y: p.y, value: .zero),
                Canvas.Corner(x: q.x, y: q.y, value: .zero),
                Canvas.Corner(x: r.x, y: r.y, value: .zero),
                &mask
            )
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

    private func fill(
        _ triangle: Mesh.Triangle,
        _ place: (Vector) -> Vector,
        colour finish: (_ colour: Vector, _ height: Float) -> Vector
    ) {
        func corner(_ vertex: Mesh.Vertex) -> Canvas.Corner? {
            guard let seen = camera.project(place(vertex.position)) else { return nil }
            let lit = light.shade(
                triangle.colour,
                glow: triangle.glow,
                at: vertex.position,
                normal: vertex.normal,
                from: camera.eye
            )
            let colour = finish(lit, vertex.position.y)
            return Canvas.Corner(x: seen.x, y: seen.y, value: SIMD4(colour, seen.nearness))
        }
        guard let a = corner(triangle.corners.0), let b = corner(triangle.corners.1),
            let c = corner(triangle.corners.2)
        else { return }
        canvas.fill(a, b, c)
    }
}
