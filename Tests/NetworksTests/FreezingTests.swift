import Networks
import Tensors
import Testing

/// Networks of which the beginning keeps its weights.
@Suite struct FreezingTests {
    private let pool = ThreadPool(threads: 2)

    private func description(
        _ architecture: Architecture = .small,
        dropout: Double? = nil
    ) -> ModelDescription {
        ModelDescription(architecture: architecture, classes: 5, imageSize: 32, dropout: dropout)
    }

    private func model(
        _ description: ModelDescription,
        _ freezing: Freezing,
        part: NetworkPart = .whole,
        purpose: Purpose = .training,
        values: Storage? = nil
    ) -> Model {
        let model = Model(
            description,
            freezing: freezing,
            part: part,
            maximumBatch: 4,
            slices: 2,
            purpose: purpose,
            pool: pool,
            values: values
        )
        if values == nil {
            model.store.initialize(seed: 3)
            // Running statistics that differ from those at the start.
            for parameter in model.store.parameters where !parameter.kindIsTrained {
                for (number, place) in parameter.range.enumerated() {
                    model.store.values.base[place] = 0.5 + 0.01 * Float(number % 7)
                }
            }
        }
        return model
    }

    private func photos(_ count: Int = 4) -> Storage {
        var random = Random(seed: 4, .test)
        return Storage((0..<count * 32 * 32 * 3).map { _ in random.uniform(-1, 1) })
    }

    private var training: Phase {
        .training(
            TrainingContext(
                seed: 1,
                step: 0,
                firstPosition: 0,
                slices: [
                    .init(images: 0..<2, statisticsWeight: 0.5),
                    .init(images: 2..<4, statisticsWeight: 0.5),
                ]
            )
        )
    }

    private let dlogits: [Float] = (0..<20).map { 0.1 * Float($0 % 7) - 0.3 }

