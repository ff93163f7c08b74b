public import Foundation
import Tensors

/// How many built-in landmarks and photos are rendered, and how large.
public struct LandmarkSet: Codable, Sendable, Equatable {
    /// Landmarks.
    public var landmarks: Int
    /// Photos to learn from, over all landmarks.
    public var trainingPhotos: Int
    /// Photos to judge by, over all landmarks.
    public var testPhotos: Int
    /// Pixels of a photo's longer side.
    public var imageSize: Int
    /// Seed of landmarks and photos.
    public var seed: UInt64

    /// Describes a set; the defaults are those of the demo.
    public init(
        landmarks: Int = 20,
        trainingPhotos: Int = 1_600,
        testPhotos: Int = 400,
        imageSize: Int = 144,
        seed: UInt64 = 1
    ) {
        self.landmarks = landmarks
        self.trainingPhotos = trainingPhotos
        self.testPhotos = testPhotos
        self.imageSize = imageSize
        self.seed = seed
    }

    /// The set as JSON with `snake_case` keys.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }

    /// Reads what `json()` wrote; nil where it is something else.
    public init?(json: Data) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let set = try? decoder.decode(LandmarkSet.self, from: json) else { return nil }
        self = set
    }

    /// Why the numbers cannot be; nil where they can.
    public var problem: String? {
        guard (2...100_000).contains(landmarks) else {
            return "\(landmarks) landmarks cannot be drawn; give 2 to 100000"
        }
        let most = max(trainingPhotos, testPhotos)
        guard trainingPhotos >= landmarks, testPhotos >= 0, most <= 50_000_000 else {
            return "\(trainingPhotos) training and \(testPhotos) test photos do not make a set of "
                + "\(landmarks) landmarks; give at least one training photo for each, and "
                + "at most 50000000"
        }
        guard (16...4_096).contains(imageSize) else {
            return "photos of \(imageSize) pixels cannot be; give 16 to 4096"
        }
        return nil
    }

    /// Photos of each landmark out of `total`: a long tail, the k-th most photographed landmark
    /// getting a share in proportion to 1 / (k + 3), but at least `least`.
    func counts(_ total: Int, least: Int) -> [Int] {
        var weights: [Double] = []
        for rank in 0..<landmarks { weights.append(1 / Double(rank + 3)) }
        let free = max(total - least * landmarks, 0)
        let sum = weights.reduce(0, +)
        // Rounding the running total keeps the sum exact.
        var counts: [Int] = []
        var reached = 0.0
        var given = 0
        for weight in weights {
            reached += weight
            let upTo = Int((Double(free) * reached / sum).rounded())
            counts.append(least + upTo - given)
            given = upTo
        }
        if total < least * landmarks { return (0..<landmarks).map { $0 < total ? 1 : 0 } }
        // Which landmark is popular is left to chance.
        var random = Random(seed: seed, .rendering, UInt64.max - 1, 0)
        random.shuffle(&counts)
        return counts
    }

    /// Landmark ids: as sparse as real ones, ascending.
    func ids() -> [Int] {
        var random = Random(seed: seed, .rendering, UInt64.max - 2, 0)
        var ids: [Int] = []
        var id = 1_000
        for _ in 0..<landmarks {
            id += 1 + random.integer(below: 400)
            ids.append(id)
        }
        return ids
    }
}
