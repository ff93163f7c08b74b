import ArgumentParser
import Training

/// Flags about the course of a run and what it keeps.
struct CourseFlags: ParsableArguments {
    @Option(help: "Photos of one step, over all ranks.")
    var batch: Int?

    @Option(help: "Parts of the batch that are computed apart; fixes the result, default: ranks.")
    var slices: Int?

    @Option(help: "Passes over the photos.")
    var epochs: Int?

    @Option(help: "Steps in all, instead of whole epochs.")
    var steps: Int?

    @Flag(inversion: .prefixedNo, help: "Leave out the last, smaller batch of each epoch.")
    var dropLast: Bool?

    @Option(help: "Seed of all random numbers.")
    var seed: UInt64?

    @Option(name: [.short, .long], help: "Run folder (default: runs/TIME-MODEL).")
    var output: String?

    @Option(help: "Steps between checkpoints, besides the one that ends each epoch; 0 = none.")
    var checkpointEvery: Int?

    @Option(help: "Minutes after which a checkpoint is written besides; 0 = none (default: 10).")
    var checkpointMinutes: Double?

    @Option(help: "Checkpoints kept besides the latest and the best.")
    var keep: Int?

    @Option(help: "Epochs between evaluations; 0 = only at the end.")
    var evaluateEvery: Int?

    @Option(
        help:
            "Most photos of an evaluation but the last, which takes all; 0 = all (default: 10000)."
    )
    var evaluateAtMost: Int?

    func apply(to configuration: inout TrainingConfiguration) {
        if let batch { configuration.batch = batch }
        if let slices { configuration.slices = slices }
        if let epochs { configuration.epochs = epochs }
        if let steps { configuration.steps = steps }
        if let dropLast { configuration.dropLast = dropLast }
        if let seed { configuration.seed = seed }
        if let output { configuration.output = output }
        if let checkpointEvery {
            configuration.checkpointEvery = checkpointEvery == 0 ? nil : checkpointEvery
        }
        if let checkpointMinutes { configuration.checkpointMinutes = checkpointMinutes }
        if let evaluateAtMost { configuration.evaluateAtMost = evaluateAtMost }
        if let keep { configuration.keep = keep }
        if let evaluateEvery { configuration.evaluateEvery = evaluateEvery }
    }
}
