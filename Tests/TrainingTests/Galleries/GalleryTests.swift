import Files
import Foundation
import Images
import Synchronization
import Tensors
import Testing
import Training

struct GalleryTests {
    private let pool = ThreadPool(threads: 2)
    private let source = GallerySource(
        weights: "/nowhere/weights.safetensors",
        flags: ["--image-size", "32"],
        network: EmbeddingSamples.network()
    )

    /// Photos of landmarks called by letters, with contents of their own.
    private func photos(_ samples: EmbeddingSamples, from first: Int = 0) -> [Gallery.NewPhoto] {
        samples.labels.enumerated().map { place, label in
            Gallery.NewPhoto(
                path: "\(label)/\(first + place).jpg",
                hash: ContentHash("\(first + place)"),
                landmark: .init(name: ["Petra", "Ávila", "Big Ben"][Int(label)], id: nil)
            )
        }
    }

    private func full(_ counts: [Int]) -> Gallery {
        let samples = EmbeddingSamples(counts)
        var gallery = Gallery(source)
        gallery.add(photos(samples), samples.rows, pool)
        return gallery
    }

    private func same(_ a: Gallery, _ b: Gallery) -> Bool {
        a.source == b.source && a.landmarks == b.landmarks && a.photos == b.photos
            && a.calibration == b.calibration
            && EmbeddingSamples.floats(a.embeddings) == EmbeddingSamples.floats(b.embeddings)
            && EmbeddingSamples.floats(a.directions) == EmbeddingSamples.floats(b.directions)
            && EmbeddingSamples.floats(a.means.means) == EmbeddingSamples.floats(b.means.means)
            && (a.means.whitening == nil) == (b.means.whitening == nil)
    }

    @Test(arguments: [[], [1], [1, 1, 1], [30, 30, 5]])
    func comesBackFromItsFile(_ counts: [Int]) throws {
        let folder = try TemporaryFolder()
        var gallery = full(counts)
        if counts.count > 1 {
            gallery.calibration = try Calibration(
                known: [0.4, 0.7],
                unknown: [0.123_456_79],
                falsePositives: 0.05,
                photos: gallery.photos.count,
                landmarks: gallery.landmarks.count
            )
        }
        let path = folder.file("gallery")
        try gallery.write(to: path)
        #expect(GalleryFile.isGallery(path))
        let file = try GalleryFile(path)
        #expect(same(try file.gallery(), gallery))
        #expect(file.landmarks == gallery.landmarks)
        #expect(try file.paths() == gallery.photos.map(\.path))
        try gallery.write(to: folder.file("again"))
        #expect(try folder.bytes("gallery") == folder.bytes("again"))
        // What embed's commands read.
        #expect(try EmbeddingFile(path).count == gallery.photos.count)
    }

    @Test func isAFunctionOfItsPhotos() throws {
        let samples = EmbeddingSamples([30, 30, 5])
        let all = photos(samples)
        let once = full([30, 30, 5])
        var parts = Gallery(source)
        for range in [40..<65, 0..<7, 7..<40] {
            let rows = EmbeddingSamples.block(samples.rows, range)
            parts.add(Array(all[range]), rows, pool)
        }
        #expect(same(once, parts))
        // What was added and taken out again leaves nothing.
        let others = EmbeddingSamples([4], seed: 9)
        parts.add(photos(others, from: 100), others.rows, pool)
        #expect(!same(once, parts))
        let added = parts.photos.indices.filter {
            parts.photos[$0].hash >= ContentHash(high: 0, low: 0)
                && (100..<104).map { ContentHash("\($0)") }.contains(parts.photos[$0].hash)
        }
        parts.remove(Set(added), pool)
        #expect(same(once, parts))
    }

    @Test func copiesAndContradictionsAreToldAndNotAdded() {
        var gallery = full([2, 1])
        let again = EmbeddingSamples([3])
        var candidates = photos(again)
        candidates[1].landmark.name = "Big Ben"
        candidates[2] = .init(
            path: "new.jpg",
            hash: ContentHash("new"),
            landmark: .init(name: "Petra", id: 5)
        )
        candidates.append(candidates[2])
        let rows = EmbeddingSamples([4]).rows
        let before = gallery.photos.count
        let sorting = gallery.add(candidates, rows, pool)
        #expect(sorting.new == [2])
        #expect(sorting.copies.map(\.photo) == ["0/0.jpg", "new.jpg"])
        #expect(sorting.contradictions.map(\.other) == ["0/1.jpg as Petra"])
        #expect(gallery.photos.count == before + 1)
        #expect(gallery.landmarks.map(\.name) == ["Petra", "Ávila"])
        #expect(gallery.landmarks[0].id == 5 && gallery.counts == [3, 1])
    }

