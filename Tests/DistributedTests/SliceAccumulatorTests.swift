import Distributed
import Tensors
import TestSupport
import Testing

@Suite struct SliceAccumulatorTests {
    private let count = 37

    private func accumulate(
        _ tree: SliceTree,
        _ rank: Int,
        steps: Int = 1
    ) -> (nodes: [[Float]], slices: [Range<Int>], memory: Int, lastInPlace: Bool) {
        let gradient = Storage(count: count)
        let pool = ThreadPool(threads: 1)
        let accumulator = SliceAccumulator(tree: tree, rank: rank, gradient: gradient, pool: pool)
        for _ in 0..<steps {
            for slice in tree.slices(of: rank) {
                let values = SliceReference.gradient(of: slice, count: count)
                let target = accumulator.begin(slice: slice)
                #expect(target.buffer.allSatisfy { $0 == 0 })
                for (index, value) in values.enumerated() { target.base[index] = value }
                accumulator.add(slice: slice)
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
                for rank in 0..<ranks {
                    let found = accumulate(tree, rank, steps: 2)
                    #expect(found.slices == tree.nodes(of: rank))
                    #expect(found.lastInPlace)
                    for (node, sum) in zip(found.slices, found.nodes) {
                        #expect(sum == SliceReference.sum(of: node, count: count))
                    }
                }
            }
        }
    }

    @Test(arguments: [(1, 0), (2, 1), (3, 1), (4, 2), (8, 3), (16, 4), (15, 3)])
    func memoryGrowsWithTheDepthOfTheTree(slices: Int, copies: Int) {
        let found = accumulate(SliceTree(slices: slices, ranks: 1), 0)
        #expect(found.memory == copies * count)
    }
}
