import Foundation
import Images
import Tensors
import Testing

@Suite struct SplitWritingTests {
    private func ids(_ photos: any Dataset) -> [String] { (0..<photos.count).map { photos.id($0) } }

    @Test func tablesOfASplitOpenAsThatSplit() throws {
        let folder = try TemporaryFolder()
        let rows = (0..<90).map { (photoID($0 * 7), [4, 9, 2][$0 % 3]) }
        try folder.writeLandmarks("a/train.csv", root: "a/train", rows: rows)
        try folder.write("a/train_label_to_category.csv", "landmark_id,category\n4,100%25_\"A\"\n")
        let split = try openPhotos(folder.path + "/a", holdOut: 0.3, seed: 5)
        let made = folder.path + "/b"
        try writeSplit(of: folder.path + "/a", into: made, holdOut: 0.3, seed: 5)
        let opened = try openPhotos(made, holdOut: 0, seed: 0)
        #expect(opened.source == .test)
        #expect(ids(opened.training) == ids(split.training))
        #expect(ids(opened.held) == ids(split.held))
        #expect(opened.held.labels == split.held.labels)
        #expect(opened.classes == split.classes)
        #expect(opened.classes.names[1] == "100% \"A\"")
        for photos in [opened.training, opened.held] {
            for index in 0..<photos.count {
                #expect(FileManager.default.fileExists(atPath: photos.path(index)))
            }
        }
        #expect(
            message { try writeSplit(of: made, into: folder.path + "/c", holdOut: 0.3, seed: 5) }
                == "\(made) has test photos already; nothing is left to split"
        )
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/c"))
    }

    @Test func classFoldersGetLinks() throws {
        let folder = try TemporaryFolder()
        for number in 0..<10 { try folder.write("a/Tower [old]/\(number).jpg", "x\(number)") }
        for number in 0..<10 { try folder.write("a/Ayasofya çarşı/\(number).png", "y\(number)") }
        let pool = ThreadPool(threads: 1)
        let split = try openPhotos(folder.path + "/a", holdOut: 0.2, seed: 1, inspectedBy: pool)
        try writeSplit(of: folder.path + "/a", into: folder.path + "/b", holdOut: 0.2, seed: 1)
        let opened = try openPhotos(folder.path + "/b", holdOut: 0, seed: 0)
        #expect(ids(opened.training) == ids(split.training))
        #expect(ids(opened.held) == ids(split.held))
        #expect(split.held.count > 0)
        let last = opened.training.count - 1
        let content = FileManager.default.contents(atPath: opened.training.path(last)) ?? Data()
        #expect(String(decoding: content, as: UTF8.self).hasPrefix("x"))
    }

    @Test func folderAndShareAreChecked() throws {
        let folder = try TemporaryFolder()
        for number in 0..<10 { try folder.write("a/\(number % 2)/\(number).jpg") }
        try folder.write("taken/file")
        let error = message {
            try writeSplit(
                of: folder.path + "/a",
                into: folder.path + "/taken",
                holdOut: 0.5,
                seed: 1
            )
        }
        #expect(error.hasSuffix("taken holds files already; name a new or an empty folder"))
        for share in [0, 1, -1, .nan] as [Double] {
            #expect(throws: ImagesError.self) {
                try writeSplit(
                    of: folder.path + "/a",
                    into: folder.path + "/b",
                    holdOut: share,
                    seed: 1
                )
            }
        }
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/b"))
    }
}
