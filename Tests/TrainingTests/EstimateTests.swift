import Distributed
import Foundation
import Images
import Networks
import Tensors
import TestSupport
import Testing
import Training

/// What is told of a run before it starts.
struct EstimateTests {
    private func trainer(_ run: TestRun, _ communicator: any Communicator) throws -> Trainer {
        try Trainer(
            configuration: run.configuration,
            communicator: communicator,
            photos: run.photos,
            run: run.run,
            pool: ThreadPool(threads: 1)
        )
    }

    @Test(arguments: [1, 2])
    func anEstimateChangesNothingOfTheRun(ranks: Int) throws {
        let photos = try DrawnPhotos(14, classes: 2).split(held: 2)
        let plain = try TestRun(.quick(steps: 3), photos)
        try plain.train(ranks: ranks)
        let measured = try TestRun(.quick(steps: 3), photos)
        try measured.run.create(measured.configuration)
        let estimates = try ThreadRanks.run(ranks) { communicator in
            let trainer = try trainer(measured, communicator)
            let estimate = try trainer.estimate()
            _ = try trainer.train()
            return estimate
        }
        #expect(try measured.checkpoint(3) == plain.checkpoint(3))
        let estimate = estimates[0]
        #expect(estimate.step > 0 && estimate.evaluation > 0)
        #expect(abs(estimate.whole - 3 * estimate.step - estimate.evaluation) < 1e-9)
        #expect(estimates.allSatisfy { abs($0.step - estimate.step) < 1e-12 })
    }

    @Test(arguments: [OptimizerKind.sgd, .adamw], [1, 3])
    func memoryIsToldBeforeItIsTaken(_ optimizer: OptimizerKind, ranks: Int) throws {
        try checkMemory(ranks: ranks) {
            $0.optimizer = optimizer
            $0.ema = 0.9
        }
    }

    @Test(arguments: [Freezing.layers(4), .trunk], [nil, 0, 3])
    func memoryOfFrozenNetworksIsToldToo(_ freezing: Freezing, views: Int?) throws {
        guard freezing == .trunk || views == nil else { return }
        for ranks in [1, 3] {
            try checkMemory(ranks: ranks) {
                $0.freeze = freezing
                $0.views = views
            }
        }
    }

    private func checkMemory(
        ranks: Int,
        _ change: (inout TrainingConfiguration) -> Void
    ) throws {
        let photos = try DrawnPhotos(14, classes: 2).split(held: 2)
        let run = try TestRun(.quick(change: change), photos)
        _ = try ThreadRanks.run(ranks, nodes: Array(0..<ranks)) { communicator in
            let need = MemoryNeed.training(
                run.configuration,
                classes: 2,
                photos: (12, 2),
                rank: communicator.rank,
                ranks: ranks,
                ranksOnNode: 1,
                pool: ThreadPool(threads: 1)
            )
            let held = try trainer(run, communicator).memory
            // All but a bucket of what other ranks send.
            #expect(abs(need - MemoryNeed.program - held) < 1 << 20, "\(need) for \(held)")
        }
    }

    @Test func anEstimateKnowsWhatIsFrozen() throws {
        let photos = try DrawnPhotos(14, classes: 2).split(held: 2)
        func estimate(_ change: (inout TrainingConfiguration) -> Void) throws -> RunEstimate {
            let run = try TestRun(.quick(steps: 1000, change: change), photos)
            // The least of three: what else the machine does makes an estimate longer.
            let estimates = try (0..<3).map { _ in
                try ThreadRanks.run(1) { try trainer(run, $0).estimate() }[0]
            }
            return try #require(estimates.min { $0.whole < $1.whole })
        }
        let all = try estimate { _ in }
        let frozen = try estimate {
            $0.freeze = .trunk
            $0.views = 0
        }
        let cached = try estimate { $0.freeze = .trunk }
        #expect(frozen.whole < 0.9 * all.whole)
        #expect(cached.whole < 0.2 * frozen.whole)
    }

    @Test func networksThatAnswerAreMeasuredToo() {
        let pool = ThreadPool(threads: 1)
        let description = ModelDescription(architecture: .small, classes: 5, imageSize: 32)
        let need = MemoryNeed.evaluation(description, batch: 8, ranksOnNode: 1, pool: pool)
        let model = Model(description, maximumBatch: 8, purpose: .evaluation, pool: pool)
        let photos = BatchLoader.slots * 8 * 32 * 32 * 3 * 4
        #expect(need == model.memory.bytes + photos + MemoryNeed.program)
    }
}
