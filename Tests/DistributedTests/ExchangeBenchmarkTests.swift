import Distributed
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct ExchangeBenchmarkTests {
    @Test func everyRankReportsTheSlowest() throws {
        let nap = 0.01
        let found = try ThreadRanks.run(2) { communicator in
            let isSlow = communicator.rank == 1
            return try ExchangeBenchmark(
                communicator,
                count: 40_000,
                bucket: 16_384,
                repetitions: 3,
                pool: ThreadPool(threads: 1),
                update: { _, blocks in
                    { block, _, _, _ in
                        if isSlow, block == blocks.count - 1 { Thread.sleep(forTimeInterval: nap) }
                    }
                }
            )
        }
        for benchmark in found {
            #expect(benchmark.ranks == 2 && benchmark.count == 40_000)
            #expect(benchmark.sharesMemory && benchmark.allReduce == nil)
            let messages = benchmark.messages
            for timing in [benchmark.whole, messages.whole, messages.update] {
                #expect(timing.minimum >= nap)
            }
            #expect(benchmark.whole == found[0].whole)
            for part in [\ExchangeBenchmark.Messages.reduce, \.update, \.gather, \.whole] {
                #expect(messages[keyPath: part] == found[0].messages[keyPath: part])
            }
        }
    }
}
