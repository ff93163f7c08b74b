import Distributed
import Reporting
import Training

/// Whether what the ranks are about to hold fits their nodes, before anything of it is asked for.
enum MemoryCheck {
    /// What a rank tells the others.
    private struct Need: Codable, Sendable {
        var bytes: Int
        /// What its node has left; nil where the system does not tell.
        var memory: NodeMemory?
    }

    /// Throws on all ranks where the ranks of a node cannot have what they need, and warns where that
    /// is nearly all that the node has left; a collective call.
    ///
    /// - Parameters:
    ///   - bytes: what this rank comes to hold.
    ///   - advice: what makes it less.
    static func require(_ bytes: Int, _ world: World, advice: String) throws {
        try world.together {
            guard let left = NodeMemory.addressesLeft(), bytes > left else { return }
            throw TrainingError.memory(
                "a rank needs about \(Figures.bytes(bytes)) of memory, and ulimit -v leaves it "
                    + "\(Figures.bytes(left)); raise that limit, or \(advice)"
            )
        }
        let ranks = try world.communicator.gather(
            Need(bytes: bytes, memory: NodeMemory.read())
        )
        let machines = world.communicator.machines
        let homes = machines.indices.filter { machines[$0] == $0 }
        for (node, home) in homes.enumerated() {
            guard let memory = ranks[home].memory else { continue }
            let mates = machines.indices.filter { machines[$0] == home }
            let need = mates.reduce(0) { $0 + ranks[$1].bytes }
            let free = mates.map { ranks[$0].memory?.available ?? -1 }.min() ?? 0
            guard Double(need) > 0.9 * Double(free) else { continue }
            let place = memory.isLimitedByGroup ? "its container or job leaves" : "it has"
            let message =
                "\(Figures.count(mates.count, "rank")) on \(world.topology.nodes[node]) need about "
                + "\(Figures.bytes(need)) of memory, and \(place) \(Figures.bytes(free)); "
                + advice
            guard need <= free else { throw TrainingError.rank(home, code: 71, message) }
            if world.isRoot { Ending.say(message) }
        }
    }
}
