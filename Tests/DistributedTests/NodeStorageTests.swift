import Distributed
import Tensors
import TestSupport
import Testing

@Suite struct NodeStorageTests {
    private static let layouts = [
        [0], [0, 0], [0, 1], [0, 0, 2], [0, 1, 0], [0, 0, 2, 2, 4], [0, 1, 1, 0, 4, 1, 4],
    ]

    @Test(arguments: layouts)
    func everyNodeHearsOnceFromEveryRankOfAnother(homes: [Int]) {
        let storage = NodeStorage(Storage(count: 12), homes: homes)
        let routes = homes.indices.map { storage.route(of: $0) }
        for rank in homes.indices {
            let nodes = routes[rank].targets.map { homes[$0] }
            #expect(Set(nodes) == Set(homes).subtracting([homes[rank]]))
            #expect(nodes.count == Set(nodes).count)
            #expect(routes[rank].targets.allSatisfy { routes[$0].sources.contains(rank) })
            #expect(routes[rank].sources.allSatisfy { routes[$0].targets.contains(rank) })
        }
    }

    @Test(arguments: layouts)
    func ranksOfANodeShareTheReceiving(homes: [Int]) {
        let storage = NodeStorage(Storage(count: 12), homes: homes)
        for home in Set(homes) {
            let counts = homes.indices.filter { homes[$0] == home }
                .map { storage.route(of: $0).sources.count }
            // One more for each other node whose ranks are no multiple of this node's.
            let others = Set(homes).count - 1
            #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= others)
        }
    }

    @Test func everyRankHoldsItsShare() {
        let storage = NodeStorage(Storage(count: 12), homes: [0, 0, 2, 0])
        #expect([0, 1, 2, 3].map { storage.others(of: $0) } == [8, 8, 0, 8])
        #expect(!storage.isWhole && storage.isShared)
        #expect(NodeStorage(Storage(count: 1), homes: [0, 0]).isWhole)
        let apart = NodeStorage(Storage(count: 1), ranks: 2)
        #expect(!apart.isWhole && !apart.isShared)
    }

    @Test(arguments: [[0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 1, 2]])
    func rankZerosValuesReachAllNodes(nodes: [Int]) throws {
        // More than a call of the broadcast takes, and no multiple of it.
        let count = (1 << 20) + 3
        let found = try ThreadRanks.run(nodes.count, nodes: nodes) { communicator -> [Float] in
            let values = try communicator.makeNodeStorage(count: count)
            if communicator.rank == 0 {
                for index in 0..<count { values.storage.base[index] = Float(index % 1_000) }
            }
            try communicator.broadcast(values)
            return [0, 1 << 20, count - 1].map { values.storage.base[$0] }
        }
        let expected = [0, 1 << 20, count - 1].map { Float($0 % 1_000) }
        #expect(found.allSatisfy { $0 == expected })
    }
}
