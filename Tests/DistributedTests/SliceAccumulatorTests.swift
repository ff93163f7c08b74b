import Distributed
import Tensors
import TestSupport
import Testing

@Suite struct SliceAccumulatorTests {
    private let count = 37

    private func accumulate(
        _ tree: SliceTree,
        _ rank: Int,
        slicesAtOnce: Int = 1,
        steps: Int = 1
    ) -> (nodes: [[Float]], slices: [Range<Int>], memory: Int, lastInPlace: Bool) {
        let gradient = Storage(count: count)
        let pool = ThreadPool(threads: 1)
        let accumulator = SliceAccumulator(
            tree: tree,
            rank: rank,
            passes: tree.nodes(of: rank, atMost: slicesAtOnce),
            gradient: gradient,
            pool: pool
        )
        for _ in 0..<steps {
            for pass in accumulator.passes {
                #expect((1...slicesAtOnce).contains(pass.count))
                let values = SliceReference.sum(of: pass, count: count)
                let target = accumulator.begin()
                for (index, value) in values.enumerated() { target.base[index] = value }
                accumulator.add()
            }
        }
        let nodes = accumulator.nodes
        return (
            nodes.map { Array($0.sum.buffer) },
            nodes.map(\.slices), accumulator.memory, nodes.last?.sum === gradient
        )
    }

    @Test func nodesHoldTheirSumsOnAnyRank() {
        for slices in 1...12 {
            for ranks in 1...slices {
                let tree = SliceTree(slices: slices, ranks: ranks)
                for (rank, atOnce) in (0..<ranks).flatMap({ rank in [1, 2, 3, 8].map { (rank, $0) }
                }) {
                    let found = accumulate(tree, rank, slicesAtOnce: atOnce, steps: 2)
                    #expect(found.slices == tree.nodes(of: rank))
                    #expect(found.lastInPlace)
                    for (node, sum) in zip(found.slices, found.nodes) {
                        #expect(sum == SliceReference.sum(of: node, count: count))
                    }
                }
            }
        }
    }

    @Test(arguments: [
        (1, 1, 0), (2, 1, 1), (3, 1, 1), (4, 1, 2), (8, 1, 3), (16, 1, 4), (15, 1, 3),
        (8, 8, 0), (8, 4, 1), (8, 2, 2), (6, 4, 1),
    ])
    func memoryGrowsWithTheDepthOfTheTree(slices: Int, atOnce: Int, copies: Int) {
        let tree = SliceTree(slices: slices, ranks: 1)
        let found = accumulate(tree, 0, slicesAtOnce: atOnce)
        #expect(found.memory == copies * count)
    }
}
