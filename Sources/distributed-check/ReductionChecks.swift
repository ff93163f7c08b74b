import Distributed
import TestSupport

/// The exchange in shared memory and by messages alone, if ranks have the choice.
func checkReduction(_ checks: Checks, _ world: MPICommunicator) {
    let apart = MPICommunicator(world, sharesMemory: false)
    checkReduction(checks, world, "")
    checkReduction(checks, apart, ", by messages")
    checkReduction(checks, apart, ", by messages, beside other work", overlaps: true)
}

/// The ordered exchange against its sum computed in one place, bit by bit: equal to that on every
/// number of ranks, it is equal between them.
private func checkReduction(
    _ checks: Checks,
    _ world: any Communicator,
    _ how: String,
    overlaps: Bool = false
) {
    for slices in [4, 7, 8, 12] where slices >= world.size {
        for count in [0, 1, 9, 97, 1_000, 12_345] {
            var exchange = SliceExchange(count: count, slices: slices)
            exchange.overlaps = overlaps
            checks.check(
                "\(slices) slices of \(count) floats: sum, norm, shards, update to the bit" + how
            ) {
                try exchange.run(world) == exchange.expected
            }
        }
    }
    checks.check("a slice for each rank, with 2 threads" + how) {
        var exchange = SliceExchange(
            count: 200_003,
            slices: world.size,
            bucket: 70_000,
            block: 4_096,
            threads: 2
        )
        exchange.overlaps = overlaps
        return try exchange.run(world) == exchange.expected
    }
    checks.check("more than one bucket of 25 MiB" + how) {
        var exchange = SliceExchange(
            count: (25 << 18) + 54_321,
            slices: max(world.size, 2),
            bucket: 25 << 18,
            block: 1 << 13
        )
        exchange.overlaps = overlaps
        return try exchange.run(world) == exchange.expected
    }
}
