/// The settings of a run's course, and of what it keeps and evaluates on the way.
public struct CourseSettings: SettingGroup {
    /// Title of the flags in `--help`.
    public static let title = "Course and keeping"

    /// Makes the definitions.
    public init() {}

    /// Photos of one step, over all ranks.
    public let batch = Setting(
        "batch",
        aliases: ["batch-size", "b"],
        "Photos of one step over all ranks together (timm and torchvision count those of one process)",
        usual: 64,
        check: .within(1...TrainingConfiguration.largestBatch),
        resume: .fixed
    )

    /// Logical ranks that the batch is cut into; nil = the ranks of the first launch.
    public let slices = Setting<Int?>(
        "slices",
        "Slices of the batch, which fix the result on any number of ranks up to this (default: the number "
            + "of ranks)",
        check: .within(1...TrainingConfiguration.largestBatch),
        resume: .fixedAs { $0?.text ?? "the number of ranks" }
    )

    /// Passes over the photos.
    public let epochs = Setting(
        "epochs",
        "Passes over the training photos",
        usual: 30,
        check: .within(1...1_000_000)
    )

    /// Steps in all; nil = as many as the epochs have.
    public let steps = Setting<Int?>(
        "steps",
        "Steps in all, instead of whole epochs",
        check: .within(1...1_000_000_000_000)
    )

    /// Steps that the epochs are raised to have; nil = they stay.
    public let minimumSteps = Setting<Int?>(
        "min_steps",
        "Least number of steps: epochs are raised until the run has that many, where neither --epochs nor "
            + "--steps is given, or this is; 0 = never",
        none: 0,
        check: .within(1...1_000_000_000_000)
    )

    /// Leave out the last, smaller batch of each epoch that has a full one.
    public let dropLast = Setting(
        "drop_last",
        "Drop the last, smaller batch of each epoch",
        usual: false,
        resume: .fixed
    )

    /// Seed of all random numbers.
    public let seed = Setting<UInt64>(
        "seed",
        "Random seed",
        usual: 1,
        resume: .fixed
    )

    /// Run folder; nil = `runs/<time>-<model>`.
    public let output = Setting<String?>(
        "output",
        aliases: ["o", "output-dir"],
        "Run folder (default: runs/TIME-MODEL)",
        check: .path,
        inCheckpoints: .always(nil)
    )

    /// Steps between checkpoints, besides the one that ends each epoch; nil = none besides.
    public let checkpointEvery = Setting<Int?>(
        "checkpoint_every",
        "Steps between checkpoints, in addition to the one at the end of each epoch; 0 = none",
        none: 0,
        check: .within(1...1_000_000_000_000),
        inCheckpoints: .always(nil)
    )

    /// Minutes after which a checkpoint is written besides; 0 = the clock asks for none.
    public let checkpointMinutes = Setting(
        "checkpoint_minutes",
        "Minutes between checkpoints, in addition to those; 0 = none",
        usual: 10.0,
        check: .zeroOrMore,
        inCheckpoints: .always(0)
    )

    /// Checkpoints kept besides the latest and the best.
    public let keep = Setting(
        "keep",
        "Checkpoints to keep besides the latest and the best",
        usual: 2,
        check: .within(0...1_000_000),
        inCheckpoints: .always(0)
    )

    /// Epochs between evaluations; 0 = only at the end.
    public let evaluateEvery = Setting(
        "evaluate_every",
        "Epochs between evaluations; 0 = only at the end",
        usual: 1,
        check: .within(0...1_000_000)
    )

    /// Most photos of an evaluation in the course of a run, whose end takes all; 0 = all.
    ///
    /// Of 10,000 the standard error of a share is at most half a per cent.
    public let evaluateAtMost = Setting(
        "evaluate_at_most",
        "Largest number of photos of an evaluation during the run; the last takes all; 0 = all",
        usual: 10_000,
        check: .within(0...1_000_000_000_000)
    )
}
