import Distributed
import Reporting
import Training

/// Whether what the ranks are about to hold fits their nodes, before anything of it is asked for.
enum MemoryCheck {
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
        let memory = NodeMemory.read()
        let needs = try world.communicator.gather(Double(bytes))
        let left = try world.communicator.gather(Double(memory?.available ?? -1))
        let isGroup = try world.communicator.gather(memory?.isLimitedByGroup == true ? 1 : 0)
        let machines = world.communicator.machines
        let homes = machines.indices.filter { machines[$0] == $0 }
        for (node, home) in homes.enumerated() where left[home] >= 0 {
            let mates = machines.indices.filter { machines[$0] == home }
            let need = mates.reduce(0) { $0 + needs[$1] }
            let free = mates.map { left[$0] }.min() ?? 0
            guard need > 0.9 * free else { continue }
            let place = isGroup[home] == 1 ? "its container or job leaves" : "it has"
            let message =
                "\(Figures.count(mates.count, "rank")) on \(world.topology.nodes[node]) need about "
                + "\(Figures.bytes(Int(need))) of memory, and \(place) \(Figures.bytes(Int(free))); "
                + advice
            guard need <= free else { throw TrainingError.rank(home, code: 71, message) }
            if world.isRoot { Ending.say(message) }
        }
    }
}
