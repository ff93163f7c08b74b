import Distributed
import Files
import Foundation
import Images
import Networks
import Tensors
import TestSupport
import Testing
import Training

/// Embeddings of photos, and landmarks named by them, on several ranks.
struct EmbedderTests {
    private let photos: DrawnPhotos

    init() throws { photos = try DrawnPhotos(40, classes: 3) }

    /// Some photos of which one cannot be read.
    private struct Holed: Dataset {
        let all: DrawnPhotos
        let bad: Int
        var count: Int { all.count }
        var classes: ClassIndex { all.classes }
        var labels: [Int32] { all.labels }
        var countsPerClass: [Int] { all.countsPerClass }
        func id(_ index: Int) -> String { all.id(index) }
        func path(_ index: Int) -> String { index == bad ? "/nowhere.jpg" : all.path(index) }
        func label(_ index: Int) -> Int32 { all.label(index) }
    }

    private static func embedder(_ communicator: any Communicator, threads: Int = 1) -> Embedder {
        let pool = ThreadPool(threads: threads)
        let trunk = Model(
            ModelDescription(architecture: .small, classes: 3, imageSize: 32),
            freezing: .trunk,
            part: .trunk,
            maximumBatch: Embedder.batch,
            purpose: .evaluation,
            pool: pool
        )
        trunk.store.initialize(seed: 4)
        return Embedder(
            communicator: communicator,
            trunk: trunk,
            plans: PhotoPlans(imageSize: 32),
            pool: pool
        )
    }

    /// What one rank of several made of some photos.
    private struct Made: Sendable, Equatable {
        var floats: [Float]
        var photos: [Int]
        var skipped: [Int]
    }

    private func embed(_ source: any Dataset, ranks: Int, threads: Int = 1) throws -> [Made] {
        try ThreadRanks.run(ranks) { communicator in
            let embedder = Self.embedder(communicator, threads: threads)
            let made = try embedder.embed(source, count: source.count)
            let rows = (0..<made.rows.count).flatMap { row in
                Array(UnsafeBufferPointer(start: made.rows.row(row), count: embedder.width))
            }
            return Made(floats: rows, photos: made.photos, skipped: made.skipped.map(\.photo))
        }
    }

    @Test func embeddingsAreUnitVectorsAndTheSameOnAllRanks() throws {
        let source = Holed(all: photos, bad: 17)
        let alone = try #require(try embed(source, ranks: 1).first)
        #expect(alone.skipped == [17])
        #expect(alone.photos == (0..<40).filter { $0 != 17 })
        let width = alone.floats.count / 39
        for row in 0..<39 {
            let values = alone.floats[row * width..<(row + 1) * width]
            let length = values.reduce(0.0) { $0 + Double($1) * Double($1) }
            #expect(abs(length - 1) < 1e-5)
        }
        for made in try embed(source, ranks: 3) { #expect(made == alone) }
        #expect(try embed(source, ranks: 1, threads: 3) == [alone])
    }

    @Test func theNetworksHashTellsWeightsAndPreparationApart() throws {
        func network(seed: UInt64, imageSize: Int = 32) -> EmbeddingNetwork {
            let trunk = Model(
                ModelDescription(architecture: .small, classes: 3, imageSize: imageSize),
                freezing: .trunk,
                part: .trunk,
                maximumBatch: 1,
                purpose: .evaluation,
                pool: ThreadPool(threads: 1)
            )
            trunk.store.initialize(seed: seed)
            return EmbeddingNetwork(trunk, PhotoPlans(imageSize: imageSize))
        }
        let first = network(seed: 1)
        #expect(first == network(seed: 1))
        #expect(first.hash != network(seed: 2).hash)
        #expect(first.hash != network(seed: 1, imageSize: 40).hash)
    }

    @Test(arguments: [ClassifierKind.knn, .classMean])
    func neighboursNameLandmarksAlikeOnAllRanks(_ kind: ClassifierKind) throws {
        let parts = photos.split(held: 12)
        func run(_ ranks: Int) throws -> [[PhotoOutcome]] {
            try ThreadRanks.run(ranks) { communicator in
                let embedder = Self.embedder(communicator)
                let learned = parts.training
                let made = try embedder.embed(learned, count: learned.count)
                let table = EmbeddingTable(
                    made.rows,
                    embedder.network,
                    ids: made.photos.map(learned.id),
                    labels: made.photos.map(learned.label),
                    classes: learned.classes
                )
                let judge = try EmbeddingClassifier(table, kind, neighbours: 3, embedder)
                return try judge.run(parts.held, top: 3).outcomes
            }
        }
        let alone = try #require(try run(1).first)
        #expect(alone.count == 12)
        let right = alone.count { $0.best.first?.label == parts.held.label($0.photo) }
        #expect(right >= 10, "colours and stripes tell the classes apart")
        for outcome in alone {
            #expect(outcome.best.count == 3 && outcome.loss.isFinite)
            let confidences = outcome.best.map(\.confidence)
            #expect(confidences == confidences.sorted(by: >))
            #expect(confidences.allSatisfy { (0...1).contains($0) })
        }
        for found in try run(3) { #expect(found == alone) }
    }

    @Test func keptEmbeddingsAreReadAndStaleOnesComputedAnew() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("embeddings/learned.safetensors")
        let source = Holed(all: photos, bad: 3)
        func made(_ source: any Dataset, ranks: Int) throws -> [(Made, [String])] {
            try ThreadRanks.run(ranks) { communicator in
                let embedder = Self.embedder(communicator)
                var told: [String] = []
                let made = try KeptEmbeddings(path) { told.append($0) }.embed(source, embedder)
                let rows = (0..<made.rows.count).flatMap { row in
                    Array(UnsafeBufferPointer(start: made.rows.row(row), count: embedder.width))
                }
                let result = Made(
                    floats: rows,
                    photos: made.photos,
                    skipped: made.skipped.map(\.photo)
                )
                return (result, told)
            }
        }
        let first = try #require(try made(source, ranks: 2).first)
        #expect(first.1.isEmpty)
        let bytes = try folder.bytes("embeddings/learned.safetensors")
        for again in try made(source, ranks: 3) { #expect(again == first) }
        #expect(try folder.bytes("embeddings/learned.safetensors") == bytes)
        let other = try #require(try made(photos.split(held: 5).training, ranks: 1).first)
        #expect(other.0.skipped.isEmpty && other.1.first?.contains("computed anew") == true)
        try folder.write("embeddings/learned.safetensors", Array(bytes.dropLast(5)))
        let damaged = try #require(try made(source, ranks: 1).first)
        #expect(damaged.0 == first.0 && damaged.1.first?.contains("computed anew") == true)
    }
}
