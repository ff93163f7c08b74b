public import Networks
public import Tensors

/// The settings of the network and of the weights that it starts from.
public struct NetworkSettings: SettingGroup {
    /// Title of the flags in `--help`.
    public static let title = "Network"

    /// Makes the definitions.
    public init() {}

    /// The network.
    public let model = Setting(
        "model",
        aliases: ["arch"],
        "The network",
        usual: Architecture.resnet18,
        resume: .fixed
    )

    /// Dropout rate where the network has dropout; nil = the network's own.
    public let dropout = Setting<Double?>(
        "dropout",
        aliases: ["drop"],
        "Dropout rate, where the network has dropout",
        check: .shareBelowOne
    )

    /// Rate of stochastic depth where the network has it; nil = the network's own.
    public let stochasticDepth = Setting<Double?>(
        "stochastic_depth",
        flag: "drop-path",
        aliases: ["stochastic-depth"],
        "Rate of stochastic depth of the last block, where the network has it",
        check: .shareBelowOne
    )

    /// File of weights to start from, safetensors or PyTorch's; nil = random weights.
    public let weights = Setting<String?>(
        "weights",
        aliases: ["initial-checkpoint"],
        "File of weights to start from, .safetensors or .pth (docs/weights.md)",
        check: .path,
        inCheckpoints: .always(nil)
    )

    /// Whether tensors of that file that the network has no place for are left out.
    public let ignoreSurplus = Setting(
        "ignore_surplus",
        "Leave out tensors of that file that the network has no place for",
        usual: false,
        inCheckpoints: .always(false)
    )

    /// What of the network keeps its weights; nil = nothing.
    public let freeze = Setting<Freezing?>(
        "freeze",
        "What keeps its weights, and is computed as in evaluation: trunk (all before the head), the first N layers "
            + "with weights, or none",
        none: Freezing.none,
        resume: .fixed
    )

    /// Views of each photo whose features are computed once, with a frozen trunk; nil = 1.
    public let views = Setting<Int?>(
        "views",
        "With --freeze trunk: random views of each photo that the trunk computes once; 1 = the photo as in evaluation, "
            + "0 = photos go through the trunk anew in each epoch (default: 1)",
        check: .within(0...1_000),
        resume: .fixed
    )

    /// Whether batch norms use their running statistics in training and keep them.
    public let freezeBatchNorm = Setting(
        "freeze_batch_norm",
        aliases: ["freeze-bn"],
        "Batch norms normalise by their running statistics in training too, and keep them; scale and shift are trained",
        usual: false
    )

    /// Which algorithms convolutions may use.
    public let convolution = Setting(
        "convolution",
        "Convolution algorithms: the fastest, or only those with the rounding error of plain fp32 sums",
        usual: ConvolutionMode.fast
    )

    /// Who multiplies matrices; nil in old runs = own kernels, and else what suits the processor.
    ///
    /// Checkpoints leave out our own kernels, as they did before there was a choice.
    public let blas = Setting<BLASEngine?>(
        "blas",
        "Who multiplies matrices: own kernels, or the system's CBLAS such as OpenBLAS, MKL or BLIS "
            + "(default: own with AVX2 or AVX-512, else system)",
        inCheckpoints: .shortened { $0 == .own ? nil : $0 }
    )
}

/// Which algorithms convolutions may use.
public enum ConvolutionMode: String, CaseIterable, SettingValue {
    /// The fastest for each layer: Winograd's F(4×4, 3×3) among them, whose rounding errors are about
    /// five times those of plain sums.
    case fast
    /// Those with the rounding errors of plain fp32 sums alone.
    case exact
}

extension BLASEngine: SettingValue {}

extension Freezing: SettingValue {
    /// `none`, `trunk` or a number of layers.
    public init?(text: String) {
        switch text {
        case "none": self = .none
        case "trunk": self = .trunk
        default:
            guard let count = Int(text), count >= 0 else { return nil }
            self = count == 0 ? .none : .layers(count)
        }
    }

    /// The value as a user would write it.
    public var text: String {
        switch self {
        case .none: "none"
        case .trunk: "trunk"
        case .layers(let count): "\(count)"
        }
    }

    /// What may be written, in words.
    public static var kind: String { "trunk, none or a number of layers" }

    /// Reads the text, or a number of layers.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text =
            try (try? container.decode(Int.self)).map { "\($0)" } ?? container.decode(String.self)
        guard let value = Freezing(text: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: Self.kind)
        }
        self = value
    }

    /// Writes the text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension TrainingConfiguration {
    /// The rate of dropout in training, 0 where the network has none.
    public var dropoutRate: Double { self.model.dropout(asked: self.dropout) }

    /// The rate of stochastic depth in training, 0 where the network has none.
    public var stochasticDepthRate: Double {
        // A frozen trunk is computed as in evaluation, and it has all the branches.
        freezing == .trunk ? 0 : self.model.stochasticDepth(asked: self.stochasticDepth)
    }

    /// What of the network keeps its weights.
    public var freezing: Freezing { self.freeze ?? .none }

    /// Views of each photo whose features are computed once; nil = none are, and photos go through the whole network.
    public var cachedViews: Int? {
        guard freezing == .trunk else { return nil }
        let views = self.views ?? 1
        return views > 0 ? views : nil
    }

    /// What a step goes through: the head alone where features are computed once.
    public var trainedPart: NetworkPart { cachedViews == nil ? .whole : .head }

    /// The network for `classes` landmarks.
    public func description(classes: Int) -> ModelDescription {
        ModelDescription(
            architecture: self.model,
            classes: classes,
            imageSize: self.imageSize,
            dropout: self.dropout,
            stochasticDepth: self.stochasticDepth
        )
    }
}
