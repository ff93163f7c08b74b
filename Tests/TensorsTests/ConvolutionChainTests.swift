import Tensors
import Testing

/// Convolutions that are computed band by band, against each of them by itself.
@Suite struct ConvolutionChainTests {
    /// Extents of a chain: the input, the channels between and behind, 0 where the first or the last convolution is
    /// missing, and the window.
    struct Case: Sendable, CustomStringConvertible {
        let input: Shape
        let wide, channels, kernel, stride: Int
        let padding: Padding
        var expands = true

        var geometries: [ConvolutionGeometry] {
            var list: [ConvolutionGeometry] = []
            var shape = input
            func append(
                _ channels: Int,
                _ kernel: Int,
                _ stride: Int,
                _ padding: Padding,
                _ groups: Int
            ) {
                list.append(
                    ConvolutionGeometry(
                        input: shape,
                        channels: channels,
                        kernel: kernel,
                        stride: stride,
                        padding: padding,
                        groups: groups
                    )
                )
                shape = list[list.count - 1].output
            }
            if expands { append(wide, 1, 1, 0, 1) }
            append(wide, kernel, stride, padding, wide)
            if channels > 0 { append(channels, 1, 1, 0, 1) }
            return list
        }

        var description: String {
            "\(input) → \(expands ? wide : 0) → \(kernel)×\(kernel) / \(stride) \(padding) → \(channels)"
        }
    }

    /// Bands of a part of an image, of all of it and of several images, windows that begin outside of the map, odd
    /// extents, channels that fill no registers.
    static let cases = [
        Case(
            input: Shape(N: 3, H: 40, W: 57, C: 16),
            wide: 96,
            channels: 24,
            kernel: 3,
            stride: 1,
            padding: 1
        ),
        Case(
            input: Shape(N: 2, H: 41, W: 56, C: 7),
            wide: 72,
            channels: 20,
            kernel: 5,
            stride: 2,
            padding: .same
        ),
        Case(
            input: Shape(N: 5, H: 14, W: 14, C: 24),
            wide: 144,
            channels: 0,
            kernel: 5,
            stride: 1,
            padding: 2
        ),
        Case(
            input: Shape(N: 13, H: 7, W: 7, C: 40),
            wide: 240,
            channels: 33,
            kernel: 3,
            stride: 1,
            padding: 1
        ),
        Case(
            input: Shape(N: 9, H: 8, W: 7, C: 16),
            wide: 40,
            channels: 16,
            kernel: 3,
            stride: 2,
            padding: .same
        ),
        Case(
            input: Shape(N: 1, H: 30, W: 30, C: 8),
            wide: 200,
            channels: 9,
            kernel: 7,
            stride: 1,
            padding: 3
        ),
        Case(
            input: Shape(N: 2, H: 1, W: 1, C: 8),
            wide: 16,
            channels: 8,
            kernel: 3,
            stride: 1,
            padding: 1
        ),
        Case(
            input: Shape(N: 2, H: 64, W: 60, C: 48),
            wide: 48,
            channels: 17,
            kernel: 3,
            stride: 1,
            padding: 1,
            expands: false
        ),
        Case(
            input: Shape(N: 3, H: 9, W: 9, C: 12),
            wide: 24,
            channels: 6,
            kernel: 3,
            stride: 3,
            padding: 0
        ),
    ]

    /// What one convolution after the other gives, which `ConvolutionTests` compares with the definition.
    private static func apart(
        _ geometries: [ConvolutionGeometry],
        _ x: Storage,
        _ weights: [Storage],
        _ factors: [Storage],
        residual: Storage,
        _ pool: ThreadPool
    ) -> Storage {
        var x = x
        for (number, g) in geometries.enumerated() {
            let kernel = ConvolutionKernel(g, threads: pool.threads)
            let y = noise(g.output.count, seed: 90)
            let filters = noise(kernel.forwardFilters, seed: 91)
            let scratch = noise(kernel.scratchBesideFilters, seed: 92)
            kernel.prepareForward(weights[number].base, into: filters.base, pool)
            kernel.forward(
                x.tensor(g.input),
                filters: filters.base,
                finish: finish(number, of: geometries, factors, residual),
                y.tensor(g.output),
                scratch: scratch.base,
                pool
            )
            x = y
        }
        return x
    }

