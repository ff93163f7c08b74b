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
            A file for PyTorch holds weights and running statistics under torchvision's names and \
            shapes. In Python: model.load_state_dict(safetensors.torch.load_file(FILE)). A file for \
            ONNX holds the whole network, from photos [N, 3, S, S] to logits, for ONNX Runtime, \
            OpenVINO and others; docs/onnx.md shows how to use it. Both take the running average of \
            weights where the run kept one, and say what photos must be made into and which \
            landmarks the classes are.
            """
    )

    @OptionGroup var network: NetworkChoice

    @Option(help: ArgumentHelp("Safetensors file to write, for PyTorch.", valueName: "file"))
    var torch: String?

    @Option(
        help: ArgumentHelp(
            "ONNX model to write; weights of 2 GB and more go to a second file, FILE.data.",
            valueName: "file"
        )
    )
    var onnx: String?

    @Flag(help: "With --onnx: leave batch norms as they are, not folded into convolutions.")
    var keepBatchNorms = false

    @Flag(help: "With --onnx: write weights to FILE.data also where one file would do.")
    var externalData = false

    func run() {
        World.launch(threads: network.machine.threads) { world in
            try world.together { try check() }
            let loaded = try LoadedNetwork(network, world)
            try world.together {
                guard world.isRoot else { return }
                if let torch {
                    try write(loaded, torch: torch)
                    try StandardOutput.print(torch)
                }
                if let onnx {
                    for path in try write(loaded, onnx: onnx) { try StandardOutput.print(path) }
                }
            }
            return 0
        }
    }

    /// Throws where flags do not fit one another.
    private func check() throws {
        guard torch != nil || onnx != nil else {
            throw TrainingError.usage("name a file to write, with --torch, --onnx or both")
        }
        for (flag, isGiven) in [
            ("--keep-batch-norms", keepBatchNorms), ("--external-data", externalData),
        ] where isGiven && onnx == nil {
            throw TrainingError.usage("\(flag) is for ONNX; name the file to write with --onnx")
        }
        guard let torch, let onnx else { return }
        guard ![onnx, onnx + ".data"].map(Path.absolute).contains(Path.absolute(torch)) else {
            throw TrainingError.usage("--torch and --onnx would write the same file; name two")
        }
    }

    private func write(_ loaded: LoadedNetwork, torch: String) throws {
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

    /// Writes the model and returns its files.
    private func write(_ loaded: LoadedNetwork, onnx: String) throws -> [String] {
        let facts = loaded.facts
        if !facts.areNamed {
            Ending.say("the landmarks are not known, so that \(onnx.shown) does not name them")
        }
        return try ONNXExport(
            loaded.model,
            foldsNorms: !keepBatchNorms,
            plans: facts.plans,
            classes: facts.areNamed ? facts.classes : nil,
            step: facts.metadata?.step,
            version: LandmarkTrain.configuration.version
        )
        .write(to: OutputFile.file(onnx), limit: externalData ? 0 : ONNXWriter.largestFile)
    }
}
