import Networks
import Tensors
import TestSupport
import Testing

/// Every operation's backward against central differences of its forward.
@Suite struct GradientTests {
    /// A name for the case and what it checks.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let input: Shape
        let build: @Sendable (inout Graph, Graph.Value) -> Graph.Value

        init(
            _ name: String,
            _ input: Shape,
            _ build: @escaping @Sendable (inout Graph, Graph.Value) -> Graph.Value
        ) {
            testDescription = name
            self.input = input
            self.build = build
        }
    }

    static let maps = Shape(N: 3, H: 6, W: 5, C: 4)

    static let cases: [Case] = [
        Case("convolution 3×3", maps) { $0.conv($1, "c", 5) },
        Case("convolution 3×3 / 2", maps) { $0.conv($1, "c", 5, stride: 2) },
        Case("convolution 7×7 / 2", Shape(N: 2, H: 9, W: 8, C: 3)) {
            $0.convolution($1, "c", 4, kernel: 7, stride: 2, padding: 3)
        },
        Case("convolution 1×1", maps) { $0.convolution($1, "c", 6, kernel: 1, bias: true) },
        Case("convolution of many channels", Shape(N: 2, H: 8, W: 8, C: 32)) {
            $0.conv($1, "c", 32)
        },
        Case("convolution in groups", maps) {
            $0.convolution($1, "c", 6, kernel: 3, padding: 1, groups: 2, bias: true)
        },
        Case("convolution in groups, padding as TensorFlow's", Shape(N: 2, H: 7, W: 6, C: 64)) {
            $0.convolution($1, "c", 32, kernel: 3, stride: 2, padding: .same, groups: 32)
        },
        Case("depthwise 3×3", maps) { $0.depthwise($1, "c", 4, kernel: 3, padding: 1, bias: true) },
        Case("depthwise 5×5 / 2", Shape(N: 2, H: 8, W: 7, C: 24)) {
            $0.depthwise($1, "c", 24, kernel: 5, stride: 2, padding: .same)
        },
        Case("depthwise 7×7, batch norm", Shape(N: 2, H: 9, W: 8, C: 20)) {
            $0.batchNorm($0.depthwise($1, "c", 20, kernel: 7, padding: 3), "n")
        },
        Case("depthwise 3×3, batch norm, ReLU", maps) {
            $0.relu($0.batchNorm($0.depthwise($1, "c", 4, kernel: 3, padding: 1), "n"), "r")
        },
        Case("linear on maps", maps) { $0.linear($1, "l", 7) },
        Case("batch norm", maps) { $0.batchNorm($1, "n") },
        Case("batch norm, ReLU", maps) { $0.relu($0.batchNorm($1, "n"), "r") },
        Case("convolution, batch norm", maps) { $0.batchNorm($0.conv($1, "c", 5), "n") },
        Case("convolution of many channels, batch norm, ReLU", Shape(N: 2, H: 8, W: 8, C: 32)) {
            $0.relu($0.batchNorm($0.conv($1, "c", 32), "n"), "r")
        },
        Case("batch norm and the photos", maps) { $0.add($0.batchNorm($1, "n"), $1, "a") },
        Case("ReLU", maps) { $0.relu($1, "r") },
        Case("convolution, ReLU over it", maps) { $0.relu($0.conv($1, "c", 5), "r") },
        Case("convolution without bias, ReLU over it", maps) {
            $0.relu($0.convolution($1, "c", 5, kernel: 3, padding: 1), "r")
        },
        Case("dense, ReLU over it", maps) { $0.relu($0.dense($1, "d", 9), "r") },
        Case("sum", maps) { $0.add($0.conv($1, "c", 4), $1, "a") },
        Case("product", maps) { $0.multiply($0.conv($1, "c", 4), $1, "a") },
        Case("square", maps) { $0.multiply($1, $1, "a") },
        Case("max pool", maps) { $0.maxPool($1, "p", kernel: 2, stride: 2) },
        Case("max pool with overlap", maps) {
            $0.maxPool($1, "p", kernel: 3, stride: 2, padding: 1)
        },
        Case("average pool 2×2, cut at the edge", maps) { $0.averagePool($1, "a", kernel: 2) },
        Case("average pool to 1", maps) { $0.averagePool($1, "a") },
        Case("average pool, uneven", maps) { $0.averagePool($1, "a", size: 4) },
        Case("average pool to more", Shape(N: 2, H: 1, W: 1, C: 4)) {
            $0.averagePool($1, "a", size: 3)
        },
        Case("dense", Shape(N: 4, C: 7)) { $0.dense($1, "d", 5) },
        Case("dense on maps", maps) { $0.dense($1, "d", 5) },
        Case("dropout", maps) {
            $0.dropout($0.relu($0.conv($1, "c", 4), "r"), "o", rate: 0.4)
        },
        Case("SiLU", maps) { $0.activation($1, "s", .silu) },
        Case("ReLU6", maps) { $0.activation($1, "s", .relu6) },
        Case("hard-swish over a convolution", maps) {
            $0.activation($0.convolution($1, "c", 6, kernel: 1), "s", .hardSwish)
        },
        Case("hard-sigmoid over a convolution", maps) {
            $0.activation($0.convolution($1, "c", 6, kernel: 1), "s", .hardSigmoid)
        },
        Case("sigmoid over a convolution", maps) {
            $0.activation($0.conv($1, "c", 5), "s", .sigmoid)
        },
        Case("GELU over a convolution", maps) { $0.activation($0.conv($1, "c", 5), "s", .gelu) },
        Case("convolution, batch norm, ReLU6", maps) {
            $0.activation($0.batchNorm($0.conv($1, "c", 5), "n"), "s", .relu6)
        },
        Case("convolution, batch norm, SiLU", maps) {
            $0.activation($0.batchNorm($0.conv($1, "c", 18), "n"), "s", .silu)
        },
        Case("batch norm, hard-swish", maps) {
            $0.activation($0.batchNorm($1, "n"), "s", .hardSwish)
        },
        Case("batch norm, GELU", maps) { $0.activation($0.batchNorm($1, "n"), "s", .gelu) },
        Case("layer norm", maps) { $0.layerNorm($1, "n") },
        Case("layer norm of many channels", Shape(N: 2, H: 3, W: 2, C: 40)) {
            $0.layerNorm($0.convolution($1, "c", 40, kernel: 1, bias: true), "n")
        },
        Case("squeeze and excitation", maps) { $0.excited($1, "se") },
        Case("channel scale of a convolution by another input", maps) { graph, x in
            let gate = graph.averagePool(graph.conv(x, "g", 6), "p")
            return graph.scaleChannels(graph.conv(x, "c", 6), by: gate, "m")
        },
        Case("layer scale", maps) { $0.layerScale($0.conv($1, "c", 5), "gamma", initial: 0.7) },
        Case("stochastic depth", Shape(N: 6, H: 3, W: 2, C: 4)) {
            $0.stochasticDepth($0.conv($1, "c", 5), "d", rate: 0.5)
        },
        Case("layer scale, stochastic depth, sum", Shape(N: 6, H: 3, W: 2, C: 4)) { graph, x in
            let x = graph.conv(x, "a", 4)
            let y = graph.layerScale(graph.conv(x, "c", 4), "gamma", initial: 0.7)
            return graph.add(graph.stochasticDepth(y, "d", rate: 0.5), x, "s")
        },
        Case("inverted residuals with stochastic depth", Shape(N: 5, H: 5, W: 4, C: 4)) {
            graph,
            x in
            graph.inverted(graph.inverted(graph.conv(x, "a", 4), "b", rate: 0.3), "c", rate: 0.4)
        },
        Case("residual block", maps) { $0.conv($0.block($1, "b"), "e", 2) },
        Case("residual block, shortcut computed last", maps) { graph, x in
            let y = graph.batchNorm(graph.conv(x, "c", 6, stride: 2), "n")
            let shortcut = graph.projection(x, "s", 6)
            return graph.conv(graph.relu(graph.add(y, shortcut, "a"), "r"), "e", 2)
        },
        Case("residual block with projection", maps) { graph, x in
            let x = graph.conv(x, "a", 4)
            let shortcut = graph.projection(x, "s", 6)
            var y = graph.relu(graph.batchNorm(graph.conv(x, "c", 6, stride: 2), "n"), "r")
            y = graph.batchNorm(graph.conv(y, "d", 6), "m")
            return graph.conv(graph.relu(graph.add(y, shortcut, "t"), "u"), "e", 2)
        },
        Case("blocks one after the other", maps) { graph, x in
            let y = graph.block(graph.block(graph.conv(x, "a", 4), "b"), "c")
            return graph.dense(graph.averagePool(y, "p"), "d", 3)
        },
    ]

    @Test(arguments: cases)
    func backwardIsTheDerivativeOfForward(_ test: Case) {
        let report = GradientCheck().run(input: test.input, test.build)
        #expect(report.failures == [])
        #expect(report.isGood, "\(report.checked) checked, \(report.skipped) skipped")
    }

    /// A value that three read, a product of two values, two outputs of which one is read again, two inputs.
    @Test func aGraphWithForksProductsAndSeveralOutputs() {
        var graph = Graph(inputs: 2)
        let x = graph.relu(graph.batchNorm(graph.conv(graph.input(0), "c", 4), "n"), "r")
        let gate = graph.conv(graph.input(1), "g", 4)
        let gated = graph.multiply(x, gate, "m")
        let y = graph.relu(graph.add(graph.conv(gated, "d", 4), x, "a"), "s")
        let embedding = graph.averagePool(graph.add(y, x, "b"), "p")
        graph.output("embedding", embedding)
        graph.output("logits", graph.dense(embedding, "fc", 3))
        let report = GradientCheck().run(graph, inputs: [Self.maps, Self.maps])
        #expect(report.failures == [])
        #expect(report.isGood, "\(report.checked) checked, \(report.skipped) skipped")
    }

    /// An operation whose backward is wrong by a factor of 1.05.
    struct Wrong: Operation {
        var kind: String { "wrong" }
        func output(_ inputs: [Shape]) -> Shape { inputs[0] }
        func kernel(_ site: KernelSite) -> any Kernel { Passes() }

        func write(_ site: PortableSite, to graph: inout PortableGraph) -> PortableGraph.Value {
            graph.append("Add", site, [site.inputs[0], site.inputs[0]])
        }

        struct Passes: Kernel {
            var requirements: KernelRequirements { KernelRequirements() }

            func forward(_ pass: ForwardPass) {
                for i in 0..<pass.x.count { pass.y.base[i] = 2 * pass.x.base[i] }
            }

            func backward(_ pass: BackwardPass) {
                guard let dx = pass.dx else { return }
                for i in 0..<dx.count { dx.base[i] = 2.1 * pass.dy.base[i] }
            }
        }
    }

    @Test func theCheckFindsAWrongGradient() {
        let report = GradientCheck().run(input: Self.maps) { $0.append("w", Wrong(), $1) }
        #expect(report.checked > 0 && !report.failures.isEmpty)
    }
}

