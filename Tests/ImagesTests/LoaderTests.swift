import Foundation
import Images
import Synchronization
import Tensors
import Testing

@Suite struct LoaderTests {
    /// Nine photos in a folder of their own.
    private final class Photos: Sendable {
        let folder: TemporaryFolder
        let source: ListedPhotos

        init() throws {
            let folder = try TemporaryFolder()
            self.folder = folder
            source = ListedPhotos(
                paths: try (0..<9).map { index in
                    let bitmap = waves(width: 60 + 9 * index, height: 50 + index)
                    return try folder.write("\(index).jpg", encodeJPEG(bitmap, quality: 85))
                }
            )
        }
    }

    private let random: [any Augmentation] = [
        RandomResizedCrop(scale: 0.3...1), HorizontalFlip(probability: 0.5),
        ColourJitter(brightness: 0.2, contrast: 0.2, saturation: 0.2),
        RandomErasing(probability: 0.3),
    ]

    private func loader(
        _ source: ListedPhotos,
        _ requests: some Sequence<BatchRequest>,
        maximumBatch: Int = 4,
        threads: Int = 2
    ) -> BatchLoader {
        BatchLoader(
            source: source,
            requests: requests,
            maximumBatch: maximumBatch,
            imageSize: 24,
            augmentations: random,
            normalisation: .imageNet,
            seed: 11,
            threads: threads
        )
    }

    @Test func contentDependsOnSeedEpochAndSampleAlone() throws {
        let photos = try Photos()
        func load(_ groups: [[Int]], threads: Int) throws -> [Int: [Float]] {
            let loader = loader(
                photos.source,
                groups.map { BatchRequest(samples: $0, epoch: 3) },
                threads: threads
            )
            defer { loader.stop() }
            var found: [Int: [Float]] = [:]
            for group in groups {
                let batch = try loader.next()
                #expect(batch.images.shape == Shape(N: group.count, H: 24, W: 24, C: 3))
                #expect(batch.labels == group.map { Int32($0 % 3) })
                #expect(batch.weights == group.map { _ in 1 })
                for (n, photo) in group.enumerated() {
                    found[photo] = batch.images.images(n..<n + 1).toArray()
                }
                loader.release(batch)
            }
            return found
        }
        let one = try load([[0, 1, 2, 3], [4, 5, 6, 7], [8]], threads: 1)
        let three = try load([[8, 2], [], [7, 6, 5, 4], [0, 3, 1]], threads: 3)
        #expect(one.count == 9)
        #expect(one == three)
        let reader = try PhotoReader()
        let alone = Storage(count: 24 * 24 * 3)
        try reader.sample(
            photos.source.photo(5),
            imageSize: 24,
            augmentations: random,
            normalisation: .imageNet,
            random: Random(seed: 11, .augmentation, 3, 5),
            into: alone.base
        )
        #expect(one[5] == Array(alone.buffer))
    }

    @Test func epochsDiffer() throws {
        let photos = try Photos()
        let loader = loader(
            photos.source,
            [BatchRequest(samples: [2], epoch: 0), BatchRequest(samples: [2], epoch: 1)]
        )
        defer { loader.stop() }
        let first = try loader.next()
        let second = try loader.next()
        #expect(first.images.toArray() != second.images.toArray())
    }

    @Test func badPhotosBecomeBlanks() throws {
        let photos = try Photos()
        var source = photos.source
        source.paths[1] = photos.folder.path + "/missing.jpg"
        source.paths[3] = try photos.folder.write("page.jpg", Array("<html>".utf8))
        let requests = [[0, 1, 2, 3], [1, 3], [4, 5]].map { BatchRequest(samples: $0, epoch: 0) }
        // Slots that held photos before must be blank, too.
        let loader = loader(source, requests + requests)
        defer { loader.stop() }
        for _ in 0..<2 {
            let first = try loader.next()
            #expect(first.weights == [1, 0, 1, 0])
            #expect(first.skipped.map(\.path) == [source.paths[1], source.paths[3]])
            #expect(first.skipped[0].reason == "there is no such file")
            #expect(first.skipped[1].reason.contains("HTML"))
            for n in [1, 3] {
                #expect(first.images.images(n..<n + 1).buffer.allSatisfy { $0 == 0 })
            }
            #expect(!first.images.images(0..<1).buffer.allSatisfy { $0 == 0 })
            loader.release(first)
            let second = try loader.next()
            #expect(second.weights == [0, 0] && second.skipped.count == 2)
            loader.release(second)
            let third = try loader.next()
            #expect(third.weights == [1, 1] && third.skipped.isEmpty)
            loader.release(third)
        }
    }

