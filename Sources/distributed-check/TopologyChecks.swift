import Distributed

/// That ranks on one node share its processors.
func checkTopology(_ checks: Checks, _ world: any Communicator) {
    checks.check("ranks share the processors of a node") {
        let topology = try Topology(world)
        let total = try world.gather(topology.threads).reduce(0, +)
        guard topology.nodes.count == 1 else { return topology.ranksOnNode < world.size }
        return topology.ranksOnNode == world.size && topology.threads >= 1
            && total <= max(topology.onlineProcessors, world.size)
    }
    checks.check("no two ranks have a processor of their own in common") {
        let topology = try Topology(world)
        let owned = try world.gather(topology.processors)
        return owned.indices.allSatisfy { other in
            other == world.rank || world.machines[other] != world.machines[world.rank]
                || Set(owned[other]).isDisjoint(with: topology.processors)
        }
    }
}
