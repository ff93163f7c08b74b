import Distributed
import Foundation
import TestSupport
import Testing

@Suite struct TopologyTests {
    @Test func boundRanksUseTheirOwnProcessors() {
        let masks = [[0, 1], [2, 3], [4, 5, 6, 7]]
        #expect(
            masks.map { Topology.threads(mask: $0, neighbours: masks, quota: nil) } == [2, 2, 4]
        )
    }

    @Test(arguments: [(1, 8), (2, 4), (3, 2), (4, 2), (8, 1), (11, 1)])
    func unboundRanksShareTheNode(ranks: Int, threads: Int) {
        let masks = [[Int]](repeating: Array(0..<8), count: ranks)
        #expect(Topology.threads(mask: masks[0], neighbours: masks, quota: nil) == threads)
    }

    @Test func sharedProcessorsAreCountedInParts() {
        // Two ranks bound to the first half, one that may run anywhere.
        let masks = [[0, 1, 2, 3], [0, 1, 2, 3], Array(0..<8)]
        #expect(
            masks.map { Topology.threads(mask: $0, neighbours: masks, quota: nil) } == [1, 1, 5]
        )
        // A third of each of three processors makes one.
        let thirds = [[Int]](repeating: [0, 1, 2], count: 3)
        #expect(Topology.threads(mask: thirds[0], neighbours: thirds, quota: nil) == 1)
    }

    @Test func containersLimitTheThreads() {
        let masks = [[Int]](repeating: Array(0..<64), count: 2)
        #expect(Topology.threads(mask: masks[0], neighbours: masks, quota: 6) == 3)
        #expect(Topology.threads(mask: masks[0], neighbours: masks, quota: 0.5) == 1)
        #expect(Topology.threads(mask: masks[0], neighbours: masks, quota: 200) == 32)
    }

    @Test func ranksOfOneProcessShareItsNode() throws {
        let alone = try Topology(SoloCommunicator())
        #expect(alone.ranksOnNode == 1 && alone.threads >= 1)
        #expect(alone.nodes == [alone.node] && alone.cpuModels == [alone.cpuModel])
        #expect(!alone.node.isEmpty && !alone.cpuModel.isEmpty)
        let found = try ThreadRanks.run(3) { communicator in
            let topology = try Topology(communicator)
            return [topology.ranksOnNode, topology.nodes.count, topology.threads]
        }
        let share = max(alone.allowedProcessors / 3, 1)
        #expect(found.allSatisfy { $0[0] == 3 && $0[1] == 1 && $0[2] <= share && $0[2] >= 1 })
    }

    @Test func processorListsAreReadAsTheKernelWritesThem() {
        #expect(ProcessorMask.parse("0-3,8,10-11") == [0, 1, 2, 3, 8, 10, 11])
        #expect(ProcessorMask.parse("5") == [5])
        #expect(ProcessorMask.parse("3-1") == nil)
        #expect(ProcessorMask.parse("a-b") == nil)
        #expect(ProcessorMask.allowed().count <= ProcessorMask.online)
        #expect(ProcessorMask.allowed(status: "/nowhere").count == ProcessorMask.online)
    }
}
