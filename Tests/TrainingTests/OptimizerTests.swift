import Tensors
import Testing
import Training

/// Three steps from w = (1, −2, 0.5) down the gradient k · w, k = (1, 0.5, 3), at a rate of 0.1.
struct OptimizerTests {
    private let threads = ThreadPool(threads: 2)

    /// The weights after each of three steps; the gradient comes in halves of a `gradientScale`.
    private func walk(_ optimizer: any Optimizer) -> [[Float]] {
        let k: [Float] = [1, 0.5, 3]
        let values = Storage([9, 1, -2, 0.5, 9])
        let gradients = Storage(count: 5)
        let blocks = [
            UpdateBlock(range: 1..<3, offset: 0, decays: true),
            UpdateBlock(range: 3..<4, offset: 2, decays: true),
        ]
        return (0..<3).map { _ in
            withExtendedLifetime((values, gradients)) {
                for i in 0..<3 { gradients.base[i + 1] = 2 * k[i] * values.base[i + 1] }
                optimizer.step(
                    values: values.base,
                    gradients: gradients.base,
                    blocks: blocks,
                    learningRate: 0.1,
                    gradientScale: 0.5,
                    pool: threads
                )
                #expect(values.base[0] == 9 && values.base[4] == 9)
                return (1..<4).map { values.base[$0] }
            }
        }
    }

