import Distributed
import Tensors
import TestSupport
import Testing

@Suite struct GradientReducerTests {
    @Test(arguments: [1, 2, 3, 4, 8])
    func anyNumberOfRanksGivesTheSameBits(ranks: Int) throws {
        for (slices, count) in [(8, 1_000), (8, 97), (9, 333), (12, 1), (16, 0), (11, 64)] {
            let exchange = SliceExchange(count: count, slices: slices)
            let expected = exchange.expected
            for outcome in try ThreadRanks.run(ranks, { try exchange.run($0) }) {
                #expect(outcome == expected, "\(slices) slices of \(count) on \(ranks) ranks")
            }
        }
    }

    @Test(arguments: [[0, 0, 1], [0, 1, 0], [0, 1, 2], [0, 0, 1, 1], [3, 0, 0, 0, 2]])
    func nodesDoNotShowInTheBits(nodes: [Int]) throws {
        for (slices, count) in [(8, 1_000), (9, 333), (11, 64), (5, 1), (16, 0)] {
            let exchange = SliceExchange(count: count, slices: slices)
            let expected = exchange.expected
            for outcome in try ThreadRanks.run(nodes.count, nodes: nodes, { try exchange.run($0) })
            {
                #expect(outcome == expected, "\(slices) slices of \(count) on nodes \(nodes)")
            }
        }
    }

    @Test func ranksThatAreNotConnectedSendMessages() throws {
        var exchange = SliceExchange(count: 1_000, slices: 8)
        exchange.connects = false
        let expected = exchange.expected
        for outcome in try ThreadRanks.run(3, { [exchange] in try exchange.run($0) }) {
            #expect(outcome == expected)
        }
    }

    @Test func roomForMessagesIsForRanksOfOtherNodes() throws {
        let found = try ThreadRanks.run(3, nodes: [0, 0, 1]) { communicator -> [Int] in
            let sums = communicator.makeStorage(count: 96)
            let reducer = GradientReducer(
                communicator: communicator,
                tree: SliceTree(slices: 3, ranks: 3),
                shards: ShardMap(count: 96, ranks: 3, bucket: 48, block: 8),
                values: try communicator.makeNodeStorage(count: 96),
                pool: ThreadPool(threads: 1)
            )
            let before = reducer.memory
            try reducer.connect(sums: [sums])
            return [before - reducer.memory, reducer.borrowed]
        }
        // Pieces of 16 floats: rank 2 has no neighbour. A shard is 32 floats, half the values 48.
        #expect(found == [[16, 80], [16, 80], [0, 0]])
    }

    @Test func threadsDoNotShowInTheBits() throws {
        let exchange = SliceExchange(count: 300_000, slices: 4, bucket: 140_000, block: 8_192)
        var threaded = exchange
        threaded.threads = 3
        let expected = exchange.expected
        for outcome in try ThreadRanks.run(2, { [threaded] in try threaded.run($0) }) {
            #expect(outcome == expected)
        }
    }

    @Test func oneRankWithOneSliceWorksWithoutCopies() throws {
        let communicator = SoloCommunicator()
        let pool = ThreadPool(threads: 1)
        let tree = SliceTree(slices: 1, ranks: 1)
        let gradient = Storage(count: 3)
        let accumulator = SliceAccumulator(
            tree: tree,
            rank: 0,
            passes: [0..<1],
            gradient: gradient,
            pool: pool
        )
        let reducer = GradientReducer(
            communicator: communicator,
            tree: tree,
            shards: ShardMap(count: 3, ranks: 1),
            values: NodeStorage(gradient, ranks: 1),
            pool: pool
        )
        let target = accumulator.begin()
        for i in 0..<3 { target.base[i] = Float(i + 1) }
        accumulator.add()
        try reducer.reduceScatter(nodes: accumulator.nodes, into: gradient.base)
        try reducer.gatherValues()
        #expect(Array(gradient.buffer) == [1, 2, 3])
        #expect(accumulator.memory == 0 && reducer.memory == 0)
        #expect(try reducer.sumOfSquares(of: gradient.base, range: 0..<3) == 14)
        #expect(try reducer.sumOfSquares(of: gradient.base, range: 1..<2) == 4)
    }

    @Test func roomIsForOnePieceOfABucketFromEachOtherNode() throws {
        let memory = try ThreadRanks.run(4) { communicator in
            GradientReducer(
                communicator: communicator,
                tree: SliceTree(slices: 8, ranks: 4),
                shards: ShardMap(count: 1_000, ranks: 4, bucket: 64, block: 8),
                values: NodeStorage(Storage(count: 1_000), ranks: 4),
                pool: ThreadPool(threads: 1)
            ).memory
        }
        // Three pieces of 16 floats, and two strips of 512 in which totals grow.
        #expect(memory == [2_096, 2_096, 2_096, 2_096])
    }

    @Test func theTotalCanLieInOtherMemory() throws {
        let totals = try ThreadRanks.run(2) { communicator -> [Float] in
            let tree = SliceTree(slices: 2, ranks: 2)
            let total = Storage(count: 5)
            let reducer = GradientReducer(
                communicator: communicator,
                tree: tree,
                shards: ShardMap(count: 5, ranks: 2, bucket: 4, block: 1),
                values: NodeStorage(total, ranks: 2),
                pool: ThreadPool(threads: 1)
            )
            let own = Storage([Float](repeating: Float(communicator.rank + 1), count: 5))
            let node = SliceNode(slices: tree.slices(of: communicator.rank), own)
            try reducer.reduceScatter(nodes: [node], into: total.base)
            try reducer.gatherValues()
            return Array(total.buffer)
        }
        #expect(totals == [[3, 3, 3, 3, 3], [3, 3, 3, 3, 3]])
    }
}