    @Test func aLandmarkGoesWithItsLastPhoto() {
        var gallery = full([2, 1])
        gallery.remove([gallery.photos.count - 1], pool)
        #expect(gallery.landmarks.map(\.name) == ["Petra"])
        gallery.remove([0, 1], pool)
        #expect(gallery.landmarks.isEmpty && gallery.photos.isEmpty)
    }

    @Test func theNearestPhotoAndLandmarkAreFound() throws {
        let folder = try TemporaryFolder()
        let gallery = full([30, 30, 5])
        try gallery.write(to: folder.file("gallery"))
        let file = try GalleryFile(folder.file("gallery"))
        let means = try file.means()
        let directions = means.directions(gallery.embeddings, pool)
        let near = try file.nearest(directions, most: 2, pool)
        for (place, rows) in near.enumerated() {
            #expect(rows.first?.row == place)
            #expect(abs((rows.first?.score ?? 0) - 1) < 1e-5)
        }
        let landmarks = means.guesses(directions, top: 1, pool)
        let right = landmarks.indices.count {
            landmarks[$0].first.map { Int($0.label) } == gallery.photos[$0].landmark
        }
        #expect(right > 55)
    }

    @Test func whatIsNoWholeGalleryIsRefused() throws {
        let folder = try TemporaryFolder()
        try full([20, 20, 20]).write(to: folder.file("gallery"))
        let whole = try folder.bytes("gallery")
        for length in [0, 8, 200, whole.count / 2, whole.count - 1] {
            let cut = try folder.write("cut", Array(whole.prefix(length)))
            #expect(throws: TrainingError.self) { try GalleryFile(cut).gallery() }
        }
        #expect(throws: TrainingError.self) { try GalleryFile(folder.file("missing")) }
        let text = String(decoding: whole.prefix(4096), as: UTF8.self)
        #expect(text.contains("\\\"version\\\":1"))
        let newer = Array(whole).replacing(
            Array("\\\"version\\\":1".utf8),
            with: Array("\\\"version\\\":9".utf8)
        )
        let path = try folder.write("newer", newer)
        #expect {
            try GalleryFile(path)
        } throws: {
            "\($0)".contains("of version 9")
        }
    }

    @Test func twoWritersLoseNothing() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("gallery")
        try Gallery(source).create(path) { _ in }
        #expect(throws: TrainingError.self) { try Gallery(source).create(path) { _ in } }
        let errors = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { writer in
            let pool = ThreadPool(threads: 1)
            defer { pool.close() }
            for round in 0..<5 {
                let samples = EmbeddingSamples([1], seed: UInt64(writer * 10 + round))
                let new = photos(samples, from: writer * 10 + round)
                do {
                    _ = try Gallery.change(path, say: { _ in }) {
                        $0.add(new, samples.rows, pool)
                    }
                } catch {
                    errors.withLock { $0.append("\(error)") }
                }
            }
        }
        #expect(errors.withLock { $0 } == [])
        #expect(try GalleryFile(path).count == 20)
        #expect(try folder.names() == ["gallery"])
    }

    @Test func whatFailsLeavesTheFileAsItIs() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("gallery")
        try full([2]).write(to: path)
        let before = try folder.bytes("gallery")
        #expect(throws: TrainingError.self) {
            try Gallery.change(path, say: { _ in }) { gallery in
                gallery.remove([0], pool)
                throw TrainingError.data("no")
            }
        }
        #expect(try folder.bytes("gallery") == before)
    }

    @Test func theThresholdGoesWhereDirectionsBecomeOthers() throws {
        var gallery = full([20, 20, 20])
        let calibration = try Calibration(
            known: [1],
            unknown: [0],
            falsePositives: 0.1,
            photos: 60,
            landmarks: 3
        )
        gallery.calibration = calibration
        let more = EmbeddingSamples([1], seed: 3)
        gallery.add(photos(more, from: 200), more.rows, pool)
        #expect(gallery.calibration == calibration)
        gallery.remove(Set(0..<40), pool)
        #expect(gallery.means.whitening == nil && gallery.calibration == nil)
    }
}

struct FolderTurnTests {
    @Test func oneHasItAtATime() throws {
        let folder = try TemporaryFolder()
        var said: [String] = []
        var first: FolderTurn? = try FolderTurn(folder.path)
        #expect(throws: FileError.self) {
            try FolderTurn(folder.path, waiting: 1.2) { said.append($0) }
        }
        #expect(said.count == 1)
        withExtendedLifetime(first) {}
        first = nil
        _ = try FolderTurn(folder.path, waiting: 0.1)
        #expect(throws: FileError.self) { try FolderTurn(folder.file("missing")) }
    }
}