    @Test func layersAreCounted() throws {
        // conv1, and three blocks of a projection and two convolutions, and the head.
        try description().check(.layers(10))
        for count in [11, 0, 99] {
            #expect {
                try description().check(.layers(count))
            } throws: {
                "\($0)".contains("small has 11 layers with weights; give a number from 1 to 10")
            }
        }
        func frozen(_ freezing: Freezing) -> [String] {
            model(description(), freezing).store.parameters.filter(\.isFrozen).map(\.name)
        }
        #expect(frozen(.none) == [])
        #expect(
            frozen(.layers(1)) == [
                "conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var",
            ]
        )
        #expect(frozen(.layers(2)).last == "layer1.0.downsample.1.running_var")
        let all = model(description(), .none).store.parameters.map(\.name)
        #expect(frozen(.trunk) == all.filter { !$0.hasPrefix("fc") })
        #expect(frozen(.trunk) == frozen(.layers(10)))
    }

    @Test(arguments: [Freezing.layers(1), .layers(4), .trunk])
    func frozenPartsLieFirstAndHaveNoGradient(_ freezing: Freezing) {
        let store = model(description(), freezing).store
        let frozen = store.parameters.filter(\.isFrozen).reduce(0) { $0 + $1.range.count }
        #expect(store.live == frozen..<store.count)
        #expect(store.gradients.count == store.live.count)
        #expect(store.trainable.lowerBound == frozen)
        for parameter in store.parameters {
            #expect(parameter.isFrozen == (parameter.range.upperBound <= frozen))
            #expect(parameter.isTrainable != (parameter.isFrozen || !parameter.kindIsTrained))
        }
    }

    /// Logits of training are those of evaluation where nothing but the head is trained.
    @Test(arguments: [Architecture.small, .vgg11_bn, .resnet18])
    func aFrozenTrunkIsThatOfEvaluation(_ architecture: Architecture) {
        let own = description(architecture, dropout: architecture == .resnet18 ? nil : 0)
        let whole = model(own, .none, purpose: .evaluation)
        let frozen = model(own, .trunk)
        copy(whole.store, to: frozen.store)
        let photos = photos()
        #expect(
            frozen.logits(photos, images: 0..<4, training)
                == whole.logits(photos, images: 0..<4, .evaluation)
        )
    }

    /// The part behind the boundary has the gradient that it has in a whole network whose frozen norms see the
    /// same statistics: one without norms in its frozen part.
    @Test func gradientsBehindTheBoundaryAreThoseOfTheWhole() {
        let own = description(.vgg11, dropout: 0.5)
        let whole = model(own, .none)
        let photos = photos()
        let logits = whole.logits(photos, images: 0..<4, training)
        whole.backward(dlogits)
        for freezing in [Freezing.layers(1), .layers(3), .layers(9)] {
            let frozen = model(own, freezing)
            #expect(frozen.logits(photos, images: 0..<4, training) == logits)
            var ranges: [Range<Int>] = []
            frozen.backward(dlogits) { ranges.append($0) }
            #expect(ranges.first?.upperBound == frozen.store.count)
            #expect(ranges.last?.lowerBound == frozen.store.live.lowerBound)
            for parameter in frozen.store.parameters where !parameter.isFrozen {
                let other = whole.store.parameters.first { $0.name == parameter.name }
                #expect(
                    frozen.store.read(parameter, from: frozen.store.flatGradients)
                        == other.map { whole.store.read($0, from: whole.store.gradients.base) },
                    "\(parameter.name)"
                )
            }
        }
    }

    @Test(arguments: [Architecture.small, .vgg11_bn])
    func partsAreTheWhole(_ architecture: Architecture) throws {
        let own = description(architecture, dropout: 0.5)
        let whole = model(own, .trunk)
        let values = whole.store.values
        let trunk = model(own, .trunk, part: .trunk, purpose: .evaluation, values: values)
        let head = model(own, .trunk, part: .head, values: values)
        #expect(own.features(.trunk, 4) == trunk.output)
        #expect(head.input == trunk.output)
        #expect(head.store.parameters.map(\.range) == whole.store.parameters.map(\.range))
        let photos = photos()
        let features = Storage(trunk.logits(photos, images: 0..<4, .evaluation))
        for phase in [training, .evaluation] {
            #expect(
                head.logits(features, images: 0..<4, phase)
                    == whole.logits(photos, images: 0..<4, phase)
            )
        }
        // One by one, features are the same bits.
        let single = (0..<4).flatMap { trunk.logits(photos, images: $0..<$0 + 1, .evaluation) }
        #expect(single == Array(features.buffer))
        _ = whole.logits(photos, images: 0..<4, training)
        whole.backward(dlogits)
        _ = head.logits(features, images: 0..<4, training)
        head.backward(dlogits)
        #expect(Array(head.store.gradients.buffer) == Array(whole.store.gradients.buffer))
        #expect(head.store.gradients.buffer.contains { $0 != 0 })
    }

    /// A network with a frozen trunk holds what an evaluation holds, and what its head needs.
    @Test(arguments: [Architecture.small, .resnet18, .vgg11_bn])
    func memoryIsThatOfEvaluation(_ architecture: Architecture) {
        let own = description(architecture)
        func training(_ freezing: Freezing, _ part: NetworkPart = .whole) -> MemoryUse {
            Model.memoryForTraining(
                own,
                freezing: freezing,
                part: part,
                maximumBatch: 8,
                slices: 2,
                pool: pool,
                exact: false,
                reusesWeights: false
            )
        }
        let evaluation = Model.memoryForEvaluation(own, maximumBatch: 8, pool: pool)
        let (frozen, head) = (training(.trunk), training(.trunk, .head))
        #expect(frozen.gradients == head.gradients)
        // Each buffer of the head begins with a cache line.
        #expect(frozen.activations <= evaluation.activations + head.activations + 64)
        #expect(frozen.filters <= evaluation.filters)
        #expect(frozen.workspace <= max(evaluation.workspace, head.workspace))
        let (few, none) = (training(.layers(2)), training(.none))
        #expect(frozen.activations < few.activations && few.activations < none.activations)
        #expect(frozen.gradients < few.gradients && few.gradients < none.gradients)
        #expect(model(own, .trunk).memory.gradients == frozen.gradients)
    }

    private func copy(_ from: ParameterStore, to: ParameterStore) {
        for (a, b) in zip(from.parameters, to.parameters) { to.write(b, from.read(a)) }
    }
}

