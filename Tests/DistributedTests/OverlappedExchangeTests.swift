import Distributed
import Tensors
import TestSupport
import Testing

@Suite struct OverlappedExchangeTests {
    @Test(arguments: [2, 3, 4])
    func givesTheBitsOfOneAfterThePass(ranks: Int) throws {
        for (slices, count) in [(8, 1_000), (9, 333), (12, 1), (16, 0), (4, 64)] {
            var exchange = SliceExchange(count: count, slices: slices)
            exchange.overlaps = true
            let expected = exchange.expected
            for outcome in try ThreadRanks.run(
                ranks,
                nodes: Array(0..<ranks),
                { [exchange] in try exchange.run($0) }
            ) {
                #expect(outcome == expected, "\(slices) slices of \(count) on \(ranks) ranks")
            }
        }
    }

    /// A rank that computes the gradient from the last float down while what is complete is exchanged.
    private struct Pass {
        let count = 1_000
        let reducer: GradientReducer
        let node: SliceNode
        let values: Storage
        let blocks: [Range<Int>]

        init(_ communicator: any Communicator) throws {
            let (rank, ranks) = (communicator.rank, communicator.size)
            let shards = ShardMap(count: count, ranks: ranks, bucket: 96, block: 8)
            let gradient = Storage(count: count)
            for i in 0..<count { gradient.base[i] = .nan }
            node = SliceNode(slices: rank..<rank + 1, gradient)
            let common = try communicator.makeNodeStorage(count: count)
            values = common.storage
            for i in 0..<count { values.base[i] = Float(i) }
            reducer = GradientReducer(
                communicator: communicator,
                tree: SliceTree(slices: ranks, ranks: ranks),
                shards: shards,
                values: common,
                pool: ThreadPool(threads: 1)
            )
            blocks = shards.pieces(of: rank).flatMap { shards.cut($0.range) }
        }

        /// Returns the values, and whether those of the layers to come stayed as they were.
        func run() throws -> (values: [Float], kept: Bool) {
            let values = values
            let exchange = try OverlappedExchange(reducer, nodes: [node], blocks: blocks) {
                for (index, place) in $1.enumerated() { values.base[place] -= $2[index] }
            }
            let gradient = SliceReference.gradient(of: node.slices.lowerBound, count: count)
            var kept = true
            var end = count
            for layer in [7, 300, 2, 95, 1, 500, 95] {
                kept = kept && (0..<end).allSatisfy { values.base[$0] == Float($0) }
                for place in end - layer..<end { node.sum.base[place] = gradient[place] }
                end -= layer
                exchange.advance(to: end)
            }
            try exchange.finish()
            return (Array(values.buffer), kept)
        }
    }

    @Test(arguments: [2, 3])
    func touchesNothingThatIsNotComplete(ranks: Int) throws {
        let found = try ThreadRanks.run(ranks, nodes: Array(0..<ranks)) {
            let outcome = try Pass($0).run()
            return outcome.kept ? outcome.values : []
        }
        let total = SliceReference.sum(of: 0..<ranks, count: 1_000)
        let expected = total.enumerated().map { Float($0) - $1 }
        #expect(found.allSatisfy { $0 == expected })
    }

    @Test func aRankThatIsGoneEndsTheExchange() throws {
        let outcomes = ThreadRanks.outcomes(2, nodes: [0, 1]) { communicator in
            let pass = try Pass(communicator)
            if communicator.rank == 1 { throw DistributedError.mismatch("out of order") }
            _ = try pass.run()
        }
        #expect(throws: DistributedError.self) { try outcomes[0].get() }
    }

    @Test func paysBetweenMachinesAlone() throws {
        func found(_ nodes: [Int]) throws -> [Bool] {
            try ThreadRanks.run(nodes.count, nodes: nodes) { try Pass($0).reducer.canOverlap }
        }
        #expect(try found([0, 1, 2]) == [true, true, true])
        #expect(try found([0, 1, 0]) == [false, false, false])
        #expect(try found([0, 0]) == [false, false])
        #expect(try found([0]) == [false])
    }
}
