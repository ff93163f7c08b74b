import ArgumentParser
import Distributed
import Files
import Foundation
import Reporting
import Tensors
import Training

/// `landmark-train bench neighbours`.
struct BenchNeighbours: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "neighbours",
        abstract:
            "Measure the exact search for the nearest of many embeddings in a file, under mpirun on all ranks."
    )

    @Option(help: "Vectors to ask about.")
    var queries = 2_000

    @Option(help: "Vectors to search.")
    var photos = 100_000

    @Option(help: "Numbers of a vector.")
    var width = 512

    @Option(help: "Vectors to find for each.")
    var neighbours = 100

    @Option(
        help: ArgumentHelp(
            "File of random vectors; made where it is missing (default: a temporary file).",
            valueName: "file"
        )
    )
    var file: String?

    @Option(help: "Searches that are timed.")
    var repetitions = 3

    @Option(help: "Warm-up searches before them.")
    var warmup = 1

    @OptionGroup var engine: EngineFlag
    @OptionGroup var machine: MachineFlags
    @OptionGroup var output: BenchOutput

    func run() {
        World.launch(threads: machine.threads) { world in
            try world.together {
                try NumberFlag.require(queries, "--queries", 1...1_000_000)
                try NumberFlag.require(photos, "--photos", 1...1_000_000_000)
                try NumberFlag.require(width, "--width", 1...65_536)
                try NumberFlag.require(neighbours, "--neighbours", NumberFlag.neighbours)
                try NumberFlag.require(repetitions, "--repetitions", NumberFlag.repetitions)
                try NumberFlag.require(warmup, "--warmup", 0...1_000_000)
            }
            try world.use(engine.blas)
            try MemoryCheck.require(
                NeighbourSearch.memory(
                    count: min(queries, SharedSearch.queriesAtOnce),
                    width: width,
                    most: neighbours,
                    threads: world.pool.threads
                ) + queries * width * MemoryLayout<Float>.stride,
                world,
                advice: "use fewer --queries or --neighbours"
            )
            let path = try world.fromRoot {
                let path =
                    file ?? FileManager.default.temporaryDirectory.path
                    + "/landmark-neighbours-\(getpid()).safetensors"
                if !exists(path) {
                    try NeighbourBenchmark.write(path, count: photos, width: width, world.pool)
                }
                return path
            }
            defer { if file == nil, world.isRoot { _ = unlink(path) } }
            try world.together {
                let found = try EmbeddingFile(path)
                guard found.count == photos, found.width == width else {
                    throw TrainingError.data(
                        "\(path.shown) holds \(found.count) vectors of \(found.width) numbers; give --photos and "
                            + "--width of the file, or another --file"
                    )
                }
            }
            let result = try NeighbourBenchmark(
                path,
                queries: queries,
                neighbours: neighbours,
                repetitions: repetitions,
                warmup: warmup,
                communicator: world.communicator,
                pool: world.pool
            )
            try output.print(result, world) { lines(result, world) }
            return 0
        }
    }

    private func lines(_ result: NeighbourBenchmark, _ world: World) -> [String] {
        let rows = [
            ["", "min", "median", "max"],
            ["seconds"] + result.search.cells(decimals: 3),
            ["10⁹ comparisons/s"] + result.gigacomparisons.cells(decimals: 3),
        ]
        return [
            "the \(Figures.grouped(result.neighbours)) nearest of \(Figures.grouped(result.photos)) × "
                + "\(result.width) for \(Figures.grouped(result.queries)) queries, from a file",
            world.machine,
            "",
        ] + TextTable(rows).lines + [
            "",
            BenchOutput.effective(result.gigaflops, result.peakGigaflops),
            "memory    \(Figures.bytes(result.peakMemory)) at most a rank",
        ]
    }
}