extension Graph {
    /// A 3×3 convolution with bias.
    mutating func conv(_ x: Value, _ name: String, _ channels: Int, stride: Int = 1) -> Value {
        convolution(x, name, channels, kernel: 3, stride: stride, padding: 1, bias: true)
    }

    /// A residual block of four channels.
    mutating func block(_ x: Value, _ name: String) -> Value {
        var y = convolution(x, name + "1", 4, kernel: 3, padding: 1)
        y = relu(batchNorm(y, name + "2"), name + "r")
        y = batchNorm(convolution(y, name + "3", 4, kernel: 3, padding: 1), name + "4")
        return relu(add(y, x, name + "+"), name + "s")
    }

    /// x times what its means say of each channel.
    mutating func excited(_ x: Value, _ name: String) -> Value {
        let means = averagePool(x, name + "p")
        let narrow = convolution(means, name + "1", 3, kernel: 1, bias: true)
        let wide = activation(narrow, name + "a", .silu)
        let gate = convolution(wide, name + "2", 4, kernel: 1, bias: true)
        return scaleChannels(x, by: activation(gate, name + "g", .sigmoid), name + "s")
    }

    /// An inverted residual of four channels with squeeze-and-excitation, SiLU and stochastic depth.
    mutating func inverted(_ x: Value, _ name: String, rate: Double) -> Value {
        var y = convolution(x, name + "1", 4, kernel: 3, padding: 1)
        y = excited(activation(batchNorm(y, name + "2"), name + "a", .silu), name + "e")
        y = batchNorm(convolution(y, name + "3", 4, kernel: 1), name + "4")
        return add(stochasticDepth(y, name + "d", rate: rate), x, name + "+")
    }

    /// A shortcut of half the size.
    mutating func projection(_ x: Value, _ name: String, _ channels: Int) -> Value {
        batchNorm(convolution(x, name, channels, kernel: 1, stride: 2), name + "n")
    }
}
