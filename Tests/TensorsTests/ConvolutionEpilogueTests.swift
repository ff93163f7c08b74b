import Tensors
import Testing

/// What a convolution does to its sums on their way to memory.
@Suite struct ConvolutionEpilogueTests {
    /// The convolution of `x`, finished, in memory that held something else.
    private func convolve(
        _ g: ConvolutionGeometry,
        _ x: Storage,
        _ weights: Storage,
        _ finish: ConvolutionEpilogue,
        _ instructions: InstructionSet
    ) -> Storage {
        let pool = ThreadPool(threads: 2, instructions: instructions)
        let kernel = ConvolutionKernel(g, threads: 2)
        let filters = noise(kernel.forwardFilters, seed: 5)
        let scratch = noise(kernel.scratchBesideFilters, seed: 6)
        let y = noise(g.output.count, seed: 7)
        kernel.prepareForward(weights.base, into: filters.base, pool)
        kernel.forward(
            x.tensor(g.input),
            filters: filters.base,
            finish: finish,
            y.tensor(g.output),
            scratch: scratch.base,
            pool
        )
        return y
    }

    @Test(arguments: [(3, 1), (3, 2), (1, 1)], Activation.allCases)
    func agreesWithThePassesThatItSaves(_ window: (Int, Int), _ activation: Activation) {
        let g = ConvolutionGeometry(
            input: Shape(N: 2, H: 9, W: 7, C: 17),
            channels: 21,
            kernel: window.0,
            stride: window.1,
            padding: .symmetric(window.0 / 2)
        )
        let O = g.output.C
        let (x, weights) = (noise(g.input.count, seed: 1), noise(g.weights, seed: 2))
        let (factors, residual) = (noise(2 * O, seed: 3), noise(g.output.count, seed: 4))
        let sums = NaiveConvolution(geometry: g, N: 2).forward(x, weights, nil)
        func expected(scale: Bool, shift: Bool, residual added: Bool) -> [Double] {
            sums.enumerated().map { i, sum in
                let scaled = sum * (scale ? Double(factors.base[i % O]) : 1)
                let shifted = scaled + (shift ? Double(factors.base[O + i % O]) : 0)
                let total = shifted + (added ? Double(residual.base[i]) : 0)
                return activation.value(total)
            }
        }
        func result(_ finish: ConvolutionEpilogue, _ instructions: InstructionSet) -> Storage {
            convolve(g, x, weights, finish, instructions)
        }
        for instructions in InstructionSet.available {
            let biased = result(
                ConvolutionEpilogue(bias: factors.base + O, activation: activation),
                instructions
            )
            let plain = expected(scale: false, shift: true, residual: false)
            #expect(relativeError(biased.buffer, plain) < 3e-6)
            for added in [true, false] {
                let normalised = result(
                    ConvolutionEpilogue(
                        factors: factors.base,
                        channels: O,
                        residual: added ? residual.tensor(g.output) : nil,
                        activation: activation
                    ),
                    instructions
                )
                let all = expected(scale: true, shift: true, residual: added)
                #expect(relativeError(normalised.buffer, all) < 3e-6)
            }
        }
    }

    /// Sums so long that they are added in blocks, of which the last alone is followed by the norm; and sums of one term.
    @Test(arguments: [Activation.none, .relu, .relu6], [(700, 40), (1, 130)])
    func normsFollowWholeSumsAndKeepNaN(_ activation: Activation, _ channels: (Int, Int)) {
        let (C, O) = channels
        let g = ConvolutionGeometry(input: Shape(N: 2, H: 7, W: 7, C: C), channels: O, kernel: 1)
        let (x, weights) = (noise(g.input.count, seed: 1), noise(g.weights, seed: 2))
        let factors = noise(2 * O, seed: 3)
        x.base[3 * C] = .nan
        for c in 0..<O { factors.base[c] *= 30 }
        let sums = NaiveConvolution(geometry: g, N: 2).forward(x, weights, nil)
        let expected = sums.enumerated().map { i, sum in
            activation.value(sum * Double(factors.base[i % O]) + Double(factors.base[O + i % O]))
        }
        #expect(expected.contains { $0 > 6 || activation == .relu6 && $0 == 6 })
        for instructions in InstructionSet.available {
            let finish = ConvolutionEpilogue(
                factors: factors.base,
                channels: O,
                residual: nil,
                activation: activation
            )
            let y = convolve(g, x, weights, finish, instructions)
            let noNumbers = 3 * O..<4 * O
            for i in 0..<y.count where !noNumbers.contains(i) {
                #expect(abs(Double(y.base[i]) - expected[i]) < 1e-3)
            }
            #expect(noNumbers.allSatisfy { y.base[$0].isNaN })
        }
    }

    /// More pixels than are summed up at a time, of few and of many channels.
    @Test(arguments: [24, 300])
    func outputsMayOverwriteTheResidual(_ channels: Int) {
        let g = ConvolutionGeometry(
            input: Shape(N: 3, H: 19, W: 17, C: 40),
            channels: channels,
            kernel: 1,
            stride: 1,
            padding: 0
        )
        let (x, weights) = (noise(g.input.count, seed: 1), noise(g.weights, seed: 2))
        let factors = noise(2 * channels, seed: 3)
        let shape = g.output
        for instructions in InstructionSet.available {
            let pool = ThreadPool(threads: 2, instructions: instructions)
            let kernel = ConvolutionKernel(g, threads: 2)
            #expect(kernel.mayOverwriteResidual)
            let filters = noise(kernel.forwardFilters, seed: 5)
            kernel.prepareForward(weights.base, into: filters.base, pool)
            func run(into y: Storage, adding residual: Storage) {
                let scratch = noise(kernel.scratchBesideFilters, seed: 6)
                kernel.forward(
                    x.tensor(g.input),
                    filters: filters.base,
                    finish: ConvolutionEpilogue(
                        factors: factors.base,
                        channels: channels,
                        residual: residual.tensor(shape),
                        activation: .relu
                    ),
                    y.tensor(shape),
                    scratch: scratch.base,
                    pool
                )
            }
            let (apart, both) = (noise(shape.count, seed: 7), noise(shape.count, seed: 4))
            run(into: apart, adding: noise(shape.count, seed: 4))
            run(into: both, adding: both)
            #expect(Array(apart.buffer) == Array(both.buffer))
            #expect(apart.buffer.contains { $0 > 1 })
        }
    }

    @Test func foldedNormsTakeTheBiasAlong() {
        let values = [noise(4, seed: 1), noise(4, seed: 2), noise(4, seed: 3), noise(4, seed: 4)]
        let variance = Storage([0.5, 1, 2, 4])
        let factors = Storage(count: 8)
        foldNorm(
            gamma: values[0].base,
            beta: values[1].base,
            mean: values[2].base,
            variance: variance.base,
            epsilon: 1e-3,
            bias: values[3].base,
            channels: 4,
            into: factors.base
        )
        for c in 0..<4 {
            let (gamma, beta) = (Double(values[0].base[c]), Double(values[1].base[c]))
            let (mean, bias) = (Double(values[2].base[c]), Double(values[3].base[c]))
            let scale = gamma / (Double(variance.base[c]) + 1e-3).squareRoot()
            for sum in [-1.0, 0.25] {
                let expected = (sum + bias - mean) * scale + beta
                let folded = sum * Double(factors.base[c]) + Double(factors.base[4 + c])
                #expect(abs(folded - expected) < 1e-5)
            }
        }
    }
}
