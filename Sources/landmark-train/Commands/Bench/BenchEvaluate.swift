import ArgumentParser
import Distributed
import Networks
import Reporting
import Tensors
import Training

/// `landmark-train bench evaluate`.
struct BenchEvaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract:
            "Measure inference on random photos, under mpirun on all ranks."
    )

    @Option(name: TrainingConfiguration.network.model.names, help: "The network.")
    var model = Architecture.resnet18

    @Option(
        name: TrainingConfiguration.course.batch.names,
        help: "Photos of a batch; each rank has its own."
    )
    var batch = 32

    @Option(
        name: TrainingConfiguration.photos.imageSize.names,
        help: "Side of the square photos."
    )
    var imageSize = 224

    @Option(help: "Number of classes.")
    var classes = 1020

    @Option(help: "Passes that are timed.")
    var repetitions = 10

    @Option(help: "Warm-up passes before them.")
    var warmup = 2

    @OptionGroup var engine: EngineFlag
    @OptionGroup var machine: MachineFlags
    @OptionGroup var output: BenchOutput

    func run() {
        World.launch(threads: machine.threads) { world in
            let description = ModelDescription(
                architecture: model,
                classes: classes,
                imageSize: imageSize
            )
            try world.together {
                try NumberFlag.require(batch, "--batch", NumberFlag.batch)
                try NumberFlag.require(imageSize, "--image-size", NumberFlag.side)
                try NumberFlag.require(classes, "--classes", 1...10_000_000)
                try NumberFlag.require(repetitions, "--repetitions", NumberFlag.repetitions)
                try NumberFlag.require(warmup, "--warmup", 0...1_000_000)
                try description.check()
            }
            try world.use(engine.blas)
            try MemoryCheck.require(
                MemoryNeed.evaluation(
                    description,
                    batch: batch,
                    ranksOnNode: world.topology.ranksOnNode,
                    pool: world.pool
                ),
                world,
                advice: "use a smaller --batch, --image-size or --classes"
            )
            let result = try EvaluationBenchmark(
                description,
                batch: batch,
                repetitions: repetitions,
                warmup: warmup,
                communicator: world.communicator,
                pool: world.pool
            )
            try output.print(result, world) { lines(result, world) }
            return 0
        }
    }

    private func lines(_ result: EvaluationBenchmark, _ world: World) -> [String] {
        let rows = [
            ["", "min", "median", "max"],
            ["images/s"] + result.imagesPerSecond.cells(decimals: 2),
            ["pass ms"] + result.pass.cells(times: 1000, decimals: 1),
        ]
        return [
            "\(result.model.rawValue), evaluation, batch \(result.batch) a rank, "
                + "\(result.imageSize)×\(result.imageSize)",
            world.machine,
            "",
        ] + TextTable(rows).lines + [
            "",
            BenchOutput.effective(result.gigaflops, result.peakGigaflops),
            "memory    \(Figures.bytes(result.peakMemory)) at most a rank",
        ]
    }
}
