import Foundation
import Images
import Networks
import TensorFiles
import Tensors
import Testing
import Training

/// Which tensors of a file come into a network, and what is said of the others.
struct WeightsLoadingTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func model(_ architecture: Architecture = .small, classes: Int = 3) -> Model {
        let model = Model(
            ModelDescription(architecture: architecture, classes: classes, imageSize: 32),
            maximumBatch: 1,
            purpose: .evaluation,
            pool: ThreadPool(threads: 1)
        )
        if architecture == .small { model.store.initialize(seed: 4) }
        return model
    }

    /// Writes the values of `store` under changed names, and more tensors.
    private func write(
        _ store: ParameterStore,
        more: [String] = [],
        metadata: [String: String] = [:],
        name: (Parameter) -> String? = { $0.name },
        change: ([Float], Parameter) -> [Float] = { values, _ in values }
    ) throws -> CheckpointFile {
        let path = folder.file("weights.safetensors")
        let kept = store.parameters.filter { name($0) != nil }
        let writer = try SafetensorsWriter(
            path: path,
            tensors: kept.map { .init(name: name($0) ?? "", dtype: .f32, shape: $0.shape) }
                + more.map { .init(name: $0, dtype: .f32, shape: [1]) },
            metadata: metadata
        )
        for parameter in kept { try writer.write(change(store.read(parameter), parameter)) }
        for _ in more { try writer.write([0] as [Float]) }
        try writer.finish()
        return try CheckpointFile(path)
    }

    private func expectEqual(_ a: ParameterStore, _ b: ParameterStore) {
        #expect(!a.parameters.isEmpty && a.parameters.map(\.name) == b.parameters.map(\.name))
        for (x, y) in zip(a.parameters, b.parameters) {
            #expect(a.read(x) == b.read(y), "\(x.name)")
        }
    }

    private func zeroed(_ model: Model) -> Model {
        for parameter in model.store.parameters {
            model.store.write(parameter, Array(repeating: 0, count: parameter.range.count))
        }
        return model
    }

    private func refuse(_ reason: String, _ body: () throws -> Void) {
        #expect {
            try body()
        } throws: { error in
            guard case TrainingError.checkpoint(let message) = error else { return false }
            #expect(message.contains(reason), "\(message)")
            return !message.contains("\n")
        }
    }

    @Test(arguments: [
        "module.", "_orig_mod.", "model.", "backbone.", "module.model.", "net.encoder.",
    ])
    func prefixesComeOff(_ prefix: String) throws {
        let store = model().store
        let file = try write(store) { prefix + $0.name }
        #expect(file.classes == 3 && file.metadata == nil)
        let target = zeroed(model())
        let report = try file.load(into: target.store, average: true)
        #expect(report.kept.isEmpty)
        #expect(report.notes.count == 1 && report.notes[0].contains("'\(prefix)' is taken off"))
        expectEqual(target.store, store)
    }

    @Test func severalNetworksInAFileAreNotGuessedAmong() throws {
        let store = model().store
        let others = ["student.conv1.weight", "student.layer1.0.conv1.weight"]
        refuse("'student.', 'teacher.'") {
            _ = try write(store, more: others) { "teacher." + $0.name }
        }
        // A name that is known to be a wrapper's goes before others, whose tensors are surplus then.
        let file = try write(store, more: others) { "module." + $0.name }
        refuse("no place for 2 of its tensors, student.conv1.weight") {
            try file.load(into: model().store, average: false)
        }
    }

    @Test func surplusTensorsAreRefusedOrNamed() throws {
        let store = model().store
        let file = try write(store, more: (0..<5).map { "layer4.0.conv\($0).weight" })
        refuse(
            "no place for 5 of its tensors, the first layer4.0.conv0.weight, layer4.0.conv1.weight"
        ) {
            try file.load(into: model().store, average: false)
        }
        let target = zeroed(model())
        let report = try file.load(into: target.store, average: false, ignoreSurplus: true)
        #expect(report.notes.contains { $0.contains("left out are 5 tensors") })
        expectEqual(target.store, store)
    }

    /// The files have the right length and no bytes on the disk: what is wrong is seen in the header.
    @Test func weightsOfADeeperNetworkAreRefusedByName() throws {
        let path = folder.file("resnet101.safetensors")
        let table = ModelDescription(architecture: .resnet101, classes: 1000, imageSize: 32)
            .parameterTable()
        try write(empty: table.parameters, path)
        let file = try CheckpointFile(path)
        #expect(file.fitting(imageSize: 224) == [.resnet101])
        refuse("no place for 255 of its tensors, the first layer3.6.conv1.weight") {
            try file.load(
                into: model(.resnet50, classes: 1000).store,
                average: false,
                head: .ifItFits
            )
        }
        refuse("it fits resnet101: give --model resnet101") {
            try file.load(into: model(.resnet50, classes: 1000).store, average: false)
        }
        refuse("layer1.0.conv1.weight has shape [64, 64, 1, 1], the model needs [64, 64, 3, 3]") {
            try file.load(into: model(.resnet18, classes: 1000).store, average: false)
        }
    }

    @Test func countersOfBatchNormAndOfAveragesAreKnown() throws {
        let store = model().store
        let counters = store.batchNorms.map { "module.\($0).num_batches_tracked" }
        let file = try write(store, more: counters + ["n_averaged"]) { "module." + $0.name }
        #expect(try file.load(into: model().store, average: false).notes.count == 1)
    }

    @Test func missingAndOtherHeadsStartAtZero() throws {
        let store = model().store
        let file = try write(store, more: ["head.weight", "head.bias"]) {
            $0.isHead ? nil : $0.name
        }
        #expect(file.classes == nil)
        refuse("has no tensor fc.weight") { try file.load(into: model().store, average: false) }
        let report = try file.load(into: model().store, average: false, head: .ifItFits)
        #expect(report.kept == ["fc.weight", "fc.bias"])
        #expect(
            report.notes.contains {
                $0.contains("has no head that fits: fc.weight, fc.bias start at zero")
            }
        )
        #expect(
            report.notes.contains { $0.contains("not used is its head, head.weight, head.bias") }
        )
        let whole = try write(store)
        let target = model()
        let told = try whole.load(
            into: target.store,
            average: false,
            head: .kept("is for other landmarks")
        )
        #expect(told.kept == ["fc.weight", "fc.bias"])
        let head = try #require(target.store.parameters.first { $0.name == "fc.weight" })
        #expect(target.store.read(head).allSatisfy { $0 == 0 })
    }

    /// torchvision's VGGs end with three dense layers, which a trunk such as `model.features` lacks.
    @Test func aTrunkLacksTheWholePartThatEndsWithTheHead() throws {
        let path = folder.file("trunk.safetensors")
        let table = ModelDescription(architecture: .vgg11, classes: 5, imageSize: 32)
            .parameterTable()
        let trunk = table.parameters.filter { !$0.name.hasPrefix("classifier.") }
        try write(empty: trunk, path)
        let file = try CheckpointFile(path)
        #expect(file.fitting(imageSize: 224) == [.vgg11])
        var notes: [String] = []
        #expect(
            try file.network(asked: nil, imageSize: nil, ignoreSurplus: false, &notes) == .vgg11
        )
        #expect(notes.count == 1 && notes[0].contains("its tensors are those of vgg11"))
        // With a part of that part there is no saying what became of the rest.
        let more = table.parameters.filter { $0.name.hasPrefix("classifier.0") }
        try write(empty: trunk + more, path)
        #expect(try CheckpointFile(path).fitting(imageSize: 224) == [])
        #expect {
            try CheckpointFile(path).network(
                asked: nil,
                imageSize: nil,
                ignoreSurplus: false,
                &notes
            )
        } throws: {
            "\($0)".contains("its tensors are not those of any network here; give --model")
        }
    }

    /// Writes zeros, of which the disk keeps nothing.
    private func write(empty parameters: [Parameter], _ path: String) throws {
        var header: [String] = []
        var end = 0
        for parameter in parameters {
            let begin = end
            end += 4 * parameter.range.count
            header.append(
                #""\#(parameter.name)":{"dtype":"F32","shape":\#(parameter.shape),"data_offsets":[\#(begin),\#(end)]}"#
            )
        }
        let head = safetensors("{" + header.joined(separator: ",") + "}")
        try Data(head).write(to: URL(fileURLWithPath: path))
        #expect(truncate(path, off_t(head.count + end)) == 0)
    }

    @Test func surplusTensorsMayBeLeftOverToTellTheNetwork() throws {
        let file = try write(model().store, more: ["layer9.weight"])
        #expect(file.fitting(imageSize: 32) == [])
        var notes: [String] = []
        #expect(
            try file.network(asked: nil, imageSize: 32, ignoreSurplus: true, &notes) == .small
        )
    }

    @Test func valuesThatAreNoNumbersAreRefused() throws {
        let store = model().store
        for (name, value, reason) in [
            ("layer2.0.conv1.weight", Float.nan, "layer2.0.conv1.weight holds nan at element 5"),
            ("fc.bias", -.infinity, "fc.bias holds -inf at element 2"),
            ("bn1.running_var", -1, "bn1.running_var holds the negative variance -1.0"),
        ] {
            let file = try write(
                store,
                change: { values, parameter in
                    var values = values
                    if parameter.name == name { values[min(5, values.count - 1)] = value }
                    return values
                }
            )
            refuse(reason) { try file.load(into: model().store, average: false) }
        }
    }

    @Test func narrowFloatsAreConvertedAndSaid() throws {
        let store = model().store
        let names = store.parameters.map(\.name)
        var header: [String] = []
        var data: [UInt8] = []
        for parameter in store.parameters {
            let begin = data.count
            // The upper halves of the floats are bfloat16.
            for value in store.read(parameter) {
                data += [UInt8(value.bitPattern >> 16 & 0xFF), UInt8(value.bitPattern >> 24)]
            }
            header.append(
                #""\#(parameter.name)":{"dtype":"BF16","shape":\#(parameter.shape),"data_offsets":[\#(begin),\#(data.count)]}"#
            )
        }
        let path = try folder.write(
            "narrow.safetensors",
            safetensors("{" + header.joined(separator: ",") + "}", data: data)
        )
        let target = zeroed(model())
        let report = try CheckpointFile(path).load(into: target.store, average: false)
        #expect(report.notes.count == 1)
        #expect(
            report.notes.first?.contains("\(names.count) tensors of BF16 are converted") == true
        )
        for (a, b) in zip(target.store.parameters, store.parameters) {
            let expected = store.read(b).map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }
            #expect(target.store.read(a) == expected)
        }
    }

    @Test func whatIsNoPlainTensorIsNamedWhereItIsNeeded() throws {
        let file = try CheckpointFile(torchFixture("harm.pth"))
        refuse("has no tensor conv1.weight") { try file.load(into: model().store, average: false) }
        refuse("no tensors but") { _ = try CheckpointFile(folder.write("epoch.pth", epochAlone)) }
    }

    // torch.save({"epoch": 3}, …, _use_new_zipfile_serialization=False)
    private let epochAlone: [UInt8] =
        [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
        + [0x80, 2, 0x4D, 0xE9, 0x03, 0x2E, 0x80, 2, 0x7D, 0x2E]
        + [0x80, 2, 0x7D, 0x58, 5, 0, 0, 0] + Array("epoch".utf8) + [0x4B, 3, 0x73, 0x2E]
        + [0x80, 2, 0x5D, 0x2E]

    @Test func anExportSaysHowItIsUsed() throws {
        let photos = try DrawnPhotos(20, classes: 3).split(held: 4)
        let run = try TestRun(.quick(steps: 1) { $0.preprocessing = .stretch }, photos)
        try run.train(ranks: 1)
        let checkpoint = try CheckpointFile(run.run.path)
        let metadata = try #require(checkpoint.metadata)
        let texts = try ExportTexts.texts(
            metadata.model,
            plans: metadata.plans,
            classes: metadata.classes,
            metadata: metadata
        )
        let file = try write(model().store, metadata: texts)
        #expect(!file.holdsState && checkpoint.holdsState)
        #expect(file.claims == checkpoint.claims)
        #expect(file.metadata?.plans == metadata.plans)
        #expect(file.claims.preprocessing == .stretch && file.claims.classes == photos.classes)
        #expect(texts["mean"] == "[0.0, 0.0, 0.0]" && texts["std"] == "[1.0, 1.0, 1.0]")
        #expect(texts["antialias"] == "false" && texts["image_size"] == "32")
        let foreign = try ExportTexts.texts(
            ModelDescription(architecture: .resnet18, classes: 1000, imageSize: 224),
            plans: PhotoPlans(imageSize: 224),
            classes: nil,
            metadata: nil
        )
        #expect(foreign["mean"] == "[0.485, 0.456, 0.406]" && foreign["resize"] == "256")
        let other = try write(model().store, metadata: foreign)
        #expect(other.metadata == nil)
        #expect(other.claims.architecture == .resnet18 && other.claims.imageSize == 224)
    }
}
