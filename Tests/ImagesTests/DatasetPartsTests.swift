import Foundation
import Images
import Testing

/// Which folders and tables become which part, and that nothing is left out in silence.
@Suite struct DatasetPartsTests {
    private func ids(_ photos: any Dataset) -> [String] { (0..<photos.count).map { photos.id($0) } }

    private func open(_ folder: TemporaryFolder) throws -> LoadedPhotos {
        try openPhotos(folder.path, holdOut: 0, seed: 0)
    }

    private func unused(_ photos: LoadedPhotos, _ folder: TemporaryFolder) -> [String] {
        photos.remarks.unused.map { $0.replacingOccurrences(of: folder.path, with: "D") }
    }

    @Test func photosFurtherBelowBelongToTheClass() throws {
        let folder = try TemporaryFolder()
        for name in ["a/1.jpg", "a/2019/2.jpg", "a/2019/may/3.jpg", "b/2020/4.jpg"] {
            try folder.write(name)
        }
        // A link to photos elsewhere is followed, one that leads back is not.
        try folder.write("../\(folder.name)-elsewhere/5.jpg")
        defer { try? FileManager.default.removeItem(atPath: folder.path + "-elsewhere") }
        let manager = FileManager.default
        try manager.createSymbolicLink(
            atPath: folder.path + "/b/other",
            withDestinationPath: folder.path + "-elsewhere"
        )
        try manager.createSymbolicLink(
            atPath: folder.path + "/a/2019/back",
            withDestinationPath: folder.path + "/a"
        )
        try manager.createSymbolicLink(
            atPath: folder.path + "/b/above",
            withDestinationPath: folder.path
        )
        let photos = try open(folder)
        #expect(
            ids(photos.training) == [
                "a/1.jpg", "a/2019/2.jpg", "a/2019/may/3.jpg", "b/2020/4.jpg", "b/other/5.jpg",
            ]
        )
        #expect(photos.training.labels == [0, 0, 0, 1, 1])
        for index in 0..<5 { #expect(manager.fileExists(atPath: photos.training.path(index))) }
        #expect(
            unused(photos, folder) == [
                "2 links below D to a folder that was visited already (a/2019/back, b/above)"
            ]
        )
    }

    @Test func classesWithinAClassAreToldWithTheRemedy() throws {
        let folder = try TemporaryFolder()
        for name in ["Europe/big_ben", "Europe/tower", "Petra", "Asia/2019", "Asia/2020"] {
            try folder.write("\(name)/a.jpg")
        }
        let photos = try open(folder)
        #expect(photos.classes.names == ["Asia", "Europe", "Petra"])
        #expect(photos.training.countsPerClass == [2, 2, 1])
        #expect(photos.remarks.notes.count == 1)
        #expect(photos.remarks.notes[0].contains("Europe has no photos of its own but 2 folders"))
        #expect(photos.remarks.notes[0].contains("(big_ben, tower)"))
        // With such a folder alone there is one class, and the remedy is in the error.
        let single = try TemporaryFolder()
        for name in ["x/big_ben", "x/tower"] { try single.write("\(name)/a.jpg") }
        #expect(message { _ = try open(single) }.contains("move them up into"))
    }

    @Test(arguments: ["val", "valid", "validation", "Val"], ["train", "Train"])
    func validationAndTestFoldersAreParts(validation: String, train: String) throws {
        let folder = try TemporaryFolder()
        for name in ["\(train)/a/1", "\(train)/b/2", "\(validation)/a/3", "TEST/b/4", "TEST/c/5"] {
            try folder.write("\(name).jpg")
        }
        try folder.write("extra/a/6.jpg")
        try folder.write("read.me")
        let photos = try open(folder)
        #expect(photos.classes.names == ["a", "b"])
        #expect(ids(photos.training) == ["a/1.jpg", "b/2.jpg"])
        #expect(photos.source == .validation && ids(photos.held) == ["a/3.jpg"])
        let test = try #require(photos.test)
        #expect(ids(test) == ["b/4.jpg", "c/5.jpg"] && test.labels == [1, -1])
        #expect(
            unused(photos, folder) == [
                "1 folder beside D/\(train) (extra)", "1 file in no class folder (read.me)",
            ]
        )
        let judged = try openEvaluation(
            folder.path,
            classes: photos.classes,
            holdOut: 0,
            seed: 0
        )
        #expect(judged.source == .test && ids(judged.photos) == ids(test))
        let all = try openEvaluation(
            folder.path,
            classes: photos.classes,
            holdOut: 0,
            seed: 0,
            all: true
        )
        #expect(all.photos.labels == [0, 1, 0, 1, -1])
    }

    @Test func onePartAloneIsHeldOut() throws {
        for (part, source) in [("valid", HeldSource.validation), ("test", .test)] {
            let folder = try TemporaryFolder()
            for name in ["train/a/1", "train/b/2", "\(part)/a/3"] {
                try folder.write("\(name).jpg")
            }
            let photos = try open(folder)
            #expect(photos.source == source && photos.held.labels == [0])
            #expect(photos.test == nil)
            let judged = try openEvaluation(
                folder.path,
                classes: photos.classes,
                holdOut: 0,
                seed: 0
            )
            #expect(judged.source == source && judged.photos.count == 1)
        }
    }

    @Test func testFoldersBesideClassesAreNoClasses() throws {
        let folder = try TemporaryFolder()
        for name in ["a/1", "b/2", "test/a/3"] { try folder.write("\(name).jpg") }
        let photos = try open(folder)
        #expect(photos.classes.names == ["a", "b"])
        #expect(photos.source == .test && photos.held.labels == [0])
        let flat = try TemporaryFolder()
        for name in ["train/1", "test/2"] { try flat.write("\(name).jpg") }
        #expect(message { _ = try open(flat) }.contains("train has no class folders"))
    }

    @Test func whatIsNotUsedOfClassFoldersIsCounted() throws {
        let folder = try TemporaryFolder()
        for name in ["a/1.jpg", "b/2.png", "a/notes.txt", "b/list.csv", "b/x.TXT"] {
            try folder.write(name)
        }
        for name in ["a/.DS_Store", ".hidden", "loose.jpg", "other.jpg"] { try folder.write(name) }
        try folder.write("empty/readme.md")
        let photos = try open(folder)
        #expect(photos.training.count == 2)
        #expect(
            unused(photos, folder) == [
                "2 files of D outside its class folders (loose.jpg, other.jpg)",
                "1 class folder of D without photos (empty)",
                "4 files below D with endings that photos do not have (2 .txt, 1 .csv, 1 .md)",
                "2 hidden files below D",
            ]
        )
    }

    @Test func tablesHavePartsToo() throws {
        let folder = try TemporaryFolder()
        let rows = (0..<8).map { (photoID($0), 5 + $0 % 2) }
        try folder.writeLandmarks("train.csv", root: "train", rows: rows)
        try folder.writeLandmarks("valid.csv", root: "valid", rows: [(photoID(20), 6)])
        try folder.writeLandmarks(
            "Test.csv",
            root: "Test",
            rows: [(photoID(21), 5), (photoID(22), 9)]
        )
        for name in ["train_clean.csv", "solution.csv", "big_ben/a.jpg", ".x"] {
            try folder.write(name)
        }
        let photos = try open(folder)
        #expect(photos.source == .validation && photos.held.labels == [1])
        let test = try #require(photos.test)
        #expect(test.labels == [0, -1])
        #expect(FileManager.default.fileExists(atPath: test.path(0)))
        #expect(FileManager.default.fileExists(atPath: photos.held.path(0)))
        #expect(
            unused(photos, folder) == [
                "train_clean.csv (train.csv is taken)", "1 file beside train.csv (solution.csv)",
                "1 folder beside train.csv, which says what there is (big_ben)",
                "1 hidden file in D",
            ]
        )
    }

    @Test func tablesWithoutLandmarksAreToldOrRefused() throws {
        let folder = try TemporaryFolder()
        try folder.writeLandmarks("train.csv", root: "", rows: [(photoID(1), 1), (photoID(2), 2)])
        try folder.write("test.csv", "id\n\(photoID(3))\n")
        #expect(
            try unused(open(folder), folder) == [
                "test.csv (it has no landmarks; predict --csv answers it)"
            ]
        )
        try FileManager.default.removeItem(atPath: folder.path + "/train.csv")
        let classes = ClassIndex(fitting: [1, 2])
        for body in [
            { _ = try openEvaluation(folder.path, classes: classes, holdOut: 0, seed: 0) },
            { _ = try openTable(folder.path + "/test.csv", in: folder.path, classes: classes) },
        ] {
            let said = message(body)
            #expect(said.contains("test.csv does not say what its photos show"))
            #expect(said.contains("--submission FILE"))
        }
        try FileManager.default.removeItem(atPath: folder.path + "/test.csv")
        #expect(message { _ = try open(folder) }.contains("in the folders of Google Landmarks"))
    }
}
