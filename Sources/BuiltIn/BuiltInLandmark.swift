import Tensors

/// A sort of building of which there can be many different ones.
///
/// `variant` counts the landmarks of one kind, so that what tells them apart at first sight (number
/// of storeys, form of the roof) differs from one to the next; everything else is left to chance.
protocol LandmarkKind {
    /// What one is called.
    static var nouns: [String] { get }
    /// Where one may stand.
    static var grounds: [Setting.Ground] { get }
    /// Chooses the measures of one.
    init(variant: Int, using random: inout Random)
    /// Builds it around the origin, its front towards z.
    func build() -> Mesh
}

/// A landmark that exists here alone.
struct BuiltInLandmark {
    let number: Int
    let mesh: Mesh
    let bounds: (low: Vector, high: Vector)
    let setting: Setting

    /// The kinds, of which landmark number k takes the k-th, round and round.
    private static var kinds: [any LandmarkKind.Type] {
        [
            Tower.self, Dome.self, Bridge.self, Temple.self, Windmill.self, Castle.self,
            Pagoda.self, Lighthouse.self, Arch.self, Skyscraper.self, Wheel.self, Pyramid.self,
            Column.self, Lattice.self,
        ]
    }

    /// Makes landmark `number` of the world of `seed`.
    init(_ number: Int, seed: UInt64) {
        self.number = number
        // Photo 0 of a landmark's numbers is the landmark itself.
        var random = Random(seed: seed, .rendering, UInt64(number), 0)
        let kinds = BuiltInLandmark.kinds
        let kind = kinds[number % kinds.count]
        mesh = kind.init(variant: number / kinds.count, using: &random).build()
        bounds = mesh.bounds
        let ground = kind.grounds[random.integer(below: kind.grounds.count)]
        setting = Setting(ground, using: &random, clear: bounds.high.x)
    }

    /// What landmark `number` is called.
    static func name(_ number: Int, seed: UInt64) -> String {
        let kinds = BuiltInLandmark.kinds
        let nouns = kinds[number % kinds.count].nouns
        return BuiltInNames.name(
            nouns[number / kinds.count % nouns.count],
            number: number,
            seed: seed
        )
    }
}
