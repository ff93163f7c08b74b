import Foundation
import Images
import Networks
import TensorFiles
import Tensors
import TestSupport
import Testing
import Training

/// What a checkpoint holds, and what is said of one that does not fit.
struct CheckpointTests {
    private let run: TestRun
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        run = try TestRun(
            .quick(steps: 2) { $0.ema = 0.9 },
            DrawnPhotos(20, classes: 3).split(held: 4)
        )
        try run.train(ranks: 2)
    }

    private func model(
        _ architecture: Architecture = .small,
        classes: Int = 3
    ) -> Model {
        let model = Model(
            ModelDescription(architecture: architecture, classes: classes, imageSize: 32),
            maximumBatch: 1,
            purpose: .evaluation,
            pool: ThreadPool(threads: 1)
        )
        model.store.initialize(seed: 4)
        return model
    }

    private func fails(_ code: Int32, _ reason: String, _ body: () throws -> Void) {
        #expect {
            try body()
        } throws: { error in
            guard let error = error as? TrainingError else { return false }
            #expect(error.description.contains(reason), "\(error)")
            return error.exitCode == code && !error.description.contains("\n")
        }
    }

    @Test func tensorsHaveTheNamesAndShapesOfPyTorch() throws {
        let file = try TensorFile(path: run.run.checkpoint(step: 2))
        #expect(file.metadata["format"] == "pt")
        #expect(file.entry(named: "conv1.weight")?.shape == [16, 3, 3, 3])
        #expect(file.entry(named: "bn1.running_var")?.shape == [16])
        let tracked = try #require(file.entry(named: "bn1.num_batches_tracked"))
        #expect(tracked.dtype == .i64 && tracked.shape == [])
        #expect(file.entry(named: "ema.fc.weight")?.shape == [3, 128])
        #expect(file.entry(named: "optimizer.velocity.fc.bias")?.shape == [3])
        #expect(file.entry(named: "ema.bn1.running_mean") == nil)
    }

    @Test func settingsThatCameLaterHaveTheRecipesValue() throws {
        let path = run.run.checkpoint(step: 2)
        var data = try #require(FileManager.default.contents(atPath: path))
        for setting in [#"\"convolution\":\"fast\","#, #"\"rho\":0.9,"#] {
            let place = try #require(data.range(of: Data(setting.utf8)))
            data.replaceSubrange(place, with: Array(repeating: 0x20, count: place.count))
        }
        let earlier = folder.path + "/earlier.safetensors"
        try data.write(to: URL(fileURLWithPath: earlier))
        #expect(try CheckpointFile(earlier).metadata == CheckpointFile(path).metadata)
    }

    @Test func metadataSaysWhatPredictionNeeds() throws {
        let file = try CheckpointFile(run.run.path)
        let metadata = try #require(file.metadata)
        #expect(metadata.step == 2)
        #expect(metadata.model.architecture == .small && metadata.model.classes == 3)
        #expect(metadata.classes == run.photos.classes)
        #expect(metadata.trainingCounts == run.photos.training.countsPerClass)
        #expect(metadata.plans == PhotoPlans(run.configuration))
        // It is written before its weights are evaluated, which the lines of the run tell.
        #expect(metadata.best == nil)
        #expect(try run.lines(run.run.evaluations).count == 1)
        #expect(file.classes == 3)
    }

    @Test func averageIsTakenWhereAskedFor() throws {
        let plain = model()
        let average = model()
        let file = try CheckpointFile(run.run.path)
        #expect(try file.load(into: plain.store, average: false).kept.isEmpty)
        #expect(try file.load(into: average.store, average: true).kept.isEmpty)
        let parameter = try #require(plain.store.parameters.first { $0.name == "fc.weight" })
        let tensors = try TensorFile(path: file.path)
        let entry = try #require(tensors.entry(named: "fc.weight"))
        let other = try #require(tensors.entry(named: "ema.fc.weight"))
        #expect(try plain.store.read(parameter) == tensors.floats(entry))
        #expect(try average.store.read(parameter) == tensors.floats(other))
        #expect(plain.store.read(parameter) != average.store.read(parameter))
    }

    @Test func otherModelsAndClassesAreRefused() throws {
        let file = try CheckpointFile(run.run.path)
        fails(65, "another model") { try file.load(into: model(.resnet18).store, average: false) }
        fails(65, "number of classes") {
            try file.load(into: model(classes: 5).store, average: false)
        }
    }

    @Test func anotherHeadIsReplacedWhereAllowed() throws {
        let other = model(classes: 5)
        let head = try #require(other.store.parameters.first { $0.name == "fc.weight" })
        let before = other.store.read(head)
        let report = try CheckpointFile(run.run.path)
            .load(into: other.store, average: false, head: .ifItFits)
        #expect(report.kept == ["fc.weight", "fc.bias"])
        #expect(report.notes.count == 1)
        #expect(report.notes.first?.contains("3 instead of 5") == true)
        #expect(!before.allSatisfy { $0 == 0 })
        #expect(other.store.read(head).allSatisfy { $0 == 0 })
    }

    @Test func truncatedFilesAreRefused() throws {
        let bytes = try run.checkpoint(2)
        for length in [4, 100, bytes.count / 2, bytes.count - 1] {
            let path = try folder.write("cut.safetensors", Array(bytes.prefix(length)))
            fails(65, path) { _ = try CheckpointFile(path) }
        }
    }

    @Test func whatIsNotThereIsSaid() throws {
        fails(74, "no checkpoint or run folder") { _ = try CheckpointFile(folder.file("none")) }
        fails(65, "holds no checkpoint yet") { _ = try CheckpointFile(folder.path) }
        let path = try folder.write(
            "later.safetensors",
            safetensors(#"{"__metadata__":{"landmark_train":"{\"format\":9}"}}"#)
        )
        fails(65, "version") { _ = try CheckpointFile(path) }
    }

    @Test func weightsStartANewRun() throws {
        let other = try TestRun(.quick(steps: 1), DrawnPhotos(20, classes: 5).split(held: 0))
        let path = run.run.checkpoint(step: 2)
        let left = try ThreadRanks.run(2) { [other] communicator in
            let trainer = try Trainer(
                configuration: other.configuration,
                communicator: communicator,
                photos: other.photos,
                run: other.run,
                pool: ThreadPool(threads: 1)
            )
            let report = try trainer.start(fromWeights: path)
            let store = trainer.model.store
            let first = store.parameters.first { $0.name == "conv1.weight" }
            return (report, first.map { store.read($0) } ?? [])
        }
        let file = try TensorFile(path: path)
        let average = try file.floats(#require(file.entry(named: "ema.conv1.weight")))
        for (report, values) in left {
            #expect(report.kept == ["fc.weight", "fc.bias"])
            #expect(values == average)
        }
    }

    @Test func weightsAloneCannotBeResumed() throws {
        let store = model().store
        let path = folder.file("weights.safetensors")
        let writer = try SafetensorsWriter(
            path: path,
            tensors: store.parameters.map { .init(name: $0.name, dtype: .f32, shape: $0.shape) },
            metadata: [:]
        )
        for parameter in store.parameters { try writer.write(store.read(parameter)) }
        try writer.finish()
        fails(65, "--weights") {
            _ = try ThreadRanks.run(2) { [run] communicator in
                try Trainer(
                    configuration: run.configuration,
                    communicator: communicator,
                    photos: run.photos,
                    run: run.run,
                    pool: ThreadPool(threads: 1)
                ).resume(from: path)
            }
        }
    }
}
