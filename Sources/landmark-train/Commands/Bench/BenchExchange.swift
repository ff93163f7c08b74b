import ArgumentParser
import Distributed
import Reporting
import Tensors
import Training

/// `landmark-train bench exchange`.
struct BenchExchange: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exchange",
        abstract: "Measure the exchange of gradients and weights among the ranks of mpirun.",
        discussion: """
            Each rank's gradients are added up in the order that fixes the bits, each rank updates \
            its shard by SGD with momentum, and all get the new weights: in one pass as in training, \
            where ranks of a node work in one another's memory, and by messages alone, whose parts \
            are measured one by one too. Beside it stands MPI's own all-reduce of as many floats, \
            whose order is MPI's.
            """
    )

    @Option(help: "Megabytes of gradients; 575 are those of VGG-19.")
    var megabytes = 575

    @Option(help: "KiB of a bucket, the unit of exchange.")
    var bucket = ShardMap.bucket / 256

    @Option(help: "Repetitions that are timed, after one warm-up.")
    var repetitions = 5

    @OptionGroup var machine: MachineFlags
    @OptionGroup var output: BenchOutput

    func run() {
        World.launch(threads: machine.threads) { world in
            try world.together {
                try NumberFlag.require(megabytes, "--megabytes", 1...1_000_000)
                try NumberFlag.require(bucket, "--bucket", 32...1_000_000)
                try NumberFlag.require(repetitions, "--repetitions", NumberFlag.repetitions)
            }
            try MemoryCheck.require(
                4 * megabytes * 1_000_000 + MemoryNeed.program,
                world,
                advice: "give fewer --megabytes"
            )
            let result = try ExchangeBenchmark(
                withUpdateOn: world.communicator,
                count: megabytes * 250_000,
                bucket: bucket * 256,
                repetitions: repetitions,
                pool: world.pool
            )
            try output.print(result, world) { lines(result, world) }
            return 0
        }
    }

    private func lines(_ result: ExchangeBenchmark, _ world: World) -> [String] {
        let timings: [(String, Timing?)] = [
            (result.sharesMemory ? "all in one, memory shared" : "all in one", result.whole),
            ("all in one, by messages", result.messages.whole),
            ("add up, by messages", result.messages.reduce), ("update", result.messages.update),
            ("give to all, by messages", result.messages.gather),
            ("MPI_Allreduce", result.allReduce),
        ]
        let rows = timings.compactMap { name, timing in
            timing.map { [name] + $0.cells(times: 1000, decimals: 1) }
        }
        return [
            "\(Figures.grouped(megabytes)) MB of gradients in buckets of \(Figures.grouped(bucket)) KiB; ms, the slowest rank's",
            world.machine,
            "",
        ] + TextTable([["", "min", "median", "max"]] + rows).lines
    }
}
