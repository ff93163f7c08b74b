import Networks
import Tensors
import TestSupport
import Testing

/// What becomes of a list: which operations are joined, what is left out, what lies where.
@Suite struct GraphTests {
    static let photos = Shape(N: 4, H: 16, W: 16, C: 32)

    static func fused(_ graph: Graph, _ purpose: Purpose, joinsNorms: Bool = true) -> Graph {
        Fusion.apply(graph, inputs: [photos], purpose, joinsNorms: joinsNorms)
    }

    static func kinds(_ graph: Graph) -> [String] { graph.nodes.map(\.operation.kind) }

    /// A residual block behind a convolution, dropout that drops nothing, and a pool that changes nothing.
    static func network() -> Graph {
        var graph = Graph()
        let x = graph.relu(graph.convolution(graph.input, "a", 8, kernel: 1, bias: true), "b")
        var y = graph.relu(graph.batchNorm(graph.conv(x, "c", 8), "n"), "r")
        y = graph.batchNorm(graph.conv(y, "d", 8), "m")
        y = graph.relu(graph.add(y, x, "s"), "t")
        y = graph.dropout(graph.averagePool(y, "p", size: 16), "o", rate: 0)
        graph.output("y", y)
        return graph
    }

    @Test(arguments: [Purpose.training, .evaluation])
    func aBlockIsThreeNodes(_ purpose: Purpose) {
        let fused = Self.fused(Self.network(), purpose)
        #expect(
            Self.kinds(fused) == [
                "convolution 1×1 + ReLU",
                "convolution 3×3 + batch norm + ReLU",
                "convolution 3×3 + batch norm + sum + ReLU",
            ]
        )
        #expect(fused.nodes.map(\.name) == ["a", "c", "d"])
        #expect(fused.nodes[2].inputs == [fused.output(ofNode: 1), fused.output(ofNode: 0)])
        #expect(fused.outputs[0].value == fused.output(ofNode: 2))
    }

    @Test func normsStandAloneWhereTheyAreMeasured() {
        let fused = Self.fused(Self.network(), .training, joinsNorms: false)
        #expect(
            Self.kinds(fused) == [
                "convolution 1×1 + ReLU", "convolution 3×3", "batch norm + ReLU",
                "convolution 3×3", "batch norm + sum + ReLU",
            ]
        )
    }

    @Test func whatOthersReadIsNotJoined() {
        var graph = Graph()
        let x = graph.conv(graph.input, "a", 8)
        let y = graph.batchNorm(x, "n")
        graph.output("sum", graph.add(graph.relu(y, "r"), x, "s"))
        graph.output("norm", y)
        let kinds = ["convolution 3×3", "batch norm", "ReLU", "sum"]
        #expect(Self.kinds(Self.fused(graph, .training)) == kinds)
        #expect(Self.kinds(Self.fused(graph, .evaluation)) == kinds)
    }

    @Test func whatNoOutputNeedsIsLeftOut() {
        var graph = Graph()
        let x = graph.conv(graph.input, "a", 8)
        _ = graph.relu(graph.conv(x, "unused", 8), "r")
        graph.output("y", graph.averagePool(x, "p"))
        #expect(Self.fused(graph, .training).nodes.map(\.name) == ["a", "p"])
    }

    /// Parameters lie as the model lists them, whatever is joined: networks for training and evaluation share values.
    @Test(arguments: [Architecture.small, .resnet50, .vgg11_bn, .tutorial])
    func parametersLieAlikeForEveryPurpose(_ architecture: Architecture) {
        let graph = architecture.graph(classes: 5)
        let input = Shape(N: 1, H: 32, W: 32, C: 3)
        let table = ParameterTable(graph, [input]).parameters.map(\.name)
        for purpose in [Purpose.training, .evaluation] {
            let fused = Fusion.apply(graph, inputs: [input], purpose)
            #expect(
                ParameterTable(fused, [input]).parameters.map(\.name).sorted() == table.sorted()
            )
        }
        #expect(table.count > 10)
    }

    /// Where convolutions are computed band by band, a network built for evaluation gives the bits of one built for
    /// training.
    @Test(
        arguments: [
            Architecture.mobilenet_v2, .mobilenet_v3_large, .efficientnet_b0, .efficientnet_lite0,
        ]
    )
    func chainsChangeNoBit(_ architecture: Architecture) {
        let input = Shape(N: 3, H: 64, W: 64, C: 3)
        func nodes(joinsChains: Bool) -> Int {
            let graph = architecture.graph(classes: 5)
            return Fusion.apply(graph, inputs: [input], .evaluation, joinsChains: joinsChains)
                .nodes.count
        }
        #expect(nodes(joinsChains: true) < nodes(joinsChains: false) - 10)
        let photos = SharedValues.photos(input)
        func logits(_ purpose: Purpose) -> [Float] {
            let model = ModelTests.model(architecture, batch: 3, purpose: purpose, imageSize: 64)
            return withExtendedLifetime(model) {
                model.logits(photos, images: 0..<3, .evaluation)
            }
        }
        let own = logits(.evaluation)
        #expect(own.contains { $0 != own[0] } && own == logits(.training))
    }

    /// A ResNet's first pool is joined in evaluation, which gives the bits of a network that was built for training.
    @Test(arguments: [Architecture.resnet18, .resnet50])
    func poolsThatAreJoinedChangeNoBit(_ architecture: Architecture) {
        let input = Shape(N: 3, H: 64, W: 64, C: 3)
        func kinds(joinsChains: Bool) -> [String] {
            let graph = architecture.graph(classes: 5)
            return Fusion.apply(graph, inputs: [input], .evaluation, joinsChains: joinsChains)
                .nodes.map(\.operation.kind)
        }
        let pools = [false, true].map { kinds(joinsChains: $0).filter { $0.hasPrefix("max pool") } }
        #expect(pools[0].count == 1 && pools[1].isEmpty)
        let photos = SharedValues.photos(input)
        func logits(_ purpose: Purpose) -> [Float] {
            let model = ModelTests.model(architecture, batch: 3, purpose: purpose, imageSize: 64)
            return withExtendedLifetime(model) {
                model.logits(photos, images: 0..<3, .evaluation)
            }
        }
        let own = logits(.evaluation)
        #expect(own.contains { $0 != own[0] } && own == logits(.training))
    }

    /// Joined operations compute what they compute apart, with the same bits on any number of threads.
    @Test(
        arguments: [Phase.evaluation, ModelTests.context(4)],
        [Activation.relu, .relu6, .silu, .hardSwish, .gelu]
    )
    func joiningChangesNothingButRounding(_ phase: Phase, _ activation: Activation) {
        // A second reader of each value that would be joined keeps the operations apart.
        func run(apart: Bool, threads: Int = 2) -> [Float] {
            var graph = Graph()
            let x = graph.conv(graph.input, "a", 8)
            let n = graph.batchNorm(x, "n")
            let y = graph.activation(n, "r", activation)
            graph.output("y", y)
            if apart { for value in [x, n] { graph.output("more", value) } }
            let purpose: Purpose = phase.isTraining ? .training : .evaluation
            let options = CompilationOptions(purpose, pool: ThreadPool(threads: threads))
            let executor = Executor(graph, inputs: [Self.photos], options)
            executor.store.initialize(seed: 3)
            let photos = SharedValues.photos(Self.photos)
            return withExtendedLifetime((executor, photos)) {
                let y = executor.forward([photos.tensor(Self.photos)], phase)[0].toArray()
                guard phase.isTraining else { return y }
                var dy: [Tensor?] = executor.outputs.map { _ in nil }
                let own = Storage(y)
                dy[0] = own.tensor(executor.outputs[0])
                executor.backward(dy)
                return withExtendedLifetime(own) { y + executor.store.gradients.buffer }
            }
        }
        let (joined, apart) = (run(apart: false), run(apart: true))
        #expect(joined.count >= 4 * 16 * 16 * 8 && joined.contains { $0 > 0.1 })
        for (a, b) in zip(joined, apart) { #expect(abs(a - b) <= 2e-4 * max(1, abs(b))) }
        for threads in [1, 3] { #expect(run(apart: false, threads: threads) == joined) }
    }

    /// A layer scale, the stochastic depth behind it and the sum are one pass; in evaluation nothing is dropped.
    @Test func branchesAreScaledAndAddedInOnePass() {
        var graph = Graph()
        let x = graph.conv(graph.input, "a", 8)
        let y = graph.layerScale(graph.conv(x, "b", 8), "gamma")
        let sum = graph.add(graph.stochasticDepth(y, "d", rate: 0.2), x, "s")
        let z = graph.batchNorm(graph.conv(sum, "c", 8), "n")
        graph.output("y", graph.add(graph.stochasticDepth(z, "e", rate: 0.1), sum, "t"))
        let convolution = "convolution 3×3"
        #expect(
            Self.kinds(Self.fused(graph, .training)) == [
                convolution, convolution, "layer scale + stochastic depth 0.2 + sum",
                convolution + " + batch norm", "stochastic depth 0.1 + sum",
            ]
        )
        #expect(
            Self.kinds(Self.fused(graph, .evaluation)) == [
                convolution, convolution, "layer scale + sum", convolution + " + batch norm + sum",
            ]
        )
        let table = ParameterTable(graph, [Self.photos])
        let gamma = table.parameters.first { $0.name == "gamma" }
        #expect(gamma?.shape == [8, 1, 1] && gamma?.decays == false)
        let decaying = table.parameters.filter(\.decays).map(\.name)
        #expect(decaying == ["a.weight", "b.weight", "c.weight"])
    }

    /// An output without a gradient of its own takes part through what others say of it.
    @Test func outputsWithoutAGradientCountAsZero() {
        func gradients(_ two: Bool) -> [Float] {
            var graph = Graph()
            let x = graph.averagePool(graph.conv(graph.input, "a", 8), "p")
            graph.output("y", graph.dense(x, "d", 3))
            if two { graph.output("x", x) }
            let options = CompilationOptions(.training, pool: ThreadPool(threads: 1))
            let executor = Executor(graph, inputs: [Self.photos], options)
            executor.store.initialize(seed: 3)
            let photos = SharedValues.photos(Self.photos)
            return withExtendedLifetime((executor, photos)) {
                _ = executor.forward([photos.tensor(Self.photos)], ModelTests.context(4))
                _ = withTensor((0..<12).map(Float.init), executor.outputs[0]) { dy in
                    executor.backward(two ? [dy, nil] : [dy])
                }
                return Array(executor.store.gradients.buffer)
            }
        }
        let one = gradients(false)
        #expect(one.contains { $0 != 0 })
        #expect(gradients(true) == one)
    }
}
