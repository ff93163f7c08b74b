import ArgumentParser
import Distributed
import Networks
import Reporting
import Tensors
import Training

/// `landmark-train bench step`.
struct BenchStep: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step",
        abstract: "Measure training steps on random photos, under mpirun on all ranks.",
        discussion: """
            A step is what a run does, but for the loading of photos: forward, loss, backward, \
            exchange, update. Effective GFLOP/s count six operations for each multiply-add of a \
            photo's forward pass, whatever the algorithms save.
            """
    )

    @Option(name: TrainingConfiguration.network.model.names, help: "The network.")
    var model = Architecture.resnet18

    @Option(
        name: TrainingConfiguration.course.batch.names,
        help: "Photos of a step, over all ranks."
    )
    var batch = 32

    @Option(
        name: TrainingConfiguration.photos.imageSize.names,
        help: "Side of the square photos."
    )
    var imageSize = 224

    @Option(help: "Number of classes.")
    var classes = 1020

    @Option(name: TrainingConfiguration.optimisation.optimizer.names, help: "The update rule.")
    var optimizer = OptimizerKind.sgd

    @Option(help: "Momentum of the update rule (default: 0.9 with sgd, else 0).")
    var momentum: Double?

    @Option(help: "Slices of the batch (default: the number of ranks).")
    var slices: Int?

    @Option(help: "Steps that are timed.")
    var steps = 10

    @Option(help: "Warm-up steps before them.")
    var warmup = 2

    @OptionGroup var engine: EngineFlag
    @OptionGroup var machine: MachineFlags
    @OptionGroup var output: BenchOutput

    func run() {
        World.launch(threads: machine.threads) { world in
            try world.together {
                try NumberFlag.require(steps, "--steps", NumberFlag.repetitions)
                try NumberFlag.require(warmup, "--warmup", 0...1_000_000)
                try NumberFlag.require(classes, "--classes", 1...10_000_000)
                try settings.check(ranks: world.communicator.size)
            }
            try world.use(engine.blas)
            try MemoryCheck.require(
                MemoryNeed.training(
                    settings,
                    classes: classes,
                    photos: (0, 0),
                    rank: world.communicator.rank,
                    ranks: world.communicator.size,
                    ranksOnNode: world.topology.ranksOnNode,
                    pool: world.pool
                ),
                world,
                advice: "use a smaller --batch, --image-size or --classes"
            )
            let result = try StepBenchmark(
                settings,
                classes: classes,
                steps: steps,
                warmup: warmup,
                communicator: world.communicator,
                pool: world.pool
            )
            try output.print(result, world) { lines(result, world) }
            return 0
        }
    }

    private var settings: TrainingConfiguration {
        var settings = Recipe.landmark.configuration
        settings.model = model
        settings.batch = batch
        settings.imageSize = imageSize
        settings.optimizer = optimizer
        settings.momentum = momentum ?? (optimizer == .sgd ? 0.9 : 0)
        settings.nesterov = false
        settings.weightDecay = 0
        settings.labelSmoothing = 0
        settings.slices = slices
        // The same photos come again and again, so that greater steps might leave the finite range.
        settings.learningRate = 1e-5
        return settings
    }

    private func lines(_ result: StepBenchmark, _ world: World) -> [String] {
        let parts = result.parts
        let rows = [
            ["", "min", "median", "max"],
            ["images/s"] + result.imagesPerSecond.cells(decimals: 2),
            ["step ms"] + result.step.cells(times: 1000, decimals: 1),
        ]
        let mean = parts.forward + parts.backward + parts.exchange + parts.update
        let split = [
            ("forward", parts.forward), ("backward", parts.backward),
            ("exchange", parts.exchange), ("update", parts.update),
        ]
        .map { name, seconds in
            "\(name) \(Figures.fixed(1000 * seconds, 1)) ms "
                + "(\(Figures.percent(seconds / mean, decimals: 0)))"
        }
        return [
            "\(result.model.rawValue), batch \(result.batch) in "
                + "\(Figures.count(result.slices, "slice")), "
                + "\(result.imageSize)×\(result.imageSize), \(result.optimizer.rawValue)",
            world.machine,
            "",
        ] + TextTable(rows).lines + [
            "",
            "split     " + split.joined(separator: ", "),
            BenchOutput.effective(result.gigaflops, result.peakGigaflops),
            "memory    \(Figures.bytes(result.peakMemory)) at most a rank",
        ]
    }
}
