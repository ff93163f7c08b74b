import ArgumentParser
import Distributed
import Networks
import Reporting
import Tensors
import Training

/// `landmark-train bench layers`.
struct BenchLayers: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "layers",
        abstract: "Measure every layer of a network in training, each alone.",
        discussion: """
            The table shows medians; --json has minima and maxima too. GFLOP/s count the operations \
            of computing a layer directly, whatever its algorithm saves. Layers without products \
            have all of backward in one column. "of memory" is the time in which the maps that the \
            passes read and write could be copied, over the measured time: what bounds depthwise \
            convolutions and norms, unless caches hold the maps. Within a network some passes are left to the \
            neighbour, so that a step takes less than the sum. With --blas system the times of our \
            own kernels stand beside those of the system's CBLAS.
            """
    )

    @Option(name: TrainingConfiguration.network.model.names, help: "The network.")
    var model = Architecture.resnet18

    @Option(name: TrainingConfiguration.course.batch.names, help: "Photos of the batch.")
    var batch = 32

    @Option(help: "Slices of the batch, all computed in one pass.")
    var slices = 1

    @Option(
        name: TrainingConfiguration.photos.imageSize.names,
        help: "Side of the square photos."
    )
    var imageSize = 224

    @Option(help: "Number of classes.")
    var classes = 1020

    @Option(help: "Repetitions that are timed, after one warm-up.")
    var repetitions = 5

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
                try description.check()
                try NumberFlag.require(slices, "--slices", NumberFlag.batch)
                guard slices <= batch else {
                    throw TrainingError.usage(
                        "--slices is \(slices); give at most --batch, \(batch)"
                    )
                }
                try NumberFlag.require(repetitions, "--repetitions", NumberFlag.repetitions)
            }
            try world.use(engine.blas)
            try world.together {
                guard world.isRoot else { return }
                let result = measure(description, world)
                guard world.pool.blas == .system else {
                    return try output.print(result) { lines(result, world) }
                }
                let system = world.pool.engineText
                world.pool.blas = .own
                let both = BothEngines(own: measure(description, world), system: result)
                try output.print(both) { lines(both, system, world) }
            }
            return 0
        }
    }

    /// The layers of a network computed by either engine.
    private struct BothEngines: Encodable {
        let own: LayerBenchmark
        let system: LayerBenchmark
    }

    private func measure(_ description: ModelDescription, _ world: World) -> LayerBenchmark {
        let terminal = Terminal.standardError
        let result = LayerBenchmark(
            description,
            batch: batch,
            slices: slices,
            repetitions: repetitions,
            pool: world.pool
        ) { terminal.replace("measuring \($0), \(world.pool.blas.rawValue)") }
        terminal.replace("")
        return result
    }

    /// Layers with products by both engines, side by side.
    private func lines(_ both: BothEngines, _ system: String, _ world: World) -> [String] {
        let head = [
            "layer", "algorithm", "output", "forward ms", "data ms", "weights ms", "forward ms",
            "data ms", "weights ms", "ratio",
        ]
        let pairs = zip(both.own.layers, both.system.layers).filter { $0.0.operations > 0 }
        let rows = pairs.map { own, system in
            [own.name, own.algorithm ?? "", own.output]
                + [own, system].flatMap {
                    [$0.forward, $0.backwardData, $0.backwardWeights].map(milliseconds)
                } + [ratio(system.median, own.median)]
        }
        let own = pairs.map { $0.0.median }.reduce(0, +)
        let other = pairs.map { $0.1.median }.reduce(0, +)
        return heading(both.own, world)
            + ["own kernels, then \(system); ratio = time of the latter / time of the former", ""]
            + TextTable([head] + rows, leading: 3).lines
            + [
                "",
                "all       \(Figures.fixed(1000 * own, 1)) ms and \(Figures.fixed(1000 * other, 1)) ms, "
                    + "ratio \(ratio(other, own))",
            ]
    }

    private func ratio(_ seconds: Double, _ own: Double) -> String {
        own > 0 ? Figures.fixed(seconds / own, 2) : ""
    }

    private func heading(_ result: LayerBenchmark, _ world: World) -> [String] {
        [
            "\(model.rawValue), batch \(batch)" + (slices > 1 ? " in \(slices) slices" : "")
                + ", \(imageSize)×\(imageSize); ms, medians of "
                + "\(repetitions)",
            "\(world.pool.threads) threads, \(result.instructions), "
                + "\(world.topology.cpuModel), FMA peak "
                + "\(Figures.fixed(result.peakGigaflops, 1)) GFLOP/s, memory "
                + "\(Figures.fixed(result.memoryGigabytes, 1)) GB/s",
        ]
    }

    private func lines(_ result: LayerBenchmark, _ world: World) -> [String] {
        let head = [
            "layer", "kind", "algorithm", "output", "forward ms", "data ms", "weights ms",
            "GFLOP/s", "data", "weights", "of peak", "of memory",
        ]
        let rows = result.layers.map { row in
            [row.name, row.kind, row.algorithm ?? "", row.output]
                + [row.forward, row.backwardData, row.backwardWeights].map(milliseconds)
                + [row.forward, row.backwardData, row.backwardWeights].map { rate($0, row) }
                + [
                    share(row.flops, row.median, result.peakGigaflops),
                    share(row.traffic, row.median, result.memoryGigabytes),
                ]
        }
        return heading(result, world) + [""]
            + TextTable([head] + rows + [sums(result)], leading: 3).lines
    }

    private func sums(_ result: LayerBenchmark) -> [String] {
        let layers = result.layers
        let times = [
            layers.reduce(0) { $0 + $1.forward.median },
            layers.reduce(0) { $0 + ($1.backwardData?.median ?? 0) },
            layers.reduce(0) { $0 + ($1.backwardWeights?.median ?? 0) },
        ]
        let flops = layers.reduce(0) { $0 + $1.flops }
        return ["all", "", "", ""] + times.map { Figures.fixed(1000 * $0, 1) } + ["", "", ""]
            + [
                share(flops, times.reduce(0, +), result.peakGigaflops),
                share(
                    layers.reduce(0) { $0 + $1.traffic },
                    times.reduce(0, +),
                    result.memoryGigabytes
                ),
            ]
    }

    private func milliseconds(_ timing: Timing?) -> String {
        timing.map { Figures.fixed(1000 * $0.median, 2) } ?? "–"
    }

    private func rate(_ timing: Timing?, _ row: LayerBenchmark.Row) -> String {
        guard let timing, row.operations > 0, timing.median > 0 else { return "" }
        return Figures.fixed(2e-9 * Double(row.operations) / timing.median, 0)
    }

    /// The share that `amount` in these seconds is of `limit` billions a second.
    private func share(_ amount: Double, _ seconds: Double, _ limit: Double) -> String {
        guard amount > 0, seconds > 0 else { return "" }
        return Figures.percent(1e-9 * amount / seconds / limit, decimals: 0)
    }
}
