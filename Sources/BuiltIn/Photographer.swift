import Tensors

/// Takes photos of a built-in landmark.
struct Photographer {
    private let landmark: BuiltInLandmark
    private let seed: UInt64

    /// Goes to landmark `number` of the world of `seed`.
    init(_ number: Int, seed: UInt64) {
        landmark = BuiltInLandmark(number, seed: seed)
        self.seed = seed
    }

    /// The landmark's number.
    var number: Int { landmark.number }

    /// Takes photo `number`, whose longer side has `side` pixels.
    ///
    /// Everything about it is a function of the seed, the landmark and the number.
    func photo(_ number: Int, side: Int) -> Picture {
        // Number 0 of the sequence belongs to the landmark itself.
        var random = Random(seed: seed, .rendering, UInt64(landmark.number), UInt64(number + 1))
        let shapes: [(Int, Int)] = [(4, 3), (4, 3), (3, 2), (1, 1), (3, 4)]
        let shape = shapes[random.integer(below: shapes.count)]
        let long = Float(side) / Float(max(shape.0, shape.1))
        let canvas = Canvas(
            width: max(Int(long * Float(shape.0)), 16),
            height: max(Int(long * Float(shape.1)), 16),
            detail: 2
        )
        let light = Light(using: &random)
        let camera = Camera(landmark.bounds, canvas: canvas, using: &random)
        let backdrop = Backdrop(landmark.setting, light, using: &random)
        var scenery = Scenery(landmark.setting)
        scenery.addPassers(
            landmark.setting,
            reach: max(landmark.bounds.high.x, 0.5),
            depth: landmark.bounds.high.z,
            using: &random
        )
        let stage = Stage(canvas: canvas, camera: camera, light: light)
        let solids = [landmark.mesh, scenery.mesh]
        var shadow = [UInt8](repeating: 0, count: canvas.samples.count)
        if light.sun.luma > 0.2 { solids.forEach { stage.castShadow($0, &shadow) } }
        backdrop.paint(canvas, camera, shadow: shadow)
        if landmark.setting.ground == .water {
            solids.forEach { stage.drawReflection($0, landmark.setting.soil) }
            canvas.forgetNearness()
        }
        solids.forEach { stage.draw($0) }
        if light.weather == .rain || light.weather == .snow { stage.precipitate(using: &random) }
        return Lens(light, using: &random).develop(canvas, using: &random)
    }
}
