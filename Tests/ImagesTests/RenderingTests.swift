import Foundation
import Images
import Testing

@Suite struct RenderingTests {
    private let set = LandmarkSet(
        landmarks: 16,
        trainingPhotos: 70,
        testPhotos: 20,
        imageSize: 40,
        seed: 3
    )

    private func files(_ folder: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            files[name] = FileManager.default.contents(atPath: folder + "/" + name)
        }
        return files
    }

    @Test func bytesDependOnTheSetAlone() throws {
        let folder = try TemporaryFolder()
        try renderLandmarks(into: folder.path + "/one", set, threads: 1)
        try renderLandmarks(into: folder.path + "/two", set, threads: 3)
        let first = try files(folder.path + "/one")
        #expect(first.count > 90)
        #expect(try files(folder.path + "/two") == first)
        var other = set
        other.seed = 4
        try renderLandmarks(into: folder.path + "/other", other, threads: 2)
        #expect(try Set(files(folder.path + "/other").keys) != Set(first.keys))
    }

    @Test func photosOpenAsGoogleLandmarks() throws {
        let folder = try TemporaryFolder()
        try provideBuiltIn(in: folder.path + "/set", set, threads: 2)
        let photos = try openPhotos(folder.path + "/set", holdOut: 0, seed: 0)
        #expect(photos.source == .test)
        #expect(photos.classes.count == 16)
        #expect(Set(photos.classes.names).count == 16)
        #expect(photos.training.count == 70)
        #expect(photos.held.count == 20)
        #expect(photos.training.countsPerClass.allSatisfy { $0 >= 1 })
        #expect(photos.held.countsPerClass.allSatisfy { $0 >= 1 })
        #expect((photos.training.countsPerClass.max() ?? 0) >= 10)
        var seen = Set<[UInt8]>()
        for index in 0..<photos.training.count {
            let bitmap = try decodePhoto(path: photos.training.path(index))
            #expect(max(bitmap.width, bitmap.height) == 40)
            seen.insert(bitmap.pixels)
            // A picture, not a plain surface.
            #expect(Set(bitmap.pixels).count > 24)
        }
        #expect(seen.count == 70)
    }

    @Test func aRenderedSetIsUsedAgainAndNeverMistaken() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/set"
        try provideBuiltIn(in: path, set, threads: 2)
        let table = path + "/train.csv"
        let before = try FileManager.default.attributesOfItem(atPath: table)[.modificationDate]
        try provideBuiltIn(in: path, set, threads: 2)
        let after = try FileManager.default.attributesOfItem(atPath: table)[.modificationDate]
        #expect(before as? Date == after as? Date)
        var other = set
        other.imageSize = 48
        #expect(
            message { try provideBuiltIn(in: path, other, threads: 1) }.contains("other photos")
        )
        #expect(
            message { try renderLandmarks(into: path, other, threads: 1) }
                == "\(path) holds files already; name a new or an empty folder"
        )
    }

    @Test func whatFailsLeavesNothingBehind() throws {
        let folder = try TemporaryFolder()
        try folder.write("file")
        for place in ["/file", "/file/below"] {
            let error = message { try renderLandmarks(into: folder.path + place, set, threads: 1) }
            #expect(error.contains(folder.path + "/file"))
        }
        for broken in [
            LandmarkSet(landmarks: 1), LandmarkSet(landmarks: 9, trainingPhotos: 8),
            LandmarkSet(testPhotos: -1), LandmarkSet(imageSize: 8),
        ] {
            #expect(throws: ImagesError.self) {
                try renderLandmarks(into: folder.path + "/new", broken, threads: 1)
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
    }
}
