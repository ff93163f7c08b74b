import Networks
import Tensors
import TestSupport
import Testing

@Suite struct LeakyReLUTests {
    @Test func gradients() {
        let report = GradientCheck().run(
            [
                Convolution("conv", channels: 4, kernel: 3, padding: 1, bias: true),
                LeakyReLU(name: "act", slope: 0.1),
            ],
            input: Shape(N: 2, H: 5, W: 4, C: 3)
        )
        #expect(report.isGood, "\(report.failures)")
    }

    @Test func scalesNegativeValues() {
        let input = Shape(N: 1, H: 1, W: 2, C: 2)
        let assembly = Assembly(
            [LeakyReLU(name: "act", slope: 0.5)],
            input: input,
            purpose: .evaluation,
            pool: ThreadPool(threads: 1)
        )
        let y = withExtendedLifetime(assembly) {
            withTensor([-2, 0, 1, -4], input) { assembly.forward($0, .evaluation).toArray() }
        }
        #expect(y == [-1, 0, 1, -2])
    }
}
