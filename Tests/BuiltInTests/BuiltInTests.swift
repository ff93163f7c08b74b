import BuiltIn
import Foundation
import Synchronization
import Testing

@Suite struct BuiltInTests {
    private let set = LandmarkSet(
        landmarks: 16,
        trainingPhotos: 70,
        testPhotos: 20,
        imageSize: 40,
        seed: 3
    )

    /// All pictures of a set, by place.
    private func draw(_ set: LandmarkSet, threads: Int = 2) throws -> [String: Picture] {
        let pictures = Mutex<[String: Picture]>([:])
        try BuiltInPhotos(set).draw(threads: threads) { photo, picture in
            pictures.withLock { $0[photo.place] = picture }
        }
        return pictures.withLock { $0 }
    }

    @Test func pixelsDependOnTheSetAlone() throws {
        let first = try draw(set, threads: 1)
        #expect(first.count == 90)
        #expect(try draw(set, threads: 3).mapValues(\.pixels) == first.mapValues(\.pixels))
        var other = set
        other.seed = 4
        #expect(try Set(draw(other).keys).isDisjoint(with: first.keys))
    }

    /// Runs and benchmarks on built-in photos shall stay comparable from version to version; the number is
    /// FNV-1a over the pixels of four landmarks of each kind.
    @Test func pixelsAreTheSameInAllVersions() throws {
        let all = LandmarkSet(landmarks: 56, trainingPhotos: 112, testPhotos: 0, imageSize: 48)
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for (_, picture) in try draw(all).sorted(by: { $0.key < $1.key }) {
            for byte in picture.pixels { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        #expect(hash == 0x7d_95cf_55f2_e54a)
    }

    @Test func eachPhotoIsAPictureOfItsOwn() throws {
        let pictures = try draw(set).values
        #expect(pictures.count == 90)
        for picture in pictures {
            #expect(max(picture.width, picture.height) == 40)
            #expect(picture.pixels.count == picture.width * picture.height * 3)
            #expect(Set(picture.pixels).count > 24, "a plain surface")
        }
        #expect(Set(pictures.map(\.pixels)).count == 90)
    }

    @Test func everyLandmarkHasPhotosAndSomeHaveMany() throws {
        let photos = BuiltInPhotos(set)
        #expect(photos.ids == photos.ids.sorted() && Set(photos.ids).count == 16)
        #expect(Set(photos.names).count == 16)
        for (isTest, total) in [(false, 70), (true, 20)] {
            let own = photos.photos.filter { $0.isTest == isTest }
            let counts = (0..<16).map { landmark in own.count { $0.landmark == landmark } }
            #expect(counts.reduce(0, +) == total)
            #expect(counts.allSatisfy { $0 >= 1 })
            #expect(isTest || counts.contains { $0 >= 10 })
        }
    }

    @Test func tablesAreThoseOfGoogleLandmarks() throws {
        let photos = BuiltInPhotos(set)
        let texts = try photos.tables().map { ($0.name, $0.text) }
        let tables = Dictionary(uniqueKeysWithValues: texts)
        let expected = ["train.csv", "test.csv", "train_label_to_category.csv", "landmarks.json"]
        #expect(Set(tables.keys) == Set(expected))
        let first = try #require(photos.photos.first)
        let rows = try #require(tables["train.csv"]).split(separator: "\n")
        #expect(rows.count == 71 && rows[0] == "id,landmark_id")
        #expect(rows[1] == "\(first.id),\(photos.ids[0])")
        let digits = first.id.prefix(3).map { "\($0)/" }.joined()
        #expect(first.place == "train/\(digits)\(first.id).jpg")
        let json = Data(try #require(tables["landmarks.json"]).utf8)
        #expect(LandmarkSet(json: json) == set)
        #expect(LandmarkSet(json: Data("{}".utf8)) == nil)
    }

    @Test func impossibleNumbersHaveAProblem() {
        #expect(set.problem == nil)
        for broken in [
            LandmarkSet(landmarks: 1), LandmarkSet(landmarks: 9, trainingPhotos: 8),
            LandmarkSet(testPhotos: -1), LandmarkSet(imageSize: 8),
        ] {
            #expect(broken.problem?.contains("give") == true)
        }
    }

    @Test func drawingEndsWithTheFirstError() throws {
        struct Full: Error {}
        let drawn = Atomic<Int>(0)
        #expect(throws: Full.self) {
            try BuiltInPhotos(set).draw(threads: 1) { _, _ in
                drawn.add(1, ordering: .relaxed)
                throw Full()
            }
        }
        #expect(drawn.load(ordering: .relaxed) == 1)
    }
}
