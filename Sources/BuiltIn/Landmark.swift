import Tensors

/// A landmark that exists here alone.
struct BuiltInLandmark {
    let number: Int
    let mesh = Mesh()
    let bounds: (low: Vector, high: Vector)
    let setting: Setting

    private typealias Build = (Mesh) -> (_ variant: Int, inout Random) -> Void

    /// What one of a kind is called, where it may stand, and how it is built; landmark number k takes the
    /// k-th kind, round and round.
    private static var kinds: [(nouns: [String], grounds: [Setting.Ground], build: Build)] {
        [
            (
                ["Tower", "Belfry", "Clock Tower", "Campanile"], [.plaza, .cobbles, .grass],
                Mesh.tower
            ),
            (["Basilica", "Dome", "Rotunda", "Palace"], [.plaza, .grass, .cobbles], Mesh.dome),
            (["Bridge", "Viaduct", "Crossing"], [.water], Mesh.bridge),
            (["Temple", "Treasury", "Museum", "Academy"], [.grass, .sand, .plaza], Mesh.temple),
            (["Mill", "Windmill"], [.grass, .grass, .sand], Mesh.windmill),
            (["Castle", "Keep", "Fortress"], [.grass, .grass, .cobbles, .sand], Mesh.castle),
            (["Pagoda", "Shrine"], [.grass, .plaza, .grass], Mesh.pagoda),
            (["Lighthouse", "Light", "Beacon"], [.water, .water, .grass], Mesh.lighthouse),
            (["Arch", "Gate"], [.plaza, .cobbles, .sand], Mesh.arch),
            (
                ["Exchange", "Spire", "Skyscraper", "Plaza Tower"], [.plaza, .cobbles],
                Mesh.skyscraper
            ),
            (["Wheel", "Great Wheel"], [.plaza, .grass, .water], Mesh.wheel),
            (["Pyramid", "Ziggurat"], [.sand, .sand, .grass, .plaza], Mesh.pyramid),
            (["Obelisk", "Column", "Monument"], [.plaza, .cobbles, .grass], Mesh.column),
            (["Iron Tower", "Mast", "Needle"], [.grass, .plaza], Mesh.lattice),
        ]
    }

    /// Makes landmark `number` of the world of `seed`.
    init(_ number: Int, seed: UInt64) {
        self.number = number
        // Photo 0 of a landmark's numbers is the landmark itself.
        var random = Random(seed: seed, .rendering, UInt64(number), 0)
        let kinds = BuiltInLandmark.kinds
        let kind = kinds[number % kinds.count]
        kind.build(mesh)(number / kinds.count, &random)
        bounds = mesh.bounds
        let ground = kind.grounds[random.integer(below: kind.grounds.count)]
        setting = Setting(ground, using: &random, clear: bounds.high.x)
    }

    private static let adjectives = [
        "Amber", "Old", "Silent", "Golden", "Crooked", "Lucky", "Winter", "Seven-Bell", "Merry",
        "Lost", "Sleeping", "Singing", "Queen's", "Fishers'", "Long", "White", "Copper", "Evening",
        "Swan", "Clover", "Weavers'", "Moonlit", "Thunder", "Honey",
    ]
    private static let beginnings = [
        "Il", "Or", "Ka", "Bel", "Tú", "Mar", "Sel", "Łu", "Vé", "Nym", "Ash", "Dor", "Fen", "Qua",
        "Rü", "Zan", "Ø", "Há", "Pel", "Çe", "Wyn", "Go", "Tre", "Lis",
    ]
    private static let endings = [
        "mar", "vella", "rin", "sta", "thos", "delle", "nova", "gård", "lune", "brac", "via",
        "zena", "mond", "quil", "ros", "tamé",
    ]

    /// What the landmarks of a seed are called, from number 0: names of places that do not exist, of
    /// which the first 384 are all different.
    static func names(_ count: Int, seed: UInt64) -> [String] {
        var random = Random(seed: seed, .rendering, UInt64.max, 0)
        var places = beginnings.flatMap { start in endings.map { start + $0 } }
        var adjectives = adjectives
        random.shuffle(&places)
        random.shuffle(&adjectives)
        let nouns = kinds.map(\.nouns)
        return (0..<count).map { number in
            let own = nouns[number % nouns.count]
            let noun = own[number / nouns.count % own.count]
            let round = number / places.count
            let place = places[number % places.count] + (round > 0 ? " \(round + 1)" : "")
            return "\(adjectives[(number + round) % adjectives.count]) \(noun) of \(place)"
        }
    }
}

/// Colours of what landmarks are made of.
enum Palette {
    static let stone: [UInt32] = [
        0xd8cdb4, 0xc9b48c, 0xb0a89c, 0xe4dfd2, 0xa8927a, 0xcbbfae, 0xb89a84, 0x9aa0a4,
    ]
    static let wall: [UInt32] = [
        0xe8e2d4, 0xb4583e, 0xd8c49a, 0xe0b48a, 0xc8ccd0, 0x9c5444, 0xd4d8c4, 0xc2a078,
    ]
    static let roof: [UInt32] = [
        0x8c3c2c, 0x4a5560, 0x5a8c7c, 0x6a4a3c, 0x2f4a6a, 0x7a2f34, 0x3e5a44, 0xb0763c,
    ]
    static let bright: [UInt32] = [0xd4a52c, 0xc83c30, 0x2f7a8c, 0xe8e4dc, 0x3a5a9c, 0x4f8a4a]
}
