import ArgumentParser
import Networks
import Training

/// Which trained network a command uses, and on which threads.
struct NetworkChoice: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Run folder (its best checkpoint), checkpoint, or torchvision's weights as safetensors.",
            valueName: "checkpoint"
        )
    )
    var checkpoint: String

    @Flag(help: "Take the latest checkpoint of a run folder instead of the best.")
    var latest = false

    @Option(help: "The network, for a file that holds weights alone.")
    var model: Architecture?

    @Option(help: "Side of the square input, for a file that holds weights alone (default: 224).")
    var imageSize: Int?

    @Option(help: "Photos of one batch; a larger one needs more memory.")
    var batch = 32

    @Option(help: "Algorithms of convolutions: the fastest, or plain fp32 sums alone.")
    var convolution: ConvolutionMode?

    @OptionGroup var machine: MachineFlags
}
