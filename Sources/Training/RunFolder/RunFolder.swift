import Files
import Foundation

/// The folder of a run and the names in it.
///
///     config.json            the settings, usable as --config
///     photos.csv             which photos are learned from and which held out
///     classes.json           the landmarks that labels stand for
///     metrics.jsonl          a line for each step
///     evaluations.jsonl      a line for each evaluation
///     test.json              the test at the end, if the photos have a part for it
///     skipped.csv            photos that could not be read
///     features/              what a frozen trunk makes of the photos, if it is computed once
///     calibration.safetensors    which photos show none of the landmarks, once calibrate found it
///     embeddings/            those of the photos that are learned from, once something asked for them
///     checkpoints/step-00001234.safetensors
///     checkpoints/latest, checkpoints/best     relative symbolic links, or files with a name
///     lock.json              the process that trains in the folder, while it does
public struct RunFolder: Sendable, Equatable {
    /// The folder.
    public let path: String

    /// Names the folder; nothing is looked at or made.
    public init(_ path: String) {
        self.path = path
    }

    /// The settings of the run.
    public var config: String { path + "/config.json" }
    /// Which photos are learned from and which held out.
    public var photos: String { path + "/photos.csv" }
    /// The landmarks that labels stand for.
    public var classes: String { path + "/classes.json" }
    /// Figures of each step.
    public var metrics: String { path + "/metrics.jsonl" }
    /// Figures of each evaluation.
    public var evaluations: String { path + "/evaluations.jsonl" }
    /// The test of the finished network, where the photos have a part for it.
    public var test: String { path + "/test.json" }
    /// Photos that could not be read.
    public var skipped: String { path + "/skipped.csv" }
    /// Who trains in the folder.
    public var lock: String { path + "/lock.json" }
    /// The folder of features that are computed once.
    public var features: String { path + "/features" }
    /// Embeddings of the photos that are learned from.
    public var embeddings: String { path + "/embeddings/learned.safetensors" }
    /// What calibrate found.
    public var calibration: String { path + "/calibration.safetensors" }
    /// The folder of checkpoints.
    public var checkpoints: String { path + "/checkpoints" }

    /// The checkpoint after `step` steps, whether it is there or not.
    public func checkpoint(step: Int) -> String {
        checkpoints + "/" + RunFolder.name(step: step)
    }

    /// The checkpoint to go on from: the one that `latest` points at, or the one of the highest
    /// step where the link is missing or broken; nil = there is none.
    public var latest: String? {
        link("latest").target ?? steps.max().map { checkpoint(step: $0) }
    }

    /// The checkpoint that evaluated best; nil = none was evaluated or it is gone.
    ///
    /// Where the link is missing, as in a copy of a run, the newest checkpoint knows.
    public var best: String? { link("best").target ?? bestOnRecord }

    /// Whether a run was begun here.
    public var holdsRun: Bool {
        exists(config) || !steps.isEmpty
    }

    /// Steps of which there are checkpoints, in no order.
    public var steps: [Int] {
        let names = (try? FolderListing.names(in: checkpoints)) ?? []
        return names.compactMap { RunFolder.step(name: $0) }
    }

    /// The configuration in `config.json`.
    public func configuration() throws -> TrainingConfiguration {
        guard exists(config) else {
            throw TrainingError.files(
                "\(path) holds no run: there is no \(config); give the folder of a run"
            )
        }
        return try TrainingConfiguration.read(config, over: Recipe.landmark.configuration)
    }

    static func name(step: Int) -> String {
        let digits = String(step)
        return "step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
            + ".safetensors"
    }

    static func step(name: String) -> Int? {
        guard name.hasPrefix("step-"), name.hasSuffix(".safetensors") else { return nil }
        guard let step = Int(name.dropFirst(5).dropLast(12)), step >= 0 else { return nil }
        // One name for each step: those that look like it are not the run's.
        return RunFolder.name(step: step) == name ? step : nil
    }

    func link(_ name: String) -> CheckpointLink { CheckpointLink(folder: checkpoints, name: name) }
}
