import Foundation
import Images
import Testing

/// Classes are found by what the user's files call them, never by their place in an order.
@Suite struct ClassMatchTests {
    private func opened(
        _ folder: TemporaryFolder,
        _ classes: ClassIndex
    ) throws -> (labels: [String: Int32], remarks: PhotoRemarks) {
        let opened = try openEvaluation(
            folder.path,
            classes: classes,
            holdOut: 0,
            seed: 0,
            all: true
        )
        let photos = opened.photos
        let labels = (0..<photos.count).map { (photos.id($0), photos.label($0)) }
        return (Dictionary(uniqueKeysWithValues: labels), opened.remarks)
    }

    @Test func anUnknownFolderIsNotTheClassOfThatNumber() throws {
        let folder = try TemporaryFolder()
        for name in ["3", "12"] { try folder.write("\(name)/a.jpg") }
        try folder.write("3/b.jpg")
        let network = ClassIndex(folders: (10...17).map(String.init))
        let found = try opened(folder, network)
        #expect(found.labels == ["3/a.jpg": -1, "3/b.jpg": -1, "12/a.jpg": 2])
        #expect(
            found.remarks.notes == [
                "1 of 2 classes are not among the 8 learned: 3; 2 photos of unknown landmarks"
            ]
        )
    }

    @Test func idsOfATableAreNoNumbersOfFolders() throws {
        let folder = try TemporaryFolder()
        let rows = [(photoID(1), 0), (photoID(2), 1), (photoID(3), 44), (photoID(4), 45)]
        try folder.writeLandmarks("train.csv", root: "", rows: rows)
        try folder.write("train_label_to_category.csv", "landmark_id,category\n44,big_ben\n")
        // By name, and by the folder that an id names; 0 and 1 are ids and nothing else.
        let network = ClassIndex(folders: ["45", "Petra", "big ben"])
        let found = try opened(folder, network)
        #expect(
            found.labels == [photoID(1): -1, photoID(2): -1, photoID(3): 2, photoID(4): 0]
        )
        #expect(
            found.remarks.notes[0].hasPrefix("2 of 4 classes are not among the 3 learned: 0, 1;")
        )
    }

    @Test func aNetworkOfTablesFindsFoldersByNameOrID() throws {
        let folder = try TemporaryFolder()
        for name in ["20", "Tor", "1", "tor"] { try folder.write("\(name)/a.jpg") }
        let network = ClassIndex(fitting: [10, 20, 30], names: [10: "Tor"])
        let found = try opened(folder, network)
        #expect(found.labels == ["20/a.jpg": 1, "Tor/a.jpg": 0, "1/a.jpg": -1, "tor/a.jpg": -1])
        #expect(found.remarks.notes.contains("tor is not a class; did you mean 10, Tor?"))
    }

    @Test(arguments: [
        ("Big_Ben", "big_ben"), ("big ben", "big_ben"), ("big-ben ", "big_ben"),
        ("Big%20Ben", "big_ben"), ("007", "7"), ("CAFE\u{301}", "caf\u{e9}"),
    ])
    func nearMissesArePointedOutAndUnknown(found: String, meant: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("\(found)/a.jpg")
        try folder.write("Petra/a.jpg")
        let network = ClassIndex(folders: ["Petra", meant])
        let opened = try opened(folder, network)
        #expect(opened.labels["\(found)/a.jpg"] == -1)
        #expect(
            opened.remarks.notes.contains("\(found) is not a class; did you mean \(meant)?"),
            "\(opened.remarks.notes)"
        )
    }

    @Test func namesOfAnotherUnicodeFormAreMatchedAndTold() throws {
        let folder = try TemporaryFolder()
        try folder.write("Cafe\u{301}/a.jpg")
        let found = try opened(folder, ClassIndex(folders: ["Caf\u{e9}", "Dom"]))
        #expect(found.labels == ["Cafe\u{301}/a.jpg": 0])
        #expect(found.remarks.notes.count == 1)
        #expect(found.remarks.notes[0].hasSuffix("their names differ in Unicode form alone"))
        // Where both forms are classes, each finds its own.
        let both = ClassIndex(folders: ["Caf\u{e9}", "Cafe\u{301}"])
        #expect(try opened(folder, both).labels == ["Cafe\u{301}/a.jpg": 0])
        #expect(both.names[0].utf8.count == 6)
        #expect(try opened(folder, both).remarks.notes.allSatisfy { !$0.contains("taken for") })
    }

    @Test func aNameOfSeveralLandmarksIsNone() throws {
        let folder = try TemporaryFolder()
        try folder.write("Tor/a.jpg")
        try folder.write("10/a.jpg")
        let network = ClassIndex(fitting: [10, 20], names: [10: "Tor", 20: "Tor"])
        let found = try opened(folder, network)
        #expect(found.labels == ["Tor/a.jpg": -1, "10/a.jpg": 0])
        #expect(found.remarks.notes.contains("Tor may be any of 10, 20 and counts as none"))
    }

    @Test func manyUnknownClassesAreCounted() throws {
        let folder = try TemporaryFolder()
        for number in 0..<25 { try folder.write("x\(10 + number)/a.jpg") }
        try folder.write("b/a.jpg")
        let notes = try opened(folder, ClassIndex(folders: ["a", "b"])).remarks.notes
        #expect(
            notes == [
                "25 of 26 classes are not among the 2 learned: x10, x11, x12, x13, x14, x15, x16, x17, "
                    + "x18, x19 and 15 more; 25 photos of unknown landmarks"
            ]
        )
    }

    @Test func twinsInOneFolderAreTold() throws {
        let folder = try TemporaryFolder()
        for name in ["big_ben", "Big_Ben", "Petra"] { try folder.write("\(name)/a.jpg") }
        let photos = try openPhotos(folder.path, holdOut: 0, seed: 0)
        #expect(photos.classes.names == ["Big_Ben", "Petra", "big_ben"])
        #expect(photos.remarks.notes.count == 1)
        #expect(photos.remarks.notes[0].hasPrefix("Big_Ben and big_ben are 2 classes"))
    }
}
