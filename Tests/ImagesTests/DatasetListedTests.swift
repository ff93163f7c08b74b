import Images
import Testing

@Suite struct DatasetListedTests {
    private let rows = [(photoID(1), 30), (photoID(2), 10), (photoID(3), 30)]

    @Test func tablesAloneCanBeDescribed() throws {
        let folder = try TemporaryFolder()
        try folder.write("train.csv", "id,landmark_id\n\(photoID(1)),7\n\(photoID(2)),7\n")
        let listed = try ListedFolder(folder.path, needsPhotos: false)
        #expect(listed.listedTraining?.count == 2)
        #expect(listed.listedTraining?.countsPerClass == [2])
        #expect(listed.listedTest == nil)
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
        let table = folder.path + "/some.csv"
        let listed = try ListedFolder(folder.path, classes: classes, table: table)
        let chosen = try listed.evaluated([], KnownPhotos())
        #expect(chosen.photos.labels == [1, -1])
        #expect(chosen.photos.path(0).hasSuffix("/train/0/0/3/\(photoID(3)).jpg"))
    }

    @Test func aTableOfStrangersIsRefused() throws {
        let folder = try TemporaryFolder()
        try folder.writeLandmarks("train.csv", root: "train", rows: rows)
        try folder.write("some.csv", "id,landmark_id\n\(photoID(3)),99\n")
        let classes = try openPhotos(folder.path, holdOut: 0, seed: 0).classes
        let table = folder.path + "/some.csv"
        let said = message {
            _ = try ListedFolder(folder.path, classes: classes, table: table)
                .evaluated([], KnownPhotos())
        }
        #expect(said.contains("none of the landmarks of"))
    }
}
