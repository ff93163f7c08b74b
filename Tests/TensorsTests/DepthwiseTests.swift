import Tensors
import Testing

/// Convolutions that compute each channel by itself; `ConvolutionTests` has slices, batches and instruction sets.
@Suite struct DepthwiseTests {
    typealias Case = ConvolutionTests.Case

    private static func depthwise(
        _ H: Int,
        _ W: Int,
        _ C: Int,
        _ kernel: Int,
        _ stride: Int,
        _ padding: Padding,
        N: Int = 3
    ) -> Case {
        Case(H, W, C, C, kernel, stride: stride, padding: padding, groups: C, plan: N, N: N)
    }

    /// Kernels and steps with loops of their own and others, maps narrower than a window and wider than several
    /// blocks, channels below, at and between multiples of registers.
    static let cases: [Case] =
        [3, 5, 7].flatMap { kernel in
            [1, 2].flatMap { stride in
                [Padding.symmetric(kernel / 2), .same, 0].flatMap { padding in
                    [
                        depthwise(14, 15, 17, kernel, stride, padding),
                        depthwise(7, 8, 40, kernel, stride, padding),
                        depthwise(23, 31, 16, kernel, stride, padding, N: 2),
                    ]
                }
            }
        } + [
            depthwise(1, 1, 24, 3, 1, 1), depthwise(2, 3, 24, 3, 2, .same),
            depthwise(3, 2, 96, 5, 1, 2), depthwise(4, 4, 96, 7, 2, .same),
            depthwise(9, 9, 3, 3, 1, 1), depthwise(16, 30, 8, 5, 2, 2),
            depthwise(6, 7, 20, 2, 1, 0), depthwise(10, 11, 33, 4, 3, 1),
            depthwise(8, 8, 24, 3, 1, 2), depthwise(5, 5, 48, 1, 2, 0),
            // Several bands of rows, and several images to a sum.
            depthwise(60, 57, 24, 3, 1, 1), depthwise(59, 60, 40, 5, 2, .same, N: 2),
            depthwise(7, 7, 32, 3, 1, 1, N: 23),
        ]

    @Test(arguments: cases, InstructionSet.available)
    func agreesWithTheDefiningSum(_ test: Case, _ instructions: InstructionSet) {
        let operands = ConvolutionRun.Operands(test.geometry)
        let naive = NaiveConvolution(geometry: test.geometry, N: test.N)
        let runs = pools(instructions).map {
            ConvolutionRun(test.geometry, operands, N: test.N, exact: true, $0)
        }
        let y = naive.forward(operands.x, operands.weights, operands.bias)
        let dx = naive.backwardData(operands.dy, operands.weights)
        let dweights = naive.backwardWeights(operands.x, operands.dy, adding: 0)
        let dbias = naive.backwardBias(operands.dy, adding: 0)
        #expect(relativeError(runs[0].y.buffer, y) < 1e-6)
        #expect(relativeError(runs[0].dx.buffer, dx) < 1e-6)
        #expect(relativeError(runs[0].dweights.buffer, dweights) < 1e-6)
        #expect(relativeError(runs[0].dbias.buffer, dbias) < 1e-6)
        for run in runs.dropFirst() { #expect(run.allBits == runs[0].allBits) }
    }
}