    @Test func badPhotosGiveTheirPlaceToTheNextGoodOne() throws {
        let photos = try Photos()
        var source = photos.source
        for index in [1, 2, 8] { source.paths[index] = photos.folder.path + "/no-\(index).jpg" }
        let order: [UInt32] = [0, 1, 2, 5, 6, 8]
        func load(_ samples: [Int], first: Int, threads: Int) throws -> LoadedBatch {
            let request = BatchRequest(
                samples: samples,
                epoch: 4,
                substitutes: .init(order: order, first: first)
            )
            let loader = loader(source, [request], threads: threads)
            defer { loader.stop() }
            return try loader.next()
        }
        let start = try load([0, 1, 2, 5], first: 0, threads: 3)
        #expect(start.weights == [1, 1, 1, 1] && start.blanks == 0 && start.badPlaces == 2)
        // Photo 5 stands for 1 and 2, and at its own place.
        #expect(start.labels == [0, 2, 2, 2])
        #expect(start.skipped.map(\.path) == [source.paths[1], source.paths[2]])
        let images = (1...3).map { start.images.images($0..<$0 + 1).toArray() }
        #expect(Set(images).count == 3, "each is changed in its own way")
        // The same at the same places, whatever batch and thread; the order's end goes on at its start.
        let end = try load([5, 6, 8], first: 3, threads: 1)
        #expect(end.labels == [2, 0, 0] && end.badPlaces == 1)
        let middle = try load([2, 5], first: 2, threads: 1)
        #expect(middle.images.images(0..<1).toArray() == images[1])
        #expect(middle.images.images(1..<2).toArray() == images[2])
    }

    @Test func whereNoPhotoIsGoodThePlaceIsBlank() throws {
        let photos = try Photos()
        var source = photos.source
        for index in 0..<9 { source.paths[index] = photos.folder.path + "/no-\(index).jpg" }
        let request = BatchRequest(
            samples: [3, 4],
            epoch: 0,
            substitutes: .init(order: [3, 4, 7], first: 0)
        )
        let loader = loader(source, [request])
        defer { loader.stop() }
        let batch = try loader.next()
        #expect(batch.weights == [0, 0] && batch.blanks == 2 && batch.badPlaces == 2)
        #expect(batch.skipped.map(\.path) == [3, 4, 7].map { source.paths[$0] })
    }

    @Test func waitIsGivenUpAndTakenUpAgain() throws {
        let photos = try Photos()
        let loader = loader(photos.source, [BatchRequest(samples: [0], epoch: 0)])
        defer { loader.stop() }
        let deadline = ContinuousClock.now + .seconds(20)
        var batch: LoadedBatch?
        while batch == nil, ContinuousClock.now < deadline {
            batch = try loader.next(unless: { true })
        }
        #expect(batch?.labels == [0], "a batch that is there is not left")
    }

    @Test func requestsAreDrawnAsSlotsBecomeFree() throws {
        let photos = try Photos()
        let drawn = Atomic<Int>(0)
        let requests = (0..<100).lazy.map { step in
            drawn.wrappingAdd(1, ordering: .relaxed)
            return BatchRequest(samples: [step % 9], epoch: step)
        }
        let loader = loader(photos.source, requests)
        #expect(drawn.load(ordering: .relaxed) == 0)
        let first = try loader.next()
        #expect(drawn.load(ordering: .relaxed) == 3)
        loader.release(first)
        loader.release(first)
        _ = try loader.next()
        #expect(drawn.load(ordering: .relaxed) == 4)
        loader.stop()
    }

    @Test func misuseIsSaidAndDoesNotHang() throws {
        let photos = try Photos()
        let few = loader(photos.source, [BatchRequest(samples: [0], epoch: 0)])
        few.release(try few.next())
        #expect(message { _ = try few.next() } == "there are no more batches")
        few.stop()
        few.stop()
        #expect(message { _ = try few.next() } == "the photo loader was stopped")

        let large = loader(photos.source, [BatchRequest(samples: [0, 1, 2, 3, 4], epoch: 0)])
        #expect(message { _ = try large.next() }.contains("4 is the most"))

        let lent = loader(photos.source, (0..<9).map { BatchRequest(samples: [$0], epoch: 0) })
        let batches = [try lent.next(), try lent.next(), try lent.next()]
        #expect(message { _ = try lent.next() }.contains("release one"))
        #expect(batches.map(\.labels) == [[0], [1], [2]])
    }

    /// One that does not end keeps the test from ending.
    @Test(.timeLimit(.minutes(1))) func loadersEndWithTheirOwner() throws {
        let photos = try Photos()
        for round in 0..<30 {
            let loader = loader(
                photos.source,
                (0..<50).lazy.map { BatchRequest(samples: [$0 % 9, ($0 + 1) % 9], epoch: $0) },
                threads: 3
            )
            if round % 3 > 0 { _ = try loader.next() }
            if round % 3 > 1 { loader.stop() }
        }
    }
}
