import ArgumentParser
import Distributed
import Files
import Foundation
import Networks
import Tensors
import Training

/// `landmark-train [train]`.
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train a network on photos, on built-in landmarks where no --data is given.",
        discussion: """
            A run starts from a recipe; --config and then flags override it. What it computes is \
            printed, stored in RUN/config.json and can be given again as --config. \
            `landmark-train stop RUN`, SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2 or SIGXCPU end it \
            at once with a checkpoint of the last step (exit code 75); --resume RUN goes on at that \
            very step, on any number of ranks up to --slices.
            """
    )

    @Flag(
        name: .customLong("no-aug"),
        help: "No random change of photos in training, whatever the other flags say."
    )
    var withoutAugmentation = false

    @Option(
        help:
            "Recipe to start from (default: fine-tune with --weights, landmark with --data, else demo)."
    )
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
            "Run folder to go on with, from its latest checkpoint, or a checkpoint in one.",
            valueName: "run"
        )
    )
    var resume: String?

    @Flag(help: "Take over the run folder from a process on a machine that is gone for good.")
    var takeOver = false

    @OptionGroup(title: PhotoSettings.title) var photos: SettingFlags<PhotoSettings>
    @OptionGroup(title: NetworkSettings.title) var network: SettingFlags<NetworkSettings>
    @OptionGroup(title: OptimisationSettings.title)
    var optimisation: SettingFlags<OptimisationSettings>
    @OptionGroup(title: CourseSettings.title) var course: SettingFlags<CourseSettings>
    @OptionGroup(title: "Machine") var machine: MachineFlags

    @Option(help: ArgumentHelp("File for a trace of rank 0, for Perfetto.", valueName: "file"))
    var trace: String?

    @Flag(
        help:
            "Print the settings, the memory of a rank and an estimate of the time, and write nothing."
    )
    var dryRun = false

    func run() {
        // Before any thread is started: threads inherit which signals are blocked.
        let signals = StopSignals()
        World.launch(threads: machine.threads) { world in
            let launch = try world.fromRoot(Launch.self) { try configure(world) }
            let settings = launch.settings
            try world.use(settings.blas)
            let lock = try world.together { try lockFolder(settings, world, signals) }
            defer { lock?.release() }
            let session = try TrainingSession(
                launch,
                world,
                resume: resume,
                trace: trace,
                signals: signals,
                lock: lock,
                isRehearsal: dryRun
            )
            guard dryRun else { return try session.run() }
            try session.rehearse()
            try world.together {
                guard world.isRoot else { return }
                let text = String(decoding: try session.settings.json(), as: UTF8.self)
                try StandardOutput.write(text + "\n")
            }
            return 0
        }
    }

    /// The settings of this launch, decided by rank 0.
    private func configure(_ world: World) throws -> Launch {
        var (settings, given) = try resume.map(resumed) ?? begun()
        if withoutAugmentation { settings.augmentation = .none }
        if resume == nil { try adoptWeights(&settings, given) }
        settings.respectCourse(given)
        // Where a run is gone on with from another folder, its photos must still be found.
        settings.data = settings.data.map(Path.absolute)
        settings.weights = settings.weights.map(Path.absolute)
        if settings.slices == nil { settings.slices = world.communicator.size }
        if settings.blas == nil {
            // Runs that do not say were begun with our own kernels.
            settings.blas = resume == nil ? .preferred(for: world.pool.instructions) : .own
        }
        try settings.check(ranks: world.communicator.size)
        guard resume == nil else { return Launch(settings: settings, given: given) }
        let output = settings.output ?? Train.newFolder(settings)
        settings.output = output
        guard !RunFolder(output).holdsRun || dryRun else {
            throw TrainingError.usage(
                "\(output) already holds a run; go on with it by --resume \(output) "
                    + "or choose another --output"
            )
        }
        return Launch(settings: settings, given: given)
    }

    /// Makes the changes that flags ask for.
    private func applyFlags(to settings: inout TrainingConfiguration) {
        photos.apply(to: &settings)
        network.apply(to: &settings)
        optimisation.apply(to: &settings)
        course.apply(to: &settings)
    }

    /// The right to write in the run folder, for rank 0 of a run that writes.
    private func lockFolder(
        _ settings: TrainingConfiguration,
        _ world: World,
        _ signals: StopSignals
    ) throws -> RunLock? {
        guard world.isRoot, !dryRun else { return nil }
        return try RunLock.take(
            RunFolder(settings.output ?? ""),
            takingOver: takeOver,
            say: Ending.say,
            asked: { signals.request(StopSignals.asked) }
        )
    }

    /// The settings of a new run and the keys of those that a file or flags give.
    private func begun() throws -> (TrainingConfiguration, Set<String>) {
        let file = try config.map(SettingsFile.read)
        func changed(_ recipe: Recipe) -> TrainingConfiguration {
            recipe.configuration {
                file?.apply(to: &$0)
                applyFlags(to: &$0)
            }
        }
        let given = photos.keys.union(network.keys).union(optimisation.keys).union(course.keys)
            .union(file?.keys ?? [])
        let asked = changed(.landmark)
        let usual: Recipe =
            asked.weights != nil
            ? .fineTune : asked.data == nil && config == nil ? .demo : .landmark
        return (changed(file?.recipe ?? recipe ?? usual), given)
    }

    /// The settings of a run that is gone on with, and the keys of those that flags give.
    private func resumed(_ resume: String) throws -> (TrainingConfiguration, Set<String>) {
        guard recipe == nil, config == nil, !course.gives(\.output) else {
            throw TrainingError.usage(
                "--resume takes the settings and the folder of the run; "
                    + "leave out --recipe, --config and --output"
            )
        }
        let run = RunFolder.containing(resume)?.run ?? RunFolder(resume)
        guard !exists(resume) || isFolder(resume) || run.path != resume else {
            throw TrainingError.usage(
                "\(resume) lies in no run folder; start a new run from it with --weights"
            )
        }
        var settings = try run.configuration()
        settings.output = run.path
        applyFlags(to: &settings)
        return (
            settings, photos.keys.union(network.keys).union(optimisation.keys).union(course.keys)
        )
    }

    /// Takes the network and the way from photo to input of the file of weights that a new run starts from,
    /// where nothing else was asked for.
    private func adoptWeights(
        _ settings: inout TrainingConfiguration,
        _ given: Set<String>
    ) throws {
        guard let weights = settings.weights else { return }
        let file = try CheckpointFile(weights)
        let definitions = TrainingConfiguration.photos
        func wish<T>(_ setting: Setting<T>) -> T? {
            given.contains(setting.key) ? settings[setting] : nil
        }
        var wishes = SettledPhotos.Wishes()
        wishes.imageSize = wish(definitions.imageSize)
        wishes.preprocessing = wish(definitions.preprocessing)
        wishes.mean = wish(definitions.mean) ?? nil
        wishes.deviation = wish(definitions.deviation) ?? nil
        wishes.cropFraction = wish(definitions.cropFraction) ?? nil
        var (notes, taken): ([String], [String]) = ([], [])
        // Whether a network that was asked for fits is seen when the tensors are read.
        if !given.contains(TrainingConfiguration.network.model.key) {
            settings.model = try file.network(
                asked: nil,
                imageSize: wishes.imageSize,
                ignoreSurplus: settings.ignoreSurplus,
                &notes
            )
            taken.append(settings.model.rawValue)
        }
        let photos = SettledPhotos(wishes, file, settings.model)
        settings.take(photos)
        taken += photos.taken
        notes += photos.notes
        if !taken.isEmpty {
            notes.append("taken from \(weights.shown): \(taken.joined(separator: ", "))")
        }
        notes.forEach(Ending.say)
    }

    private static func newFolder(_ settings: TrainingConfiguration) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.dateFormat = "yyyyMMdd-HHmmss"
        return "runs/\(format.string(from: Date()))-\(settings.model.rawValue)"
    }
}

/// What rank 0 decided for a launch.
struct Launch: Codable {
    /// The settings, as far as they do not depend on the number of photos.
    var settings: TrainingConfiguration
    /// The keys of those that a file or flags give.
    var given: Set<String>
}
