import Foundation
import Images
import Testing

/// Tables that contests are judged by: no landmark, several, and what a photo is used for.
@Suite struct TruthTableTests {
    private let classes = ClassIndex(fitting: [5, 7, 9])

    private func open(_ table: String) throws -> any Dataset {
        let folder = try TemporaryFolder()
        for number in 1...5 {
            let id = photoID(number)
            try folder.write(id.prefix(3).map { "\($0)/" }.joined() + id + ".jpg")
        }
        try folder.write("truth.csv", table)
        return try openTable(folder.path + "/truth.csv", in: folder.path, classes: classes).photos
    }

    @Test func severalLandmarksNoneAndUsageAreRead() throws {
        let photos = try open(
            "id,landmarks,Usage\n\(photoID(1)),7,Public\n\(photoID(2)),99 5 9,Private\n"
                + "\(photoID(3)),,Private\n\(photoID(4)),98,Ignored\n\(photoID(5)), 9  5 ,Public\n"
        )
        #expect(photos.labels == [1, 0, -1, -1, 2])
        #expect((0..<5).map { photos.landmarks($0) } == [[1], [-1, 0, 2], [], [-1], [2, 0]])
        #expect(
            (0..<5).map { photos.usage($0) } == [
                "Public", "Private", "Private", "Ignored", "Public",
            ]
        )
        #expect(photos.countsPerClass == [1, 1, 1])
        let some = ChosenPhotos(photos, [4, 2])
        #expect(some.labels == [2, -1] && some.id(0) == photoID(5))
        #expect(some.landmarks(0) == [2, 0] && some.landmarks(1) == [])
        #expect(some.usage(1) == "Private")
    }

    @Test func aBlankIsNoLandmarkAndPandasNumbersAreNumbers() throws {
        let photos = try open(
            "id,landmark_id\n\(photoID(1)),7.0\n\(photoID(2)),\n\(photoID(3)), \n\(photoID(4)),8.0\n"
        )
        #expect(photos.labels == [1, -1, -1, -1])
        #expect((0..<4).map { photos.landmarks($0) } == [[1], [], [], [-1]])
        #expect(photos.usage(0) == nil)
    }

    @Test func whatIsNoNumberIsRefused() throws {
        #expect(
            message { _ = try open("id,landmarks\n\(photoID(1)),7 x\n") }
                .contains("line 2: landmarks is '7 x', not a whole number")
        )
        // A table to learn from says what each photo shows.
        let folder = try TemporaryFolder()
        try folder.write("train.csv", "id,landmark_id\n\(photoID(1)),\n")
        #expect(
            message { _ = try openPhotos(folder.path, holdOut: 0, seed: 0) }
                .contains("line 2: landmark_id is '', not a whole number")
        )
    }

    @Test func aTableOfIDsIsEnoughToPredict() throws {
        let folder = try TemporaryFolder()
        try folder.writeLandmarks("all.csv", root: "test", rows: [(photoID(1), 1)])
        try folder.write("test.csv", "url,id\nx,\(photoID(1))\ny,\(photoID(2))\n")
        let photos = try openUnlabelled(folder.path + "/test.csv", in: folder.path)
        #expect(photos.count == 2 && photos.id(1) == photoID(2))
        #expect(FileManager.default.fileExists(atPath: photos.path(0)))
        #expect(photos.landmarks(0) == [-1])
        try folder.write("test.csv", "id\n\(photoID(9))\n")
        #expect(
            message { _ = try openUnlabelled(folder.path + "/test.csv", in: folder.path) }
                .contains("none is there")
        )
    }
}
