import Distributed
import Foundation
import Images
import Synchronization
import Tensors
import TestSupport
import Training

extension TrainingConfiguration {
    /// A short run of the small network on photos of 32 pixels.
    static func quick(
        batch: Int = 12,
        slices: Int = 4,
        steps: Int? = nil,
        change: (inout TrainingConfiguration) -> Void = { _ in }
    ) -> TrainingConfiguration {
        var configuration = Recipe.demo.configuration
        configuration.imageSize = 32
        configuration.batch = batch
        configuration.slices = slices
        configuration.referenceBatch = nil
        configuration.learningRate = 0.05
        configuration.epochs = 2
        configuration.steps = steps
        configuration.warmupEpochs = 0
        configuration.dropLast = false
        configuration.evaluateEvery = 0
        change(&configuration)
        return configuration
    }
}

/// A run in a folder of its own.
struct TestRun: Sendable {
    let folder: TemporaryFolder
    let configuration: TrainingConfiguration
    let photos: TrainingSet

    init(_ configuration: TrainingConfiguration, _ photos: TrainingSet) throws {
        folder = try TemporaryFolder()
        self.configuration = configuration
        self.photos = photos
    }

    var run: RunFolder { RunFolder(folder.file("run")) }

    /// Trains on `ranks` ranks; a folder that holds a run is resumed.
    ///
    /// - Returns: what rank 0 reported.
    @discardableResult
    func train(
        ranks: Int,
        threads: Int = 1,
        nodes: [Int]? = nil,
        with changed: TrainingConfiguration? = nil
    ) throws -> [TrainingEvent] {
        let configuration = changed ?? configuration
        let resumes = run.holdsRun
        if !resumes { try run.create(configuration) }
        let events = Events()
        _ = try ThreadRanks.run(ranks, nodes: nodes) { [run, photos] communicator in
            let trainer = try Trainer(
                configuration: configuration,
                communicator: communicator,
                photos: photos,
                run: run,
                pool: ThreadPool(threads: threads),
                report: { events.add($0) }
            )
            if resumes { try trainer.resume(from: run.path) }
            return try trainer.train()
        }
        return events.all
    }

    /// The bytes of the checkpoint after `step` steps.
    func checkpoint(_ step: Int) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: run.checkpoint(step: step))))
    }

    /// The lines of a file of the run.
    func lines(_ path: String) throws -> [String] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }
}

/// Events gathered from whatever thread reports them.
final class Events: Sendable {
    private let events = Mutex<[TrainingEvent]>([])

    var all: [TrainingEvent] { events.withLock { $0 } }

    func add(_ event: TrainingEvent) { events.withLock { $0.append(event) } }
}
