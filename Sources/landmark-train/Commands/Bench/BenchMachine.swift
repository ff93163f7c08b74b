import Distributed
import Tensors

/// What a benchmark ran on, on one line.
struct BenchMachine {
    let line: String

    init(_ world: World) {
        let (ranks, threads) = (world.communicator.size, world.pool.threads)
        line =
            "\(ranks) \(ranks == 1 ? "rank" : "ranks") × \(threads) "
            + "\(threads == 1 ? "thread" : "threads"), \(world.pool.instructions), "
            + world.topology.cpuModels.joined(separator: ", ")
    }
}
