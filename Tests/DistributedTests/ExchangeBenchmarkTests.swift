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
            #expect(benchmark.reduce.minimum > 0 && benchmark.gather.minimum > 0)
            #expect(benchmark.exchange.minimum >= benchmark.reduce.minimum)
            #expect(benchmark.whole.minimum >= benchmark.exchange.minimum)
            #expect(benchmark.allReduce == nil)
            #expect(benchmark.exchange.median == found[0].exchange.median)
        }
    }
}
