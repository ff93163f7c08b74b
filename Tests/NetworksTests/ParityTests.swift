import Networks
import Tensors
import TestSupport
import Testing

/// The networks against torchvision's and timm's in double precision, with equal weights and photos.
///
/// Fixtures: `scripts/parity/make_fixtures.py`.
@Suite(.serialized) struct ParityTests {
    static let architectures: [Architecture] = [.vgg11_bn, .resnet18]
    /// Those whose fixtures hold no course of an optimizer.
    static let others: [Architecture] = [
        .resnet18d, .resnet50d, .resnet152, .resnext50_32x4d, .mobilenet_v2, .mobilenet_v3_large,
        .efficientnet_b0, .efficientnet_lite0, .efficientnet_lite1, .efficientnet_lite2,
        .convnext_tiny,
    ]

    @Test(arguments: architectures + others)
    func logitsAndGradients(_ architecture: Architecture) throws {
        try compare(ParityBench(architecture))
    }

    @Test(
        .enabled(if: (try? SystemBLAS.found.get()) != nil, "this machine has no CBLAS"),
        arguments: architectures + [.resnext50_32x4d, .mobilenet_v3_large, .convnext_tiny]
    )
    func logitsAndGradientsByTheSystemsBLAS(_ architecture: Architecture) throws {
        try compare(ParityBench(architecture, blas: .system))
    }

    private func compare(_ bench: ParityBench) throws {
        let expected = bench.expected
        let store = bench.model.store

        expectEqual(bench.logits(.evaluation), expected.evaluationLogits)
        expectEqual(bench.logits(bench.training), expected.trainingLogits)
        #expect(abs(bench.loss() - expected.loss) <= 1e-4 * expected.loss)

        let trainable = store.parameters.filter(\.isTrainable)
        #expect(Set(trainable.map(\.name)) == Set(expected.gradients.keys))
        // The gradient of a bias before a batch norm is 0 but for rounding.
        let floor = 1e-6 * (expected.gradients.values.map(\.norm).max() ?? 0)
        for parameter in trainable {
            let gradient = try #require(expected.gradients[parameter.name])
            let own = store.read(parameter, from: store.gradients.base)
            let norm = own.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            let key = SharedValues.key("projection " + parameter.name)
            var projection = 0.0
            for (index, value) in own.enumerated() {
                projection += Double(value) * SharedValues.uniform(key, index)
            }
            #expect(
                abs(norm - gradient.norm) <= 1e-3 * gradient.norm + floor,
                "\(parameter.name)"
            )
            // Errors of 1e-3 in all entries would shift the projection by at most about this.
            #expect(
                abs(projection - gradient.projection) <= 1e-3 * gradient.norm + floor,
                "\(parameter.name)"
            )
            let last = gradient.entries.count - 1
            for (k, entry) in gradient.entries.enumerated() {
                let index = own.count > gradient.entries.count ? k * (own.count - 1) / last : k
                #expect(
                    abs(Double(own[index]) - entry) <= 1e-3 * gradient.largest + floor,
                    "\(parameter.name)[\(index)]"
                )
            }
        }
    }

    /// running = 0.9 · running + 0.1 · batch, the variance without bias.
    @Test(arguments: architectures + [.mobilenet_v3_large, .efficientnet_lite0])
    func runningStatistics(_ architecture: Architecture) throws {
        let bench = try ParityBench(architecture)
        _ = bench.loss()
        let store = bench.model.store
        var seen = 0
        for parameter in store.parameters {
            guard case .statistic(let momentum) = parameter.kind else { continue }
            let expected = try #require(bench.expected.statisticsAfterOneStep[parameter.name])
            for (c, value) in expected.enumerated() {
                let index = parameter.range.lowerBound + c
                let running =
                    (1 - momentum) * store.values.base[index]
                    + momentum * store.gradients.base[index]
                #expect(abs(Double(running) - value) <= 1e-5 * max(1, abs(value)))
            }
            seen += 1
        }
        #expect(seen == bench.expected.statisticsAfterOneStep.count)
    }

    /// torch.optim.SGD with Nesterov's momentum.
    @Test(arguments: architectures)
    func fiveLossesWithSGD(_ architecture: Architecture) throws {
        let bench = try ParityBench(architecture)
        let course = try #require(bench.expected.sgd)
        let store = bench.model.store
        var velocity = Array(repeating: Float(0), count: store.trainable.count)
        var losses: [Double] = []
        for _ in course.losses {
            losses.append(bench.loss())
            for segment in store.decaySegments(in: store.trainable) {
                let decay = segment.decays ? Float(course.weightDecay) : 0
                for i in segment.range {
                    let g = store.gradients.base[i] + decay * store.values.base[i]
                    velocity[i] = Float(course.momentum) * velocity[i] + g
                    store.values.base[i] -=
                        Float(course.learningRate) * (g + Float(course.momentum) * velocity[i])
                }
            }
        }
        expectClose(losses, course.losses)
    }

    /// torch.optim.RMSprop.
    @Test(arguments: architectures)
    func fiveLossesWithRMSprop(_ architecture: Architecture) throws {
        let bench = try ParityBench(architecture)
        let course = try #require(bench.expected.rmsprop)
        let alpha = Float(try #require(course.alpha))
        let epsilon = Float(try #require(course.epsilon))
        let store = bench.model.store
        var square = Array(repeating: Float(0), count: store.trainable.count)
        var velocity = square
        var losses: [Double] = []
        for _ in course.losses {
            losses.append(bench.loss())
            for segment in store.decaySegments(in: store.trainable) {
                let decay = segment.decays ? Float(course.weightDecay) : 0
                for i in segment.range {
                    let g = store.gradients.base[i] + decay * store.values.base[i]
                    square[i] = alpha * square[i] + (1 - alpha) * g * g
                    velocity[i] =
                        Float(course.momentum) * velocity[i] + g
                        / (square[i].squareRoot() + epsilon)
                    store.values.base[i] -= Float(course.learningRate) * velocity[i]
                }
            }
        }
        expectClose(losses, course.losses)
    }

    private func expectEqual(_ logits: [Float], _ expected: [Double]) {
        #expect(logits.count == expected.count)
        for (own, value) in zip(logits, expected) {
            #expect(abs(Double(own) - value) <= 1e-4)
        }
    }

    private func expectClose(_ losses: [Double], _ expected: [Double]) {
        #expect(losses.count == 5)
        for (own, value) in zip(losses, expected) {
            #expect(abs(own - value) <= 1e-4 * value, "\(losses) instead of \(expected)")
        }
    }
}
