import Foundation
import Images
import Testing

@Suite struct DatasetEvaluationTests {
    private func landmarks(_ folder: TemporaryFolder) throws -> LoadedPhotos {
        let rows = (0..<200).map { (photoID($0), [10, 20, 30, 40][$0 % 4]) }
        try folder.writeLandmarks("train.csv", root: "train", rows: rows)
        return try openPhotos(folder.path, holdOut: 0.2, seed: 9)
    }

    private func ids(_ photos: any Dataset) -> [String] { (0..<photos.count).map { photos.id($0) } }

    private func openEvaluation(
        _ folder: TemporaryFolder,
        classes: ClassIndex,
        holdOut: Double = 0.2,
        seed: UInt64 = 9,
        all: Bool = false
    ) throws -> EvaluationPhotos {
        try ListedFolder(folder.path, classes: classes)
            .evaluated([], KnownPhotos(holdOut: holdOut, seed: seed), all: all)
    }

    @Test func theHeldOutPartIsTheOneOfTraining() throws {
        let folder = try TemporaryFolder()
        let trained = try landmarks(folder)
        let opened = try openEvaluation(folder, classes: trained.classes)
        #expect(opened.source == .split)
        #expect(ids(opened.photos) == ids(trained.held))
        #expect(opened.photos.labels == trained.held.labels)
        #expect((25...55).contains(opened.photos.count))
        #expect(opened.learned == 200 - opened.photos.count)
    }

    @Test func labelsAreThoseOfTheNetwork() throws {
        let folder = try TemporaryFolder()
        let trained = try landmarks(folder)
        let network = ClassIndex(fitting: [5, 40, 20, 40])
        let opened = try openEvaluation(folder, classes: network)
        #expect(opened.photos.classes == network)
        // Landmarks that the network does not know were not held out by its run.
        let known = (0..<trained.held.count).filter { trained.held.label($0) % 2 == 1 }
        #expect(ids(opened.photos) == known.map { trained.held.id($0) })
        #expect(opened.photos.labels == known.map { [-1, 1, -1, 2][Int(trained.held.label($0))] })
        let strange = ClassIndex(fitting: [1, 2])
        let complaint = message {
            _ = try openEvaluation(folder, classes: strange)
        }
        #expect(complaint.hasPrefix("none of the landmarks of "))
    }

    @Test func aTestSplitComesFirstAndAllIsAll() throws {
        let folder = try TemporaryFolder()
        let classes = try landmarks(folder).classes
        try folder.writeLandmarks("test.csv", root: "test", rows: [("ffff", 30), ("fffe", 99)])
        let test = try openEvaluation(folder, classes: classes)
        #expect(test.source == .test)
        #expect(test.photos.labels == [2, -1])
        let all = try openEvaluation(
            folder,
            classes: classes,
            holdOut: 0.2,
            seed: 9,
            all: true
        )
        #expect(all.source == .all)
        #expect(all.photos.count == 202)
        #expect(all.photos.id(199) == photoID(199))
        #expect(all.photos.label(200) == 2)
        #expect(all.photos.path(200) == folder.path + "/test/f/f/f/ffff.jpg")
        #expect(all.photos.countsPerClass == [50, 50, 51, 50])
        try FileManager.default.removeItem(atPath: folder.path + "/train.csv")
        let only = try openEvaluation(
            folder,
            classes: classes,
            holdOut: 0,
            seed: 0,
            all: true
        )
        #expect(only.photos.count == 2)
    }

    @Test func classFoldersAreMatchedByNameOrByLandmarkID() throws {
        let folder = try TemporaryFolder()
        // The folder's accent is decomposed, as some file systems store it.
        for name in ["Cafe\u{301}", "Dom", "20"] { try folder.write("\(name)/a.jpg") }
        let network = ClassIndex(fitting: [10, 20, 30], names: [10: "Tor", 30: "Caf\u{e9}"])
        let opened = try openEvaluation(
            folder,
            classes: network,
            holdOut: 0,
            seed: 0,
            all: true
        )
        let labels = zip(ids(opened.photos), opened.photos.labels).map { "\($0) \($1)" }
        #expect(labels == ["20/a.jpg 1", "Cafe\u{301}/a.jpg 2", "Dom/a.jpg -1"])
        let none = message {
            _ = try openEvaluation(folder, classes: network, holdOut: 0, seed: 0)
        }
        #expect(none.hasSuffix("take all photos instead"))
    }
}
