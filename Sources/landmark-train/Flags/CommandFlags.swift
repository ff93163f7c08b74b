public import ArgumentParser
public import Networks
public import Tensors
public import Training

/// Which trained network a command uses, and on which threads.
struct NetworkChoice: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Run folder (its best checkpoint), checkpoint, or file of weights, .safetensors or .pth.",
            valueName: "checkpoint"
        )
    )
    var checkpoint: String

    @Flag(help: "Take the latest checkpoint of a run folder instead of the best.")
    var latest = false

    @Option(
        name: TrainingConfiguration.network.model.names,
        help: "The network, for a file that does not say it and whose tensors do not tell."
    )
    var model: Architecture?

    @Option(
        name: TrainingConfiguration.photos.imageSize.names,
        help:
            "Side of the square input (default: what the file says, else the network's usual, as 224)."
    )
    var imageSize: Int?

    @Option(help: "How a photo becomes that square (default: what the file says, else crop).")
    var preprocessing: Preprocessing?

    @Option(
        help:
            "Mean of red, green and blue in [0, 1], as 0.485,0.456,0.406 (default: what the file says, else the network's usual)."
    )
    var mean: ChannelValues?

    @Option(help: "Standard deviation of the three (default: likewise).")
    var std: ChannelValues?

    @Option(
        name: TrainingConfiguration.photos.cropFraction.names,
        help: "Share of the short side that the centre crop keeps (default: likewise)."
    )
    var cropFraction: Double?

    @Flag(help: "Leave out tensors of the file that the network has no place for.")
    var ignoreSurplus = false

    @Option(
        name: TrainingConfiguration.course.batch.names,
        help: "Photos of one batch; a larger one needs more memory."
    )
    var batch = 32

    @Option(help: "Algorithms of convolutions: the fastest, or plain fp32 sums alone.")
    var convolution: ConvolutionMode?

    @OptionGroup var engine: EngineFlag
    @OptionGroup var machine: MachineFlags

    /// Throws where a number is out of range.
    func check() throws {
        try NumberFlag.require(batch, "--batch", NumberFlag.batch)
        if let imageSize { try NumberFlag.require(imageSize, "--image-size", NumberFlag.side) }
    }

    /// How photos shall be prepared, as far as flags say it; throws where a number is out of range.
    func wishes() throws -> SettledPhotos.Wishes {
        var wishes = SettledPhotos.Wishes()
        wishes.imageSize = imageSize
        wishes.preprocessing = preprocessing
        wishes.mean = mean
        wishes.deviation = std
        wishes.cropFraction = cropFraction
        var settings = Recipe.landmark.configuration
        (settings.mean, settings.deviation) = (mean, std)
        settings.cropFraction = cropFraction
        let photos = TrainingConfiguration.photos
        try photos.mean.check(settings)
        try photos.deviation.check(settings)
        try photos.cropFraction.check(settings)
        return wishes
    }
}

/// Flags about the machine; they change no result.
struct MachineFlags: ParsableArguments {
    @Option(help: "Threads of each rank (default: its share of the allowed cores).")
    var threads: Int?

    /// Throws where the number is not one of threads that any node can have.
    static func check(_ threads: Int) throws {
        try NumberFlag.require(threads, "--threads", 1...4096)
    }
}

/// The flag of commands that run networks; it changes the rounding of what they compute.
struct EngineFlag: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Who multiplies matrices: own kernels, or the system's CBLAS such as OpenBLAS, MKL or BLIS "
                + "(default: own with AVX2 or AVX-512, else system).",
            valueName: "own|system"
        )
    )
    var blas: BLASEngine?
}

/// Numbers that a command was given, checked before they are used.
enum NumberFlag {
    /// Photos of a batch, and pixels of a side.
    static let batch = 1...TrainingConfiguration.largestBatch
    static let side = 1...4096
    static let repetitions = 1...1_000_000
    /// Neighbours of a photo.
    static let neighbours = 1...10_000

    /// Throws where the number is outside `range`.
    static func require(_ number: Int, _ flag: String, _ range: ClosedRange<Int>) throws {
        guard number < range.lowerBound || number > range.upperBound else { return }
        throw TrainingError.usage(
            number < range.lowerBound
                ? "\(flag) is \(number); give at least \(range.lowerBound)"
                : "\(flag) is \(number); at most \(range.upperBound) is possible"
        )
    }
}

extension Recipe: ExpressibleByArgument {
    /// The recipe of that name, also without a dash between its words.
    public init?(argument: String) {
        let plain = argument.filter { $0 != "-" && $0 != "_" }
        let known = Recipe.allCases.first { $0.rawValue.filter { $0 != "-" } == plain }
        guard let known else { return nil }
        self = known
    }
}
extension Architecture: ExpressibleByArgument {}
extension Preprocessing: ExpressibleByArgument {}
extension ChannelValues: ExpressibleByArgument {
    /// The numbers of a flag.
    public init?(argument: String) { self.init(text: argument) }
}
extension OptimizerKind: ExpressibleByArgument {}
extension ClassifierKind: ExpressibleByArgument {}
extension ConvolutionMode: ExpressibleByArgument {}
extension BLASEngine: ExpressibleByArgument {}
