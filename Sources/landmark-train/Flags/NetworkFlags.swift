import ArgumentParser
import Networks
import Training

/// Flags about the network.
struct NetworkFlags: ParsableArguments {
    @Option(help: "The network.")
    var model: Architecture?

    @Option(help: "Dropout rate, where the network has dropout.")
    var dropout: Double?

    @Option(help: "File of weights to start from, .safetensors or .pth (docs/weights.md).")
    var weights: String?

    @Flag(help: "Leave out tensors of that file that the network has no place for.")
    var ignoreSurplus = false

    @Option(help: "Algorithms of convolutions: the fastest, or plain fp32 sums alone.")
    var convolution: ConvolutionMode?

    func apply(to configuration: inout TrainingConfiguration) {
        if let model { configuration.model = model }
        if let dropout { configuration.dropout = dropout }
        if let weights { configuration.weights = weights }
        if ignoreSurplus { configuration.ignoreSurplus = true }
        if let convolution { configuration.convolution = convolution }
    }
}
