import ArgumentParser
import Files
import Networks
import TensorFiles
import Training

/// `landmark-train export`.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write the weights of a checkpoint for other programs.",
        discussion: """
            The file holds weights and running statistics under torchvision's names and shapes, \
            the running average of weights where the run kept one, and in its header what photos \
            must be made into and which landmarks the classes are. In Python: \
            model.load_state_dict(safetensors.torch.load_file(FILE)).
            """
    )

    @OptionGroup var network: NetworkChoice

    @Option(help: ArgumentHelp("Safetensors file to write.", valueName: "file"))
    var torch: String

    func run() {
        World.launch(threads: network.machine.threads) { world in
            let loaded = try LoadedNetwork(network, world)
            try world.together {
                guard world.isRoot else { return }
                try write(loaded)
                try StandardOutput.print(torch)
            }
            return 0
        }
    }

    private func write(_ loaded: LoadedNetwork) throws {
        let store = loaded.model.store
        let counters = store.batchNorms.map { $0 + ".num_batches_tracked" }
        let file = try SafetensorsWriter(
            path: OutputFile.file(torch),
            tensors: store.parameters.map { .init(name: $0.name, dtype: .f32, shape: $0.shape) }
                + counters.map { .init(name: $0, dtype: .i64, shape: []) },
            metadata: ExportTexts.texts(
                loaded.facts.description,
                plans: loaded.facts.plans,
                classes: loaded.facts.areNamed ? loaded.facts.classes : nil,
                metadata: loaded.facts.metadata
            )
        )
        for parameter in store.parameters {
            try file.write(count: parameter.range.count) { write in
                try store.readPieces(parameter, write)
            }
        }
        for _ in counters { try file.write([Int64(loaded.facts.step)]) }
        try file.finish()
    }
}
