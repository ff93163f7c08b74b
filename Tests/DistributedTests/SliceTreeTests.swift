import Distributed
import TestSupport
import Testing

@Suite struct SliceTreeTests {
    @Test func ranksOwnAllSlicesInOrder() {
        for slices in 1...20 {
            for ranks in 1...slices {
                let tree = SliceTree(slices: slices, ranks: ranks)
                let owned = (0..<ranks).flatMap { Array(tree.slices(of: $0)) }
                #expect(owned == Array(0..<slices))
                let counts = (0..<ranks).map { tree.slices(of: $0).count }
                #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
            }
        }
    }

    @Test func nodesAreTheFewestThatCoverARank() {
        #expect(SliceTree(slices: 8, ranks: 3).nodes(of: 0) == [0..<2])
        #expect(SliceTree(slices: 8, ranks: 3).nodes(of: 1) == [2..<4, 4..<5])
        #expect(SliceTree(slices: 8, ranks: 3).nodes(of: 2) == [5..<6, 6..<8])
        #expect(SliceTree(slices: 8, ranks: 4).nodes(of: 3) == [6..<8])
        #expect(SliceTree(slices: 6, ranks: 1).nodes(of: 0) == [0..<6])
        #expect(SliceTree(slices: 6, ranks: 2).nodes(of: 1) == [3..<4, 4..<6])
        for ranks in 1...9 {
            let tree = SliceTree(slices: 4 * ranks, ranks: ranks)
            #expect((0..<ranks).allSatisfy { tree.nodes(of: $0) == [4 * $0..<4 * $0 + 4] })
        }
    }

    @Test func nodesOfTheTreeAreKnown() {
        let tree = SliceTree(slices: 7, ranks: 1)
        let nodes = [0..<7, 0..<4, 4..<7, 0..<2, 2..<4, 4..<6, 6..<7]
        for start in 0..<7 {
            for end in start + 1...7 {
                let isNode = nodes.contains(start..<end) || end == start + 1
                #expect(tree.isNode(start..<end) == isNode, "\(start)..<\(end)")
            }
        }
    }

    @Test func additionsGiveTheTreesBitsWhereverTheTotalLies() {
        for slices in 1...13 {
            let expected = SliceReference.sum(of: 0..<slices, count: 5)
            for ranks in 1...slices {
                let tree = SliceTree(slices: slices, ranks: ranks)
                let parts = (0..<ranks).flatMap { tree.nodes(of: $0) }
                for last in parts.indices {
                    var sums = parts.map { SliceReference.sum(of: $0, count: 5) }
                    for (to, from) in tree.additions(parts, endingIn: last) {
                        sums[to] = zip(sums[to], sums[from]).map { $0 + $1 }
                    }
                    #expect(sums[last] == expected, "\(slices) slices, \(ranks) ranks")
                }
            }
        }
    }

    @Test func theOrderOfTheSumShowsInTheBits() {
        let gradients = (0..<8).map { SliceReference.gradient(of: $0, count: 64) }
        let oneByOne = gradients.dropFirst().reduce(gradients[0]) { sum, next in
            zip(sum, next).map { $0 + $1 }
        }
        #expect(oneByOne != SliceReference.sum(of: 0..<8, count: 64))
    }
}
