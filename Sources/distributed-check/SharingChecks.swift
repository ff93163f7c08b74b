import Distributed
import Foundation
import Tensors

/// What ranks reach of one another's memory, and that they agree where they do not.
func checkSharing(_ checks: Checks, _ world: MPICommunicator) {
    checks.check("ranks read and write what they reach of others, and reach is mutual") {
        let own = [world.makeStorage(count: 5 * world.size), world.makeStorage(count: 0)]
        let reached = try world.mapMemory(own)
        guard try isMutual(world, reached) else { return false }
        for storages in reached {
            storages?[0].base[5 * world.rank] = Float(world.rank + 1)
        }
        try world.barrier()
        return reached.indices.allSatisfy {
            own[0].base[5 * $0] == (reached[$0] == nil ? 0 : Float($0 + 1))
        }
    }
    checks.check("no rank shares where one has only memory of its own") {
        let own = world.rank == 0 ? Storage(count: 9) : world.makeStorage(count: 9)
        let reached = try world.mapMemory([own])
        return reached.indices.allSatisfy { (reached[$0] != nil) == ($0 == world.rank) }
    }
    checks.check("no rank shares where messages were asked for") {
        let apart = MPICommunicator(world, sharesMemory: false)
        let own = apart.makeStorage(count: 9)
        return try own.owner == nil && apart.mapMemory([own]).count { $0 != nil } == 1
    }
    checks.check("ranks of a node have values in common, which begin as zeros") {
        let values = try world.makeNodeStorage(count: 3 * world.size + 1)
        guard values.storage.buffer.allSatisfy({ $0 == 0 }) else { return false }
        try world.barrier()
        values.storage.base[3 * world.rank] = Float(world.rank + 1)
        try world.barrier()
        return values.homes.indices.allSatisfy {
            let isCommon = values.homes[$0] == values.homes[world.rank]
            return values.storage.base[3 * $0] == (isCommon ? Float($0 + 1) : 0)
        }
    }
    checks.check("ranks have values of their own where messages were asked for") {
        let apart = MPICommunicator(world, sharesMemory: false)
        let values = try apart.makeNodeStorage(count: 9)
        return values.homes == Array(0..<world.size) && values.storage.owner == nil
    }
    checks.check("rank 0's values reach all nodes") {
        try [world, MPICommunicator(world, sharesMemory: false)].allSatisfy { world in
            let values = try world.makeNodeStorage(count: 3_000_001)
            if world.rank == 0 {
                for (index, _) in values.storage.buffer.enumerated() {
                    values.storage.base[index] = Float(index % 4_001)
                }
            }
            try world.broadcast(values)
            return values.storage.buffer.enumerated().allSatisfy { $1 == Float($0 % 4_001) }
        }
    }
    checks.check("shared memory leaves no file open") {
        let before = openFiles()
        for _ in 0..<3 {
            _ = try world.mapMemory([world.makeStorage(count: 1 << 20)])
            _ = try world.makeNodeStorage(count: 1 << 20)
        }
        return openFiles() == before
    }
}

private func isMutual(_ world: any Communicator, _ reached: [[Storage]?]) throws -> Bool {
    let rows = try world.gather(reached.map { $0 != nil })
    return rows.indices.allSatisfy { a in rows.indices.allSatisfy { rows[a][$0] == rows[$0][a] } }
        && rows[world.rank][world.rank]
}

/// Files that this process has open; 0 where the system does not tell.
private func openFiles() -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count ?? 0
}
