import Networks
import Tensors
import TestSupport
import Testing

@Suite struct LeakyReLUTests {
    @Test func gradients() {
        let report = GradientCheck().run(input: Shape(N: 2, H: 5, W: 4, C: 3)) { graph, x in
            let y = graph.convolution(x, "conv", 4, kernel: 3, padding: 1, bias: true)
            return graph.leakyReLU(y, "act", slope: 0.1)
        }
        #expect(report.isGood, "\(report.failures)")
    }

    @Test func scalesNegativeValues() {
        let input = Shape(N: 1, H: 1, W: 2, C: 2)
        var graph = Graph()
        graph.output("y", graph.leakyReLU(graph.input, "act", slope: 0.5))
        #expect(evaluate(graph, [-2, 0, 1, -4], input) == [-1, 0, 1, -2])
    }
}
