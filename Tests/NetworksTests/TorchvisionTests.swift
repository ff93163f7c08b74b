import Networks
import Tensors
import TestSupport
import Testing

/// Names, shapes and counts of parameters against torchvision's and the tutorial's.
///
/// Fixture: `parameter_list` in `scripts/parity/make_fixtures.py`.
@Suite(.serialized) struct TorchvisionTests {
    /// A model of the fixture.
    struct Listed {
        let name: String
        /// Trainable parameters.
        let count: Int
        /// Lines of name and extents.
        var tensors: [String] = []
    }

    static func listed() throws -> [Listed] {
        var models: [Listed] = []
        let text = String(decoding: try fixture("torchvision_parameters.txt"), as: UTF8.self)
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            if words[0] == "model" {
                models.append(Listed(name: words[1], count: try #require(Int(words[2]))))
            } else {
                models[models.count - 1].tensors.append(String(line))
            }
        }
        return models
    }

    static func model(_ architecture: Architecture, classes: Int, imageSize: Int) -> Model {
        Model(
            ModelDescription(
                architecture: architecture,
                classes: classes,
                imageSize: imageSize
            ),
            maximumBatch: 1,
            purpose: .evaluation,
            pool: ThreadPool(threads: 1)
        )
    }

    @Test func namesShapesAndCountsAreTorchvisions() throws {
        let listed = try Self.listed()
        let others: [Architecture] = [.small, .tutorial]
        #expect(listed.count == Architecture.allCases.count - others.count)
        for expected in listed {
            let architecture = try #require(Architecture(rawValue: expected.name))
            let store = Self.model(architecture, classes: 1000, imageSize: 32).store
            let own =
                store.parameters.map { parameter in
                    parameter.name + " " + parameter.shape.map(String.init).joined(separator: "x")
                } + store.batchNorms.map { $0 + ".num_batches_tracked " }
            #expect(own.map(trimmed).sorted() == expected.tensors.map(trimmed).sorted())
            #expect(store.trainable.count == expected.count, "\(expected.name)")
        }
    }

    private func trimmed(_ line: String) -> String {
        line.hasSuffix(" ") ? String(line.dropLast()) : line
    }

    /// The published numbers, in case the fixture should be wrong.
    @Test func knownCounts() throws {
        let listed = try Self.listed()
        #expect(listed.first { $0.name == "vgg19_bn" }?.count == 143_678_248)
        #expect(listed.first { $0.name == "resnet50" }?.count == 25_557_032)
    }

    @Test func theTutorialsNetworkHasItsParameters() {
        let model = Self.model(.tutorial, classes: 1020, imageSize: 224)
        #expect(model.store.count == 143_749_192)
        #expect(model.store.count - model.store.trainable.count == 6)
        #expect(model.summary().parameters == 143_749_192)
        #expect(model.store.parameters.first?.name == "input.weight")
    }

    @Test(arguments: Architecture.allCases)
    func theHeadIsTheLastLayer(_ architecture: Architecture) {
        let store = Self.model(architecture, classes: 12, imageSize: 32).store
        let head = store.parameters.filter(\.isHead)
        #expect(head.map(\.kind) == [.weight, .bias])
        #expect(head.map { $0.shape[0] } == [12, 12])
        #expect(head.last?.range.upperBound == store.trainable.upperBound)
    }

    /// fvcore and torchvision's documentation count 1.81 and 4.09 GMACs.
    @Test func multiplyAdds() {
        let resnet18 = Self.model(.resnet18, classes: 1000, imageSize: 224).summary()
        #expect(resnet18.multiplyAdds == 1_814_073_344)
        let resnet50 = Self.model(.resnet50, classes: 1000, imageSize: 224).summary()
        #expect(resnet50.multiplyAdds == 4_089_184_256)
        #expect(resnet50.description.contains("4,089,184,256"))
    }

    @Test func descriptionsThatCannotBeBuiltAreRefused() throws {
        let good = ModelDescription(architecture: .resnet18, classes: 2, imageSize: 32)
        try good.check()
        var bad = good
        bad.classes = 0
        #expect(throws: NetworksError.self) { try bad.check() }
        bad = good
        bad.imageSize = 31
        #expect(throws: NetworksError.self) { try bad.check() }
        bad = good
        bad.dropout = 1
        #expect(throws: NetworksError.self) { try bad.check() }
    }
}
