import Distributed
import Reporting
import Tensors

/// What a benchmark ran on, on one line.
struct BenchMachine {
    let line: String

    init(_ world: World) {
        let (ranks, threads) = (world.communicator.size, world.pool.threads)
        line =
            "\(Figures.count(ranks, "rank")) × \(Figures.count(threads, "thread")), "
            + "\(world.pool.engineText), "
            + world.topology.cpuModels.joined(separator: ", ")
    }
}
