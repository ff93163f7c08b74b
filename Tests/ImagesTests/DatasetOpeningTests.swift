import Foundation
import Images
import Testing

@Suite struct DatasetOpeningTests {
    @Test(arguments: ["", "train"])
    func landmarkFilesAreFoundUnderTheRootOrTrain(root: String) throws {
        let folder = try TemporaryFolder()
        let rows = (0..<40).map { (photoID($0 * 91), [77, 5, 901][$0 % 3]) }
        try folder.writeLandmarks("train.csv", root: root, rows: rows)
        try folder.writeLandmarks("test.csv", root: "test", rows: [(photoID(4), 901), ("00f7", 6)])
        let photos = try openPhotos(folder.path + "/", holdOut: 0.5, seed: 1)
        #expect(photos.classes.ids == [5, 77, 901])
        #expect(photos.training.count == 40)
        #expect(photos.training.labels.prefix(3) == [1, 0, 2])
        #expect(photos.training.label(5) == 2)
        #expect(photos.training.countsPerClass == [13, 14, 13])
        #expect(photos.source == .test)
        #expect(photos.held.labels == [2, -1])
        #expect(photos.held.id(1) == "00f7")
        #expect(photos.held.countsPerClass == [0, 0, 1])
        for index in 0..<40 {
            #expect(photos.training.id(index) == rows[index].0)
            #expect(FileManager.default.fileExists(atPath: photos.training.path(index)))
        }
        #expect(photos.held.path(1) == folder.path + "/test/0/0/f/00f7.jpg")
    }

    @Test func tablesMayBeWrittenInManyWays() throws {
        let plain = "id,landmark_id\n0001000000000000,3\n0002000000000000,-4\nAbC,12\n"
        let tables = [
            plain,
            "\u{feff}" + plain.replacingOccurrences(of: "\n", with: "\r\n"),
            "LANDMARK_ID , url,id\r\n3,\"http://a/b,c\"\"d\"\"\n.jpg\",0001000000000000\r\n"
                + "-4,,\"0002000000000000\"\r\n\r\n12,x\"y,AbC",
            "landmark_id,images\n3,0001000000000000\n-4, 0002000000000000\n12,AbC\n",
        ]
        for table in tables {
            let folder = try TemporaryFolder()
            try folder.write("train.csv", table)
            try folder.write("0/0/0/0001000000000000.jpg")
            let photos = try openPhotos(folder.path, holdOut: 0, seed: 0)
            #expect(photos.classes.ids == [-4, 3, 12])
            #expect(photos.training.labels == [1, 0, 2])
            let ids = (0..<3).map { photos.training.id($0) }
            #expect(ids == ["0001000000000000", "0002000000000000", "AbC"])
            #expect(photos.training.path(2) == folder.path + "/A/b/C/AbC.jpg")
        }
    }

    @Test func namesAreReadable() throws {
        let folder = try TemporaryFolder()
        let rows = (0..<5).map { (photoID($0), $0) }
        try folder.writeLandmarks("train.csv", root: "", rows: rows)
        try folder.write(
            "train_label_to_category.csv",
            """
            landmark_id,category
            0,http://commons.wikimedia.org/wiki/Category:Caf%C3%A9_Noir_(%22Old%22)
            1,"http://commons.wikimedia.org/wiki/Category:Bridge,_the"
            3,arc_de__triomphe
            4,100%_Turm%zz%e4
            900,not among the photos

            """
        )
        let names = try openPhotos(folder.path, holdOut: 0, seed: 0).classes.names
        #expect(
            names == [
                "Café Noir (\"Old\")", "Bridge, the", "landmark 2", "arc de triomphe",
                "100% Turm%zz\u{fffd}",
            ]
        )
    }

    @Test(arguments: [false, true])
    func classFoldersAreTakenByName(nested: Bool) throws {
        let folder = try TemporaryFolder()
        let root = nested ? "train/" : ""
        for (name, photos) in [("Écluse (alt)", 3), ("Big Ben", 2), ("empty", 0), ("çarşı", 1)] {
            for photo in 0..<photos { try folder.write("\(root)\(name)/\(photo) [a].JPG") }
            try folder.write("\(root)\(name)/notes.txt", "x")
            try folder.write("\(root)\(name)/.hidden.jpg", "x")
        }
        try folder.write("\(root).git/a.jpg")
        if nested {
            try folder.write("test/Big Ben/9")
            try folder.write("test/Unknown/1.png")
        }
        let photos = try openPhotos(folder.path, holdOut: 0, seed: 0)
        #expect(photos.classes.names == ["Big Ben", "Écluse (alt)", "çarşı"])
        #expect(photos.classes.ids == [0, 1, 2])
        #expect(photos.training.labels == [0, 0, 1, 1, 1, 2])
        #expect(photos.training.id(2) == "Écluse (alt)/0 [a].JPG")
        #expect(FileManager.default.fileExists(atPath: photos.training.path(4)))
        #expect(photos.held.labels == (nested ? [0, -1] : []))
        #expect(photos.source == (nested ? .test : .split))
    }

    @Test func aTestTableWithoutLandmarksIsNoTestSplit() throws {
        let folder = try TemporaryFolder()
        try folder.writeLandmarks(
            "train.csv",
            root: "",
            rows: (0..<40).map { (photoID($0), $0 % 2) }
        )
        try folder.write("test.csv", "id,url\n000,x\n")
        let photos = try openPhotos(folder.path, holdOut: 0.25, seed: 3)
        #expect(photos.source == .split)
        #expect(photos.training.count + photos.held.count == 40)
        #expect((3...18).contains(photos.held.count))
    }

    @Test func tablesAreReadWholeWhateverPiecesTheyAreReadIn() throws {
        let folder = try TemporaryFolder()
        try folder.write("0/0/0/00000000000000a0.jpg")
        // Over one mebibyte, so that pieces end at every kind of place.
        var table = "id,url,landmark_id\r\n"
        var landmarks: [Int64] = []
        for row in 0..<20_000 {
            let digits = String(row, radix: 16)
            let id = String(repeating: "0", count: 14 - digits.count) + digits + "a0"
            let filler = String(repeating: "\"\",\r\n", count: row % 13)
            landmarks.append(Int64(row * 7 % 1_000))
            table += "\(id),\"http://\(filler)\",\(row * 7 % 1_000)\r\n"
        }
        try folder.write("train.csv", table)
        let photos = try openPhotos(folder.path, holdOut: 0, seed: 0)
        #expect(photos.classes.ids == (0..<1_000).map(Int64.init))
        #expect(photos.training.labels == landmarks.map(Int32.init))
        #expect(photos.training.id(19_999) == "00000000004e1fa0")
        try folder.write("train.csv", table + "last,\"x\",12,\nbad,\"y\"")
        // A line break within quotes is a line of the file too.
        let lines = table.utf8.count { $0 == UInt8(ascii: "\n") }
        let error = message { _ = try openPhotos(folder.path, holdOut: 0, seed: 0) }
        #expect(error.contains("train.csv, line \(lines + 2): 2 of 3 columns"), "\(error)")
    }
}