extension Parameter {
    /// Whether it would be trained if it were not frozen.
    fileprivate var kindIsTrained: Bool {
        if case .statistic = kind { return false }
        return true
    }
}

/// Batch norms that keep their running statistics.
@Suite struct KeptStatisticsTests {
    private let pool = ThreadPool(threads: 2)

    /// A step by central differences: the loss of training is a smooth function of weights, scales and shifts.
    @Test func gradientsAreThoseOfDifferences() {
        let description = ModelDescription(architecture: .small, classes: 3, imageSize: 32)
        let model = Model(
            description,
            keepsStatistics: true,
            maximumBatch: 3,
            slices: 2,
            purpose: .training,
            pool: pool,
            exact: true
        )
        let store = model.store
        store.initialize(seed: 2)
        var random = Random(seed: 6, .test)
        for parameter in store.parameters where parameter.isFrozen {
            #expect(parameter.name.contains("running"))
            let middle: Float = parameter.name.hasSuffix("mean") ? 0 : 1
            for place in parameter.range {
                store.values.base[place] = middle + random.uniform(-0.2, 0.2)
            }
        }
        for parameter in store.parameters where parameter.isHead {
            for place in parameter.range { store.values.base[place] = random.uniform(-0.3, 0.3) }
        }
        #expect(store.live == store.trainable)
        let photos = Storage((0..<3 * 32 * 32 * 3).map { _ in random.uniform(-1, 1) })
        let phase = Phase.training(
            TrainingContext(
                seed: 1,
                step: 0,
                firstPosition: 0,
                slices: [
                    .init(images: 0..<1, statisticsWeight: 0.3),
                    .init(images: 1..<3, statisticsWeight: 0.7),
                ]
            )
        )
        let weights: [Float] = (0..<9).map { 0.5 - 0.17 * Float($0 % 5) }
        let logits = model.logits(photos, images: 0..<3, phase)
        model.backward(weights)
        let gradients = Array(store.gradients.buffer)
        func loss() -> Double {
            zip(model.logits(photos, images: 0..<3, phase), weights)
                .reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        for name in ["conv1.weight", "bn1.weight", "layer2.0.bn2.bias", "layer3.0.conv1.weight"] {
            guard let range = store.parameters.first(where: { $0.name == name })?.range else {
                Issue.record("no \(name)")
                continue
            }
            // Along the gradient itself, so that the difference is large beside rounding.
            let own = range.map { gradients[$0 - store.live.lowerBound] }
            let square = own.reduce(0) { $0 + Double($1) * Double($1) }
            let before = Array(store.values.slice(range))
            func moved(_ length: Double) -> Double {
                for (place, value) in before.enumerated() {
                    let step = length / square.squareRoot() * Double(own[place])
                    store.values.base[range.lowerBound + place] = Float(Double(value) + step)
                }
                defer {
                    for (place, value) in before.enumerated() {
                        store.values.base[range.lowerBound + place] = value
                    }
                }
                return loss()
            }
            let slope = (moved(1e-3) - moved(-1e-3)) / 2e-3
            #expect(abs(slope - square.squareRoot()) < 0.02 * square.squareRoot(), "\(name)")
        }
        // In training the network is what it is in evaluation, but for rounding.
        let evaluated = model.logits(photos, images: 0..<3, .evaluation)
        for (a, b) in zip(logits, evaluated) { #expect(abs(a - b) < 1e-4 * max(1, abs(b))) }
    }
}
