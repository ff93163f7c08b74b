import ArgumentParser
import Networks
import Training

/// Flags about the network.
struct NetworkFlags: ParsableArguments {
    @Option(help: "The network.")
    var model: Architecture?

    @Option(help: "Dropout rate, where the network has dropout.")
    var dropout: Double?

    @Option(help: "Safetensors file with torchvision's names to start from.")
    var weights: String?

    func apply(to configuration: inout TrainingConfiguration) {
        if let model { configuration.model = model }
        if let dropout { configuration.dropout = dropout }
        if let weights { configuration.weights = weights }
    }
}