    /// Activations between, a residual behind the last.
    private static func finish(
        _ number: Int,
        of geometries: [ConvolutionGeometry],
        _ factors: [Storage],
        _ residual: Storage
    ) -> ConvolutionEpilogue {
        let g = geometries[number]
        let isLast = number == geometries.count - 1
        return ConvolutionEpilogue(
            factors: factors[number].base,
            channels: g.output.C,
            residual: isLast ? residual.tensor(g.output) : nil,
            activation: isLast ? .none : number == 0 ? .relu6 : .silu
        )
    }

    @Test(arguments: cases, InstructionSet.available)
    func bitsAreThoseOfEachByItself(_ test: Case, _ instructions: InstructionSet) throws {
        let geometries = test.geometries
        let (input, output) = (geometries[0].input, geometries[geometries.count - 1].output)
        let x = noise(input.count, seed: 1)
        let residual = noise(output.count, seed: 2)
        let weights = geometries.enumerated().map { noise($1.weights, seed: 10 + UInt64($0)) }
        let factors = geometries.enumerated().map { noise(2 * $1.output.C, seed: 20 + UInt64($0)) }
        for pool in pools(instructions) {
            let expected = Self.apart(geometries, x, weights, factors, residual: residual, pool)
            let chain = try #require(ConvolutionChain(geometries, threads: pool.threads))
            let filters = zip(chain.forwardFilters.indices, chain.forwardFilters).map {
                number,
                count in
                let own = noise(count, seed: 30)
                chain.prepareForward(number, weights[number].base, into: own.base, pool)
                return own
            }
            let scratch = noise(chain.scratch, seed: 40)
            // The whole batch, and each smaller one, of fewer images than a task may have too.
            for N in 1...input.N {
                let y = noise(output.count, seed: 41)
                chain.forward(
                    x.tensor(input.with(N: N)),
                    filters: filters.map { UnsafePointer($0.base) },
                    finishes: geometries.indices.map { number in
                        var own = geometries
                        own[own.count - 1] = ConvolutionGeometry(
                            input: own[own.count - 1].input.with(N: N),
                            channels: own[own.count - 1].output.C,
                            kernel: own[own.count - 1].kernel,
                            stride: own[own.count - 1].stride,
                            padding: own[own.count - 1].padding,
                            groups: own[own.count - 1].groups
                        )
                        return Self.finish(number, of: own, factors, residual)
                    },
                    y.tensor(output.with(N: N)),
                    scratch: scratch.base,
                    pool
                )
                let count = N * output.perImage
                #expect(
                    (0..<count).allSatisfy { y.base[$0].bitPattern == expected.base[$0].bitPattern }
                )
            }
        }
    }

    @Test func otherConvolutionsAreNoChain() {
        let shape = Shape(N: 1, H: 8, W: 8, C: 16)
        let pointwise = ConvolutionGeometry(input: shape, channels: 16, kernel: 1)
        let whole = ConvolutionGeometry(input: shape, channels: 16, kernel: 3, padding: 1)
        let depthwise = ConvolutionGeometry(
            input: shape,
            channels: 16,
            kernel: 3,
            padding: 1,
            groups: 16
        )
        let strided = ConvolutionGeometry(input: shape, channels: 16, kernel: 1, stride: 2)
        for geometries in [
            [depthwise], [pointwise, pointwise], [pointwise, whole], [strided, depthwise],
            [depthwise, depthwise], [pointwise, pointwise, depthwise],
            [depthwise, pointwise, pointwise],
        ] {
            #expect(ConvolutionChain(geometries, threads: 2) == nil)
        }
        #expect(ConvolutionChain([pointwise, depthwise, pointwise], threads: 2) != nil)
    }
}
