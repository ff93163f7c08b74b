import Distributed
import Tensors
import TestSupport
import Testing

@Suite struct ExchangeBenchmarkTests {
    @Test func everyRankReportsTheSlowest() throws {
        let found = try ThreadRanks.run(2) { communicator in
            try ExchangeBenchmark(
                communicator,
                count: 40_000,
                bucket: 16_384,
                repetitions: 3,
                pool: ThreadPool(threads: 1)
            )
        }
        for benchmark in found {
            #expect(benchmark.ranks == 2 && benchmark.count == 40_000)
            let messages = benchmark.messages
            #expect(benchmark.sharesMemory && benchmark.whole.minimum > 0)
            #expect(messages.reduce.minimum > 0 && messages.gather.minimum > 0)
            #expect(messages.whole.minimum > 0 && benchmark.allReduce == nil)
            #expect(benchmark.whole.median == found[0].whole.median)
        }
    }
}
