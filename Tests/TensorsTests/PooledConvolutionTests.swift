import Tensors
import Testing

/// Convolutions that are computed together with the pool behind them, against each of them by itself.
@Suite struct PooledConvolutionTests {
    /// Windows, steps and borders of both.
    struct Case: Sendable {
        let input: Shape
        let channels: Int
        let convolution, pool: (kernel: Int, stride: Int, padding: Int)

        var geometry: ConvolutionGeometry {
            ConvolutionGeometry(
                input: input,
                channels: channels,
                kernel: convolution.kernel,
                stride: convolution.stride,
                padding: .symmetric(convolution.padding)
            )
        }

        var pooled: PoolGeometry {
            PoolGeometry(
                input: geometry.output,
                kernel: pool.kernel,
                stride: pool.stride,
                padding: pool.padding
            )
        }
    }

    /// A ResNet's first layers in several bands, pools that touch, overlap by more than a row or leave rows out, whole images
    /// in a band, a row in a band.
    static let cases = [
        Case(
            input: Shape(N: 3, H: 121, W: 93, C: 3),
            channels: 64,
            convolution: (7, 2, 3),
            pool: (3, 2, 1)
        ),
        Case(
            input: Shape(N: 2, H: 70, W: 61, C: 3),
            channels: 41,
            convolution: (3, 1, 1),
            pool: (2, 2, 0)
        ),
        Case(
            input: Shape(N: 2, H: 50, W: 45, C: 20),
            channels: 96,
            convolution: (1, 1, 0),
            pool: (3, 1, 1)
        ),
        Case(
            input: Shape(N: 2, H: 75, W: 40, C: 5),
            channels: 100,
            convolution: (3, 1, 0),
            pool: (2, 5, 0)
        ),
        Case(
            input: Shape(N: 5, H: 9, W: 7, C: 3),
            channels: 8,
            convolution: (5, 2, 2),
            pool: (3, 2, 1)
        ),
        Case(
            input: Shape(N: 1, H: 14, W: 300, C: 3),
            channels: 200,
            convolution: (3, 1, 1),
            pool: (3, 2, 1)
        ),
    ]

    @Test(arguments: cases.indices, InstructionSet.available)
    func bitsAreThoseOfEachByItself(_ index: Int, _ instructions: InstructionSet) throws {
        let test = Self.cases[index]
        let (g, pooled) = (test.geometry, test.pooled)
        let (x, weights) = (noise(g.input.count, seed: 1), noise(g.weights, seed: 2))
        let factors = noise(2 * test.channels, seed: 3)
        let finish = ConvolutionEpilogue(
            factors: factors.base,
            channels: test.channels,
            residual: nil,
            activation: .relu
        )
        for pool in pools(instructions) {
            let kernel = ConvolutionKernel(g, threads: pool.threads)
            let working = noise(kernel.scratchBesideFilters, seed: 7)
            let map = noise(g.output.count, seed: 4)
            let expected = noise(pooled.output.count, seed: 5)
            let own = noise(kernel.forwardFilters, seed: 6)
            kernel.prepareForward(weights.base, into: own.base, pool)
            kernel.forward(
                x.tensor(g.input),
                filters: own.base,
                finish: finish,
                map.tensor(g.output),
                scratch: working.base,
                pool
            )
            maxPoolForward(
                map.tensor(g.output),
                pooled,
                expected.tensor(pooled.output),
                argmax: nil,
                pool
            )
            let both = try #require(PooledConvolution(g, pooled, threads: pool.threads))
            let filters = noise(both.forwardFilters, seed: 8)
            both.prepareForward(weights.base, into: filters.base, pool)
            let scratch = noise(both.scratch, seed: 9)
            for N in 1...g.input.N {
                let y = noise(pooled.output.count, seed: 10)
                both.forward(
                    x.tensor(g.input.with(N: N)),
                    filters: filters.base,
                    finish: finish,
                    y.tensor(pooled.output.with(N: N)),
                    scratch: scratch.base,
                    pool
                )
                let count = N * pooled.output.perImage
                #expect(
                    (0..<count).allSatisfy { y.base[$0].bitPattern == expected.base[$0].bitPattern }
                )
            }
            #expect(expected.buffer.contains { $0 > 1 })
        }
    }

    /// Convolutions that Winograd's algorithm computes, and depthwise ones, stay by themselves.
    @Test func otherConvolutionsAreNotPooled() {
        let input = Shape(N: 1, H: 16, W: 16, C: 32)
        for groups in [1, 32] {
            let g = ConvolutionGeometry(
                input: input,
                channels: 32,
                kernel: 3,
                padding: 1,
                groups: groups
            )
            let pooled = PoolGeometry(input: g.output, kernel: 2, stride: 2)
            #expect(PooledConvolution(g, pooled, threads: 2) == nil)
        }
    }
}
