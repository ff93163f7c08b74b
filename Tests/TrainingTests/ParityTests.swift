import Networks
import Tensors
import TestSupport
import Testing
import Training

/// Five steps of whole networks against PyTorch; `scripts/parity/make_fixtures.py` made the losses.
@Suite(.serialized)
struct ParityTests {
    /// The losses before each of five updates of `optimizer`.
    private func losses(
        _ bench: ParityBench,
        _ course: ParityFixture.Course,
        _ optimizer: any Optimizer
    ) -> [Double] {
        let store = bench.model.store
        let pool = ThreadPool(threads: 2)
        let blocks = store.decaySegments(in: store.trainable).map {
            UpdateBlock(range: $0.range, offset: $0.range.lowerBound, decays: $0.decays)
        }
        return course.losses.map { _ in
            let loss = bench.loss()
            optimizer.step(
                values: store.values.base,
                gradients: store.gradients.base,
                blocks: blocks,
                learningRate: Float(course.learningRate),
                gradientScale: 1,
                pool: pool
            )
            return loss
        }
    }

    private func expectClose(_ losses: [Double], _ expected: [Double]) {
        #expect(losses.count == 5)
        for (a, b) in zip(losses, expected) {
            #expect(abs(a - b) <= 1e-4 * abs(b), "\(a) for \(b)")
        }
    }

    /// torch.optim.SGD with Nesterov's momentum.
    @Test(arguments: [Architecture.vgg11_bn, .resnet18])
    func fiveLossesWithSGD(_ architecture: Architecture) throws {
        let bench = try ParityBench(architecture)
        let course = try #require(bench.expected.sgd)
        let optimizer = SGD(
            count: bench.model.store.trainable.count,
            momentum: course.momentum,
            nesterov: true,
            weightDecay: course.weightDecay
        )
        expectClose(losses(bench, course, optimizer), course.losses)
    }

    /// torch.optim.RMSprop.
    @Test(arguments: [Architecture.vgg11_bn, .resnet18])
    func fiveLossesWithRMSprop(_ architecture: Architecture) throws {
        let bench = try ParityBench(architecture)
        let course = try #require(bench.expected.rmsprop)
        let optimizer = RMSprop(
            count: bench.model.store.trainable.count,
            rho: try #require(course.alpha),
            momentum: course.momentum,
            epsilon: try #require(course.epsilon),
            weightDecay: course.weightDecay
        )
        expectClose(losses(bench, course, optimizer), course.losses)
    }
}
