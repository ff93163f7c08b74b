import ArgumentParser
import Distributed
import Files
import Foundation
import Networks
import Training

/// `landmark-train [train]`.
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a network on photos, on built-in landmarks where no --data is given.",
        discussion: """
            A run starts from a recipe; --config and then flags override it. What it computes is \
            printed, stored in RUN/config.json and can be given again as --config. SIGTERM, \
            SIGINT or SIGUSR1 end it after the step at hand with a checkpoint (exit code 75); \
            --resume RUN goes on at that very step, on any number of ranks up to --slices.
            """
    )

    @Option(help: "Settings to start from (default: landmark with --data, else demo).")
    var recipe: Recipe?

    @Option(
        help: ArgumentHelp(
            "JSON file of settings, such as the config.json of a run.",
            valueName: "file"
        )
    )
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Run folder to go on with, from its latest checkpoint.",
            valueName: "run"
        )
    )
    var resume: String?

    @OptionGroup(title: "Photos") var photos: PhotoFlags
    @OptionGroup(title: "Network") var network: NetworkFlags
    @OptionGroup(title: "Optimisation") var optimisation: OptimisationFlags
    @OptionGroup(title: "Course and keeping") var course: CourseFlags
    @OptionGroup(title: "Machine") var machine: MachineFlags

    @Option(help: ArgumentHelp("File for a trace of rank 0, for Perfetto.", valueName: "file"))
    var trace: String?

    @Flag(help: "Print the settings and what a rank needs, and stop.")
    var dryRun = false

    func run() {
        // Before any thread is started: threads inherit which signals are blocked.
        let signals = StopSignals()
        World.launch(threads: machine.threads) { world in
            let settings = try world.fromRoot(TrainingConfiguration.self) { try settle(world) }
            let session = try TrainingSession(
                settings,
                world,
                resumes: resume != nil,
                trace: trace,
                signals: signals
            )
            guard dryRun else { return try session.run() }
            if world.isRoot { print(String(decoding: try settings.json(), as: UTF8.self)) }
            return 0
        }
    }

    /// The settings of this launch, decided by rank 0.
    private func settle(_ world: World) throws -> TrainingConfiguration {
        var settings = try start()
        photos.apply(to: &settings)
        network.apply(to: &settings)
        optimisation.apply(to: &settings)
        course.apply(to: &settings)
        // Where a run is gone on with from another folder, its photos must still be found.
        settings.data = settings.data.map(Path.absolute)
        settings.weights = settings.weights.map(Path.absolute)
        if settings.slices == nil { settings.slices = world.communicator.size }
        try settings.check(ranks: world.communicator.size)
        guard resume == nil else { return settings }
        let output = settings.output ?? Train.newFolder(settings)
        settings.output = output
        guard !RunFolder(output).holdsRun || dryRun else {
            throw TrainingError.usage(
                "\(output) already holds a run; go on with it by --resume \(output) "
                    + "or choose another --output"
            )
        }
        return settings
    }

    private func start() throws -> TrainingConfiguration {
        guard let resume else {
            let chosen = recipe ?? (photos.data == nil && config == nil ? .demo : .landmark)
            guard let config else { return chosen.configuration }
            return try TrainingConfiguration.read(config, over: chosen.configuration)
        }
        guard recipe == nil, config == nil, course.output == nil else {
            throw TrainingError.usage(
                "--resume takes the settings and the folder of the run; "
                    + "leave out --recipe, --config and --output"
            )
        }
        var settings = try RunFolder(resume).configuration()
        settings.output = resume
        return settings
    }

    private static func newFolder(_ settings: TrainingConfiguration) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.dateFormat = "yyyyMMdd-HHmmss"
        return "runs/\(format.string(from: Date()))-\(settings.model.rawValue)"
    }
}
