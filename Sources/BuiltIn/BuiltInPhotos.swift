import Files
public import Foundation
import Synchronization
import Tensors

/// How many built-in landmarks and photos are drawn, and how large.
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

    /// Reads what is noted in `BuiltInPhotos.notes`; nil where it is something else.
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

/// A picture: RGB, 8 bits a channel, rows from the top without padding.
public struct Picture: Sendable {
    /// Columns and rows.
    public let width, height: Int
    /// `height` × `width` × 3 bytes.
    public internal(set) var pixels: [UInt8]
}

/// The photos of a set of built-in landmarks: which there are, what they are called, and the drawing of them.
///
/// Everything, pixels included, is a function of the set alone.
public struct BuiltInPhotos: Sendable {
    /// The file that keeps the set's numbers.
    public static let notes = "landmarks.json"

    /// A photo that can be drawn.
    public struct Photo: Sendable {
        /// The landmark that it shows, from 0.
        public let landmark: Int
        /// What tells it from all others: 16 hex digits.
        public let id: String
        /// Whether it is to judge by, not to learn from.
        public let isTest: Bool
        /// JPEG quality.
        public let quality: Int
        /// Number of the photo among those of its landmark.
        let number: Int

        /// The folder in which the file lies, below the set's.
        public var folder: String {
            (isTest ? "test" : "train") + id.prefix(3).map { "/\($0)" }.joined()
        }

        /// The file below the set's folder.
        public var place: String { "\(folder)/\(id).jpg" }
    }

    /// All photos, those of a landmark together.
    public let photos: [Photo]
    /// Ids of the landmarks, ascending.
    public let ids: [Int]
    /// Names of the landmarks.
    public let names: [String]
    private let set: LandmarkSet

    /// Plans the photos of a set whose numbers have no `problem`.
    public init(_ set: LandmarkSet) {
        self.set = set
        ids = set.ids()
        names = BuiltInLandmark.names(set.landmarks, seed: set.seed)
        let training = set.counts(set.trainingPhotos, least: 1)
        let test = set.counts(set.testPhotos, least: set.testPhotos < set.landmarks ? 0 : 1)
        photos = (0..<set.landmarks).flatMap { landmark in
            (0..<training[landmark] + test[landmark]).map { number in
                let stream = UInt64.max - 3 - UInt64(landmark)
                var random = Random(seed: set.seed, .rendering, stream, UInt64(number))
                let id = String(random.next(), radix: 16)
                return Photo(
                    landmark: landmark,
                    id: String(repeating: "0", count: 16 - id.count) + id,
                    isTest: number >= training[landmark],
                    quality: 80 + random.integer(below: 14),
                    number: number
                )
            }
        }
    }

    /// Tables in the layout of Google Landmarks, and the set's numbers, by file name.
    public func tables() throws -> [(name: String, text: String)] {
        var training = "id,landmark_id\n"
        var test = training
        for photo in photos {
            let line = "\(photo.id),\(ids[photo.landmark])\n"
            if photo.isTest { test += line } else { training += line }
        }
        let categories = zip(ids, names).map { "\($0),\($1)\n" }.joined()
        let notes = String(decoding: try set.jsonPage(snakeCase: true), as: UTF8.self) + "\n"
        return [
            ("train_label_to_category.csv", "landmark_id,category\n" + categories),
            (BuiltInPhotos.notes, notes), ("train.csv", training),
        ] + (set.testPhotos > 0 ? [("test.csv", test)] : [])
    }

    /// Draws all photos.
    ///
    /// - Parameters:
    ///   - threads: threads that draw.
    ///   - progress: called now and then, on any thread, with the number of photos drawn so far.
    ///   - write: called for each photo, on any thread.
    /// - Throws: the first error of `write`, after which no more is drawn.
    public func draw(
        threads: Int,
        progress: @Sendable (Int) -> Void = { _ in },
        write: @Sendable (Photo, Picture) throws -> Void
    ) throws {
        let done = Atomic<Int>(0)
        let failure = Mutex<(any Error)?>(nil)
        let pool = ThreadPool(threads: max(threads, 1))
        defer { pool.close() }
        // Photos of a landmark lie together, so that it is built once for many of them.
        pool.parallelRanges(photos.count, grain: 16) { range, _ in
            var last: Photographer?
            for photo in photos[range] where failure.withLock({ $0 == nil }) {
                let landmark = last?.landmark.number == photo.landmark ? last?.landmark : nil
                let photographer = Photographer(
                    landmark: landmark ?? BuiltInLandmark(photo.landmark, seed: set.seed),
                    seed: set.seed
                )
                last = photographer
                do {
                    try write(photo, photographer.photo(photo.number, side: set.imageSize))
                } catch {
                    failure.withLock { $0 = error }
                }
            }
            progress(done.add(range.count, ordering: .relaxed).newValue)
        }
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
