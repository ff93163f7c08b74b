import Foundation
import Networks
import Tensors
import TestSupport
import Testing
import Training

/// Where published weights are, if anywhere.
private let weightsFolder = ProcessInfo.processInfo.environment["LANDMARK_TRAIN_WEIGHTS"]

/// Published weights, where the variable LANDMARK_TRAIN_WEIGHTS names a folder that `scripts/fetch-weights` filled.
@Suite(.enabled(if: weightsFolder != nil, "LANDMARK_TRAIN_WEIGHTS names no folder"))
struct PublishedWeightsTests {
    /// What timm computes with the same weights and photo, by `make_fixtures.py --weights`.
    struct Fixture: Decodable {
        let model: String
        let file: String
        let photos: String
        let imageSize: Int
        let logits: [Double]
    }

    private func file(_ name: String) throws -> CheckpointFile {
        try CheckpointFile(try #require(weightsFolder) + "/" + name)
    }

    private func model(_ architecture: Architecture, classes: Int, imageSize: Int) -> Model {
        Model(
            ModelDescription(architecture: architecture, classes: classes, imageSize: imageSize),
            maximumBatch: 1,
            purpose: .evaluation,
            pool: ThreadPool(threads: 2)
        )
    }

    @Test func logitsOfLite0AreTimms() throws {
        let expected = try decodeFixture("published.json", as: Fixture.self)
        let file = try file(expected.file)
        let architecture = try #require(Architecture(rawValue: expected.model))
        #expect(file.fitting(imageSize: 224).first == architecture)
        #expect(file.classes == 1000)
        let model = model(architecture, classes: 1000, imageSize: expected.imageSize)
        try file.load(into: model.store, average: false)
        let photos = SharedValues.photos(model.input, name: expected.photos)
        let logits = model.forward(photos.tensor(model.input), .evaluation).toArray()
        #expect(logits.count == expected.logits.count)
        let furthest = zip(logits, expected.logits).map { abs(Double($0) - $1) }.max() ?? .infinity
        print("the furthest logit is off by \(furthest)")
        let largest = expected.logits.map(abs).max() ?? 0
        #expect(furthest <= 1e-5 * largest, "\(furthest) of \(largest)")
    }

    @Test func theTrunkOfMobileNetV2IsOne() throws {
        let file = try file("mobilenet_v2-imagenet-trunk.safetensors")
        #expect(file.fitting(imageSize: 224) == [.mobilenet_v2])
        #expect(file.classes == nil)
        let model = model(.mobilenet_v2, classes: 5, imageSize: 224)
        let report = try file.load(into: model.store, average: false, head: .ifItFits)
        #expect(report.kept == ["classifier.1.weight", "classifier.1.bias"])
    }
}
