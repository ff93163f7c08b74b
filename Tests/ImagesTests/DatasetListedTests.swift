import Images
import Testing

@Suite struct DatasetListedTests {
    private let rows = [(photoID(1), 30), (photoID(2), 10), (photoID(3), 30)]

    @Test func tablesAloneCanBeDescribed() throws {
        let folder = try TemporaryFolder()
        try folder.write("train.csv", "id,landmark_id\n\(photoID(1)),7\n\(photoID(2)),7\n")
        let listed = try openListed(folder.path)
        #expect(listed.training.count == 2 && listed.training.countsPerClass == [2])
        #expect(listed.held.count == 0)
        // Training needs the photos themselves.
        #expect(
            message { _ = try openPhotos(folder.path, holdOut: 0, seed: 0) }.contains(
                "none is there"
            )
        )
    }

    @Test func aTableChoosesPhotosOfAFolder() throws {
        let folder = try TemporaryFolder()
        try folder.writeLandmarks("train.csv", root: "train", rows: rows)
        try folder.write("some.csv", "landmark_id,id\n30,\(photoID(3))\n99,\(photoID(2))\n")
        let classes = try openPhotos(folder.path, holdOut: 0, seed: 0).classes
        let chosen = try openTable(folder.path + "/some.csv", in: folder.path, classes: classes)
        #expect(chosen.photos.labels == [1, -1])
        #expect(chosen.photos.path(0).hasSuffix("/train/0/0/3/\(photoID(3)).jpg"))
    }

    @Test func aTableOfStrangersIsRefused() throws {
        let folder = try TemporaryFolder()
        try folder.writeLandmarks("train.csv", root: "train", rows: rows)
        try folder.write("some.csv", "id,landmark_id\n\(photoID(3)),99\n")
        let classes = try openPhotos(folder.path, holdOut: 0, seed: 0).classes
        let said = message {
            _ = try openTable(folder.path + "/some.csv", in: folder.path, classes: classes)
        }
        #expect(said.contains("none of the landmarks in"))
    }
}
