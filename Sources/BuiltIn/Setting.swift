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
        switch ground {
        case .grass: soil = Vector.rgb(0x5f8a3c).mixed(.rgb(0x8a9a4c), random.uniform())
        case .plaza: soil = Vector.rgb(0xb8b0a2).mixed(.rgb(0x9a9894), random.uniform())
        case .sand: soil = Vector.rgb(0xd8bc84).mixed(.rgb(0xc49a62), random.uniform())
        case .water: soil = Vector.rgb(0x3a6478).mixed(.rgb(0x4a7a6c), random.uniform())
        case .cobbles: soil = Vector.rgb(0x8c7c6e).mixed(.rgb(0x74706c), random.uniform())
        }
        switch horizon {
        case .plain: ridge = .rgb(0xa8b498)
        case .hills: ridge = Vector.rgb(0x6a8a58).mixed(.rgb(0x86905c), random.uniform())
        case .mountains: ridge = Vector.rgb(0x74809a).mixed(.rgb(0x8a7a80), random.uniform())
        case .city: ridge = Vector.rgb(0x9a9490).mixed(.rgb(0xa88a7a), random.uniform())
        case .forest: ridge = Vector.rgb(0x3e5c3a).mixed(.rgb(0x4e6a42), random.uniform())
        }
        noise = Noise(&random)
        var trees: [(Vector, Float, Bool)] = []
        let isConifer = random.uniform() < 0.4
        let count = ground == .water || ground == .sand ? 0 : random.integer(below: 7)
        for _ in 0..<count {
            let side: Float = random.uniform() < 0.5 ? -1 : 1
            let place = Vector(
                side * random.uniform(clear + 0.15, clear + 1.2),
                0,
                random.uniform(-1.4, 0.5)
            )
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
            let (i, j) = ((x * 3).rounded(.down), (z * 3).rounded(.down))
            let isDark = Int(i + j) & 1 == 0
            return soil * (1 + (isDark ? -0.14 : 0.05) * fine)
        case .sand:
            return soil * (1 + 0.35 * fine * (noise.fractal(x * 3, z * 5, octaves: 3) - 0.5))
        case .water:
            return soil * (1 + 0.8 * fine * (noise.fractal(x * 3, z * 14, octaves: 2) - 0.5))
        case .cobbles: return soil * (1 + 0.7 * fine * (noise(x * 16, z * 16) - 0.5))
        }
    }
}
