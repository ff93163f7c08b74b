import Networks
import Tensors
import TestSupport
import Testing

/// Every layer's backward against central differences of its forward.
@Suite struct GradientTests {
    /// A name for the case and what it checks.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let layers: [any LayerDescription]
        let input: Shape

        init(_ name: String, _ input: Shape, _ layers: [any LayerDescription]) {
            testDescription = name
            self.input = input
            self.layers = layers
        }
    }

    static let maps = Shape(N: 3, H: 6, W: 5, C: 4)

    static let cases: [Case] = [
        Case("convolution 3×3", maps, [conv(5)]),
        Case("convolution 3×3 / 2", maps, [conv(5, stride: 2)]),
        Case(
            "convolution 7×7 / 2",
            Shape(N: 2, H: 9, W: 8, C: 3),
            [Convolution("c", channels: 4, kernel: 7, stride: 2, padding: 3, bias: false)]
        ),
        Case("convolution 1×1", maps, [Convolution("c", channels: 6, kernel: 1, bias: true)]),
        Case("convolution of many channels", Shape(N: 2, H: 8, W: 8, C: 32), [conv(32)]),
        Case("batch norm", maps, [BatchNorm("n", relu: false)]),
        Case("batch norm, ReLU", maps, [BatchNorm("n", relu: true)]),
        Case("ReLU", maps, [ReLU("r")]),
        Case("convolution, ReLU over it", maps, [conv(5), ReLU("r")]),
        Case("max pool", maps, [MaxPool("p", kernel: 2, stride: 2)]),
        Case("max pool with overlap", maps, [MaxPool("p", kernel: 3, stride: 2, padding: 1)]),
        Case("average pool to 1", maps, [AdaptiveAveragePool("a", size: 1)]),
        Case("average pool, uneven", maps, [AdaptiveAveragePool("a", size: 4)]),
        Case(
            "average pool to more",
            Shape(N: 2, H: 1, W: 1, C: 4),
            [
                AdaptiveAveragePool("a", size: 3)
            ]
        ),
        Case("dense", Shape(N: 4, C: 7), [Dense("d", outputs: 5, rule: .uniformFanIn)]),
        Case("dense on maps", maps, [Dense("d", outputs: 5, rule: .uniformFanIn)]),
        Case("dropout", maps, [conv(4), ReLU("r"), Dropout("o", rate: 0.4)]),
        Case(
            "sequence",
            maps,
            [
                Sequential([conv(4), BatchNorm("n", relu: true), conv(3, "d")])
            ]
        ),
        Case(
            "residual block",
            maps,
            [
                Residual(
                    branch: [conv(4), BatchNorm("n", relu: true), conv(4, "d")],
                    join: BatchNorm("m", relu: true),
                    shortcut: nil
                ),
                conv(2, "e"),
            ]
        ),
        Case(
            "residual block with projection",
            maps,
            [
                conv(4, "a"),
                Residual(
                    branch: [conv(6, stride: 2), BatchNorm("n", relu: true), conv(6, "d")],
                    join: BatchNorm("m", relu: true),
                    shortcut: [
                        Convolution("s", channels: 6, kernel: 1, stride: 2, bias: false),
                        BatchNorm("t", relu: false),
                    ]
                ),
                conv(2, "e"),
            ]
        ),
        Case(
            "blocks one after the other",
            maps,
            [
                conv(4, "a"), block("b"), block("c"), AdaptiveAveragePool("p", size: 1),
                Dense("d", outputs: 3, rule: .uniformFanIn),
            ]
        ),
    ]

    static func conv(_ channels: Int, _ name: String = "c", stride: Int = 1) -> Convolution {
        Convolution(name, channels: channels, kernel: 3, stride: stride, padding: 1, bias: true)
    }

    static func block(_ name: String) -> Residual {
        Residual(
            branch: [
                Convolution(name + "1", channels: 4, kernel: 3, padding: 1, bias: false),
                BatchNorm(name + "2", relu: true),
                Convolution(name + "3", channels: 4, kernel: 3, padding: 1, bias: false),
            ],
            join: BatchNorm(name + "4", relu: true),
            shortcut: nil
        )
    }

    @Test(arguments: cases)
    func backwardIsTheDerivativeOfForward(_ test: Case) {
        let report = GradientCheck().run(test.layers, input: test.input)
        #expect(report.failures == [])
        #expect(report.isGood, "\(report.checked) checked, \(report.skipped) skipped")
    }

    /// A layer whose backward is wrong by a factor of 1.05.
    struct Wrong: LayerDescription {
        func build(_ input: Activation, _ builder: inout Builder) -> any Layer {
            builder.begin(input)
            let output = builder.output(input.shape, sharingGradientOf: input)
            return Built(output)
        }

        final class Built: Layer {
            let output: Activation
            init(_ output: Activation) { self.output = output }

            func forward(_ x: Tensor, _ phase: Phase) -> Tensor {
                let y = output.first(x.shape.N)
                for i in 0..<x.count { y.base[i] = 2 * x.base[i] }
                return y
            }

            func backward(_ dy: Tensor) -> Tensor? {
                for i in 0..<dy.count { dy.base[i] *= 2.1 }
                return dy
            }
        }
    }

    @Test func theCheckFindsAWrongGradient() {
        #expect(!GradientCheck().run([Wrong()], input: Self.maps).isGood)
    }
}
