import ArgumentParser
import Networks
import Training

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

    @Option(help: "The network, for a file that does not say it and whose tensors do not tell.")
    var model: Architecture?

    @Option(help: "Side of the square input (default: what the file says, else 224).")
    var imageSize: Int?

    @Option(help: "How a photo becomes that square (default: what the file says, else crop).")
    var preprocessing: Preprocessing?

    @Flag(help: "Leave out tensors of the file that the network has no place for.")
    var ignoreSurplus = false

    @Option(help: "Photos of one batch; a larger one needs more memory.")
    var batch = 32

    @Option(help: "Algorithms of convolutions: the fastest, or plain fp32 sums alone.")
    var convolution: ConvolutionMode?

    @OptionGroup var engine: EngineFlag
    @OptionGroup var machine: MachineFlags

    /// Refuses numbers that cannot be.
    func check() throws {
        try NumberFlag.require(batch, "--batch", NumberFlag.batch)
        if let imageSize { try NumberFlag.require(imageSize, "--image-size", NumberFlag.side) }
    }
}
