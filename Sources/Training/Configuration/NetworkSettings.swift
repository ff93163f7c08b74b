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

extension TrainingConfiguration {
    /// The rate of dropout in training, 0 where the network has none.
    public var dropoutRate: Double { self.model.dropout(asked: self.dropout) }

    /// The rate of stochastic depth in training, 0 where the network has none.
    public var stochasticDepthRate: Double {
        self.model.stochasticDepth(asked: self.stochasticDepth)
    }

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
