import ArgumentParser
import Distributed
import Files
import Reporting
import Tensors
import Training

/// `landmark-train bench`.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure how fast this machine trains, evaluates, exchanges and reads photos.",
        discussion: """
            Figures are minimum, median and maximum over repetitions after a warm-up. They hold \
            only on a machine that does nothing else.
            """,
        subcommands: [
            BenchStep.self, BenchLayers.self, BenchEvaluate.self, BenchExchange.self,
            BenchDecode.self, BenchNeighbours.self,
        ]
    )
}

/// How a benchmark's figures are printed.
struct BenchOutput: ParsableArguments {
    @Flag(help: "Print one JSON object instead of a table.")
    var json = false

    /// The rate of operations, beside the most that is possible.
    static func effective(_ gigaflops: Double, _ peak: Double) -> String {
        "effective \(Figures.fixed(gigaflops, 1)) GFLOP/s = \(Figures.fixed(gigaflops / peak, 2)) × "
            + "the FMA peak of \(Figures.fixed(peak, 1))"
    }

    /// Prints `result` as JSON, or `lines`, on rank 0; called by all ranks together.
    func print(_ result: some Encodable, _ world: World, _ lines: () -> [String]) throws {
        try world.together { if world.isRoot { try print(result, lines) } }
    }

    /// Prints `result` as JSON, or `lines`.
    func print(_ result: some Encodable, _ lines: () -> [String]) throws {
        guard json else { return try StandardOutput.print(lines()) }
        let line = try result.jsonLine(snakeCase: true)
        try StandardOutput.write(String(decoding: line, as: UTF8.self) + "\n")
    }
}

extension Timing {
    /// Minimum, median and maximum as cells of a table, each multiplied by `factor`.
    func cells(times factor: Double = 1, decimals: Int) -> [String] {
        [minimum, median, maximum].map { Figures.fixed($0 * factor, decimals) }
    }
}

extension World {
    /// What a benchmark runs on, on one line.
    var machine: String {
        "\(Figures.count(communicator.size, "rank")) × \(Figures.count(pool.threads, "thread")), "
            + "\(pool.engineText), " + topology.cpuModels.joined(separator: ", ")
    }
}