    private func expect(_ optimizer: any Optimizer, _ expected: [[Float]]) {
        let steps = walk(optimizer)
        #expect(steps.count == expected.count && steps.map(\.count) == expected.map(\.count))
        for (walked, wanted) in zip(steps, expected) {
            for (a, b) in zip(walked, wanted) { #expect(abs(a - b) < 2e-6, "\(a) for \(b)") }
        }
    }

    // The expected values come from
    //
    //     w = torch.tensor([1.0, -2.0, 0.5], requires_grad=True)
    //     o = torch.optim.SGD([w], lr=.1)     # and the others, as named above each list
    //     for t in range(3):
    //         o.zero_grad()
    //         (w**2 * torch.tensor([1.0, 0.5, 3.0])).sum().mul(0.5).backward()
    //         o.step()
    //         print(w)

    @Test func plainDescentIsTorchs() {
        // SGD([w], lr=.1)
        expect(
            SGD(count: 3, momentum: 0, nesterov: false, weightDecay: 0),
            [[0.9, -1.9, 0.35], [0.81, -1.805, 0.245], [0.729, -1.714_75, 0.1715]]
        )
    }

    @Test func momentumIsTorchs() {
        // SGD([w], lr=.1, momentum=.9, weight_decay=.01)
        expect(
            SGD(count: 3, momentum: 0.9, nesterov: false, weightDecay: 0.01),
            [
                [0.898_999_99, -1.898, 0.349_5], [0.717_301_01, -1.709_401_97, 0.108_850_49],
                [0.481_324_52, -1.452_484_25, -0.140_498_09],
            ]
        )
    }

    @Test func nesterovIsTorchs() {
        // SGD([w], lr=.1, momentum=.9, weight_decay=.01, nesterov=True)
        expect(
            SGD(count: 3, momentum: 0.9, nesterov: true, weightDecay: 0.01),
            [
                [0.808_099_99, -1.806_200_03, 0.214_050_01],
                [0.571_215_63, -1.548_559_31, -0.030_270_2],
                [0.321_859_72, -1.249_531_75, -0.174_860_7],
            ]
        )
    }

    @Test func rmspropIsTorchs() {
        // RMSprop([w], lr=.1, alpha=.9, eps=1e-3, weight_decay=.01)
        expect(
            RMSprop(count: 3, rho: 0.9, momentum: 0, epsilon: 1e-3, weightDecay: 0.01),
            [
                [0.684_759_26, -1.684_749_6, 0.184_435_28],
                [0.500_176_07, -1.475_296_38, 0.070_072_46],
                [0.370_590_48, -1.310_415_98, 0.024_751_2],
            ]
        )
    }

    @Test func rmspropWithMomentumIsTorchs() {
        // RMSprop([w], lr=.1, alpha=.9, eps=1e-3, momentum=.9, weight_decay=.01)
        expect(
            RMSprop(count: 3, rho: 0.9, momentum: 0.9, epsilon: 1e-3, weightDecay: 0.01),
            [
                [0.684_759_26, -1.684_749_6, 0.184_435_29],
                [0.216_459_39, -1.191_571, -0.213_935_74],
                [-0.265_372_54, -0.607_745_47, -0.444_617_21],
            ]
        )
    }

    @Test func kerasRMSpropIsTensorFlows() {
        // ms = .9*ms + .1*g*g; mom = .5*mom + .1*g/np.sqrt(ms + 1e-3); w = w - mom
        expect(
            KerasRMSprop(count: 3, rho: 0.9, momentum: 0.5, epsilon: 1e-3, weightDecay: 0),
            [
                [0.685_341_61, -1.685_341_61, 0.184_472_63],
                [0.343_504_14, -1.318_655_25, -0.087_665_06],
                [0.079_464_38, -0.983_804_45, -0.167_371_75],
            ]
        )
    }

    @Test func adamwIsTorchs() {
        // AdamW([w], lr=.1, betas=(.9,.99), eps=1e-3, weight_decay=.1)
        expect(
            AdamW(count: 3, beta1: 0.9, beta2: 0.99, epsilon: 1e-3, weightDecay: 0.1),
            [
                [0.890_099_88, -1.880_099_89, 0.395_066_62],
                [0.781_749_07, -1.761_596_44, 0.292_424_62],
                [0.675_312_94, -1.644_621_37, 0.193_430_95],
            ]
        )
    }

    @Test func adamwGoesOnWithItsCorrections() {
        let fresh = AdamW(count: 3, beta1: 0.9, beta2: 0.99, epsilon: 1e-3, weightDecay: 0)
        let resumed = AdamW(count: 3, beta1: 0.9, beta2: 0.99, epsilon: 1e-3, weightDecay: 0)
        resumed.resumed(atStep: 50)
        // With empty moments the first step is smaller the later it is thought to come.
        #expect(abs(1 - walk(fresh)[0][0]) > abs(1 - walk(resumed)[0][0]) + 0.01)
    }

    @Test func decayIsLeftOutWhereItDoesNotApply() {
        for optimizer: any Optimizer in [
            SGD(count: 1, momentum: 0.9, nesterov: true, weightDecay: 0.5),
            SGD(count: 1, momentum: 0, nesterov: false, weightDecay: 0.5),
            RMSprop(count: 1, rho: 0.9, momentum: 0.9, epsilon: 1e-3, weightDecay: 0.5),
            KerasRMSprop(count: 1, rho: 0.9, momentum: 0.9, epsilon: 1e-3, weightDecay: 0.5),
            AdamW(count: 1, beta1: 0.9, beta2: 0.99, epsilon: 1e-3, weightDecay: 0.5),
        ] {
            let values = Storage([3, 3])
            let gradients = Storage(count: 2)
            func step(_ index: Int, decays: Bool) {
                optimizer.step(
                    values: values.base,
                    gradients: gradients.base,
                    blocks: [UpdateBlock(range: index..<index + 1, offset: 0, decays: decays)],
                    learningRate: 0.1,
                    gradientScale: 1,
                    pool: threads
                )
            }
            withExtendedLifetime((values, gradients)) {
                step(0, decays: false)
                step(1, decays: true)
            }
            #expect(values.base[0] == 3 && values.base[1] < 3)
        }
    }

    @Test func stateHasThePlacesOfTheShard() {
        let sgd = SGD(count: 4, momentum: 0.9, nesterov: false, weightDecay: 0)
        let values = Storage(count: 8)
        let gradients = Storage([0, 0, 0, 0, 0, 0, 5, 7])
        withExtendedLifetime((values, gradients)) {
            sgd.step(
                values: values.base,
                gradients: gradients.base,
                blocks: [UpdateBlock(range: 6..<8, offset: 1, decays: false)],
                learningRate: 1,
                gradientScale: 1,
                pool: threads
            )
        }
        let state = withExtendedLifetime(sgd) { Array(sgd.state[0].values.buffer) }
        #expect(state == [0, 5, 7, 0])
    }

    @Test(arguments: OptimizerKind.allCases)
    func configurationMakesIts(_ kind: OptimizerKind) {
        var configuration = Recipe.landmark.configuration
        configuration.optimizer = kind
        let names = configuration.makeOptimizer(count: 5).state.map(\.name)
        let sizes = configuration.makeOptimizer(count: 5).state.map(\.values.count)
        #expect(sizes.allSatisfy { $0 == 5 })
        switch kind {
        case .sgd: #expect(names == ["velocity"])
        case .rmsprop, .rmspropKeras: #expect(names == ["squares", "velocity"])
        case .adamw: #expect(names == ["mean", "squares"])
        }
    }
}
