import Distributed
import Networks
import Tensors
import TestSupport
import Testing
import Training

@Suite struct StepBenchmarkTests {
    private func configuration(slices: Int) -> TrainingConfiguration {
        var configuration = Recipe.demo.configuration
        configuration.model = .small
        configuration.imageSize = 32
        configuration.batch = 4
        configuration.slices = slices
        configuration.learningRate = 1e-3
        return configuration
    }

    private func run(ranks: Int, slices: Int) throws -> [StepBenchmark] {
        try ThreadRanks.run(ranks) { communicator in
            try StepBenchmark(
                configuration(slices: slices),
                classes: 3,
                steps: 2,
                warmup: 1,
                communicator: communicator,
                pool: ThreadPool(threads: 1)
            )
        }
    }

    @Test func itIsTheStepOfARunOnAnyNumberOfRanks() throws {
        let alone = try run(ranks: 1, slices: 2)
        let together = try run(ranks: 2, slices: 2)
        #expect(alone[0].loss == together[0].loss && together[0].loss == together[1].loss)
        #expect(alone[0].loss.isFinite && alone[0].loss > 0)
        #expect(together[0].ranks == 2 && together[1].step == together[0].step)
    }

    @Test func thePartsMakeUpTheStep() throws {
        let found = try run(ranks: 1, slices: 1)[0]
        let parts = found.parts
        #expect(parts.forward > 0 && parts.backward > 0 && parts.update > 0)
        // A rank alone has nobody to wait for.
        #expect(parts.exchange < parts.update + parts.forward)
        let sum = parts.forward + parts.backward + parts.exchange + parts.update
        #expect(sum <= found.step.maximum)
        let rate = 6e-9 * Double(found.multiplyAdds) * found.imagesPerSecond.median
        #expect(abs(found.gigaflops - rate) < 1e-9 && found.peakGigaflops > found.gigaflops / 4)
        // At least the weights, their gradient and the momentum.
        #expect(
            found.peakMemory > 12 * configuration(slices: 1).description(classes: 3).valueCount
        )
    }

    @Test func ranksUpdateWithinTheExchange() throws {
        for benchmark in try run(ranks: 2, slices: 2) {
            #expect(benchmark.parts.update == 0 && benchmark.parts.exchange > 0)
        }
    }

    @Test func impossibleSettingsAreRefused() {
        #expect(throws: TrainingError.self) { try run(ranks: 1, slices: 3) }
    }

    @Test func evaluationIsMeasuredOnAllRanks() throws {
        let found = try ThreadRanks.run(2) { communicator in
            try EvaluationBenchmark(
                ModelDescription(architecture: .small, classes: 3, imageSize: 32),
                batch: 2,
                repetitions: 2,
                warmup: 1,
                communicator: communicator,
                pool: ThreadPool(threads: 1)
            )
        }
        for benchmark in found {
            #expect(benchmark.ranks == 2 && benchmark.pass == found[0].pass)
            // Each rank has a batch of its own.
            #expect(benchmark.imagesPerSecond.median * benchmark.pass.median > 3.9)
            let rate = 2e-9 * Double(benchmark.multiplyAdds) * benchmark.imagesPerSecond.median
            #expect(abs(benchmark.gigaflops - rate) < 1e-9)
        }
    }

    @Test func theExchangeCanHaveAnUpdate() throws {
        let found = try ThreadRanks.run(2) { communicator in
            try ExchangeBenchmark(
                withUpdateOn: communicator,
                count: 20_000,
                repetitions: 2,
                pool: ThreadPool(threads: 1)
            )
        }
        #expect(found[0].messages.update == found[1].messages.update)
        #expect(found[0].whole == found[1].whole)
    }
}
