import Distributed

/// That ranks on one node share its processors.
func checkTopology(_ checks: Checks, _ world: any Communicator) {
    checks.check("ranks share the processors of a node") {
        let topology = try Topology(world)
        var threads = [Double](repeating: 0, count: world.size)
        threads[world.rank] = Double(topology.threads)
        try world.sum(&threads)
        let total = Int(threads.reduce(0, +))
        guard topology.nodes.count == 1 else { return topology.ranksOnNode < world.size }
        return topology.ranksOnNode == world.size && topology.threads >= 1
            && total <= max(topology.onlineProcessors, world.size)
    }
    checks.check("no two ranks have a processor of their own in common") {
        let topology = try Topology(world)
        let highest = try world.largest(Double(topology.processors.max() ?? 0))
        let onEach = Int(highest) + 1
        var owners = [Double](repeating: 0, count: world.size * onEach)
        let first = world.machines[world.rank] * onEach
        for processor in topology.processors { owners[first + processor] += 1 }
        try world.sum(&owners)
        return owners.allSatisfy { $0 <= 1 }
    }
}
