import Files
import Foundation

/// The folder of a run and the names in it.
///
///     config.json            the settings, usable as --config
///     metrics.jsonl          a line for each step
///     evaluations.jsonl      a line for each evaluation
///     skipped.csv            photos that could not be read
///     checkpoints/step-00001234.safetensors
///     checkpoints/latest, checkpoints/best     relative symbolic links
public struct RunFolder: Sendable, Equatable {
    /// The folder.
    public let path: String

    /// Names the folder; nothing is looked at or made.
    public init(_ path: String) {
        self.path = path
    }

    /// The settings of the run.
    public var config: String { path + "/config.json" }
    /// Figures of each step.
    public var metrics: String { path + "/metrics.jsonl" }
    /// Figures of each evaluation.
    public var evaluations: String { path + "/evaluations.jsonl" }
    /// Photos that could not be read.
    public var skipped: String { path + "/skipped.csv" }
    /// The folder of checkpoints.
    public var checkpoints: String { path + "/checkpoints" }

    /// The checkpoint after `step` steps, whether it is there or not.
    public func checkpoint(step: Int) -> String {
        checkpoints + "/" + RunFolder.name(step: step)
    }

    /// The checkpoint to go on from: the one that `latest` points at, or the one of the highest
    /// step where the link is missing or broken; nil = there is none.
    public var latest: String? {
        target(of: "latest") ?? steps.max().map { checkpoint(step: $0) }
    }

    /// The checkpoint that evaluated best; nil = none was evaluated or it is gone.
    public var best: String? { target(of: "best") }

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
        return Int(name.dropFirst(5).dropLast(12))
    }

    private func target(of link: String) -> String? {
        guard let name = Path.linkTarget(of: checkpoints + "/" + link) else { return nil }
        let target = name.hasPrefix("/") ? name : checkpoints + "/" + name
        return exists(target) ? target : nil
    }
}
