import Tensors
import Testing

@Suite struct ConvolutionTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let geometry: ConvolutionGeometry
        /// Images of the call, at most the plan's.
        let N: Int

        init(
            _ H: Int,
            _ W: Int,
            _ I: Int,
            _ O: Int,
            _ kernel: Int,
            stride: Int = 1,
            padding: Padding = 0,
            groups: Int = 1,
            plan: Int = 3,
            N: Int = 3
        ) {
            geometry = ConvolutionGeometry(
                input: Shape(N: plan, H: H, W: W, C: I),
                channels: O,
                kernel: kernel,
                stride: stride,
                padding: padding,
                groups: groups
            )
            self.N = N
        }

        var testDescription: String {
            let g = geometry
            return
                "\(g.input)→\(g.output.C) \(g.kernel)² /\(g.stride) +\(g.padding), \(g.groups) groups, \(N) images"
        }
    }

    static let cases = [
        Case(1, 1, 5, 17, 1),
        Case(1, 1, 17, 5, 3, padding: 1),
        Case(7, 7, 64, 64, 1),
        Case(7, 5, 17, 64, 1, stride: 2),
        Case(9, 9, 64, 5, 1, stride: 2, plan: 4, N: 1),
        Case(7, 7, 64, 64, 3, padding: 1),
        Case(8, 11, 3, 64, 3, padding: 1),
        Case(13, 9, 5, 17, 3, padding: 1, plan: 9, N: 9),
        Case(10, 10, 17, 3, 3, plan: 8, N: 5),
        Case(9, 14, 16, 32, 3, stride: 2, padding: 1),
        Case(8, 8, 5, 20, 3, stride: 2, padding: 1),
        Case(2, 3, 3, 17, 3, stride: 2, padding: 1),
        Case(23, 19, 3, 17, 7, stride: 2, padding: 3),
        Case(32, 32, 3, 64, 7, stride: 2, padding: 3, plan: 2, N: 1),
        Case(6, 6, 20, 33, 5, padding: 2),
        // Windows' runs of pixels are copied as whole vectors, but not behind the map or the columns.
        Case(7, 5, 3, 8, 1, stride: 2),
        Case(5, 1, 1, 4, 3, padding: 1),
        Case(6, 9, 4, 16, 2),
        // TensorFlow's padding, more of it below and to the right.
        Case(8, 7, 3, 16, 3, stride: 2, padding: .same),
        Case(9, 8, 17, 16, 3, padding: .same),
        Case(10, 13, 16, 24, 5, stride: 2, padding: .same),
        // Groups.
        Case(7, 6, 16, 32, 3, stride: 2, padding: 1, groups: 4),
        Case(8, 8, 32, 32, 3, padding: 1, groups: 2, plan: 9, N: 9),
        Case(5, 4, 64, 32, 1, groups: 32),
        Case(6, 5, 6, 12, 3, padding: .same, groups: 6),
    ]

    @Test(arguments: cases)
    func agreesWithTheDefiningSum(_ test: Case) {
        let operands = ConvolutionRun.Operands(test.geometry)
        let naive = NaiveConvolution(geometry: test.geometry, N: test.N)
        let y = naive.forward(operands.x, operands.weights, operands.bias)
        let dx = naive.backwardData(operands.dy, operands.weights)
        let dweights = naive.backwardWeights(operands.x, operands.dy, adding: 0)
        let dbias = naive.backwardBias(operands.dy, adding: 0)
        for instructions in InstructionSet.available {
            for exact in [true, false] {
                let run = ConvolutionRun(
                    test.geometry,
                    operands,
                    N: test.N,
                    exact: exact,
                    ThreadPool(threads: 2, instructions: instructions)
                )
                let limit = exact ? 1e-6 : 3e-6
                #expect(relativeError(run.y.buffer, y) < limit)
                #expect(relativeError(run.dx.buffer, dx) < limit)
                #expect(relativeError(run.dweights.buffer, dweights) < limit)
                #expect(relativeError(run.dbias.buffer, dbias) < limit)
            }
        }
    }

    @Test(arguments: cases)
    func bitsDoNotDependOnThreads(_ test: Case) {
        let operands = ConvolutionRun.Operands(test.geometry)
        for exact in [true, false] {
            let runs = pools(.current).map {
                ConvolutionRun(test.geometry, operands, N: test.N, exact: exact, $0).allBits
            }
            #expect(runs[0] == runs[1])
            #expect(runs[0] == runs[2])
        }
    }

    /// Slices of several sizes, one of them empty: each alone, added in the order of their tree.
    @Test(
        arguments: cases.filter { $0.N > 1 } + DepthwiseTests.cases + [
            Case(16, 16, 40, 72, 3, padding: 1, plan: 21, N: 21)
        ]
    )
    func slicesTogetherAreTheSlicesApart(_ test: Case) {
        let first = (test.N + 2) / 3
        let g = ConvolutionGeometry(
            input: test.geometry.input.with(N: 4 * first),
            channels: test.geometry.output.C,
            kernel: test.geometry.kernel,
            stride: test.geometry.stride,
            padding: test.geometry.padding,
            groups: test.geometry.groups
        )
        let operands = ConvolutionRun.Operands(g)
        let images = [
            0..<first, first..<first, first..<min(test.N, 2 * first),
            min(test.N, 2 * first)..<test.N,
        ]
        for exact in [true, false] {
            let together = pools(.current).map {
                ConvolutionRun(
                    g,
                    operands,
                    N: test.N,
                    exact: exact,
                    slices: Slices(images),
                    $0
                )
            }
            let apart = images.map { range in
                let part = operands.images(range, g)
                let own = ConvolutionRun(
                    g,
                    part,
                    N: range.count,
                    exact: exact,
                    ThreadPool(threads: 2)
                )
                return [own.dweights, own.dbias]
            }
            for (index, storage) in [together[0].dweights, together[0].dbias].enumerated() {
                let parts = apart.map { $0[index].buffer }
                for i in storage.buffer.indices {
                    let sum = (parts[0][i] + parts[1][i]) + (parts[2][i] + parts[3][i])
                    #expect(storage.base[i] == sum)
                }
            }
            #expect(together[0].allBits == together[1].allBits)
            #expect(together[0].allBits == together[2].allBits)
        }
    }

    @Test(
        .enabled(
            if: InstructionSet.available.contains(.avx512),
            "compares AVX-512 with AVX2, and this processor has no AVX-512"
        ),
        arguments: cases + DepthwiseTests.cases
    )
    func instructionSetsWithFusedProductsAgreeInBits(_ test: Case) {
        let operands = ConvolutionRun.Operands(test.geometry)
        let runs = InstructionSet.available.filter { $0 != .baseline }.map {
            let pool = ThreadPool(threads: 2, instructions: $0)
            return ConvolutionRun(test.geometry, operands, N: test.N, exact: false, pool).allBits
        }
        for run in runs.dropFirst() { #expect(run == runs[0]) }
    }

    @Test(arguments: cases + DepthwiseTests.cases)
    func anImagesResultDoesNotDependOnItsBatch(_ test: Case) {
        let g = test.geometry
        let operands = ConvolutionRun.Operands(g)
        let pool = ThreadPool(threads: 2)
        for exact in [true, false] {
            let all = ConvolutionRun(g, operands, N: test.N, exact: exact, pool)
            let one = ConvolutionRun(g, operands, N: 1, exact: exact, pool)
            #expect(bits(one.y.buffer) == Array(bits(all.y.buffer).prefix(one.y.count)))
            #expect(bits(one.dx.buffer) == Array(bits(all.dx.buffer).prefix(one.dx.count)))
        }
    }

    /// The 3×3 layers of VGG and ResNet with their channels and sides, or sides that end in the same
    /// part of a tile: 224, 112, 56 and 28 end in a whole one, 14 in two pixels, 7 in three.
    @Test(arguments: [
        (12, 64, 64), (8, 64, 128), (8, 128, 128), (8, 128, 256), (8, 256, 256), (8, 256, 512),
        (8, 512, 512), (14, 256, 256), (6, 512, 512), (7, 512, 512),
    ])
    func theFastAlgorithmKeepsItsDigits(_ side: Int, _ I: Int, _ O: Int) {
        let g = ConvolutionGeometry(
            input: Shape(N: 1, H: side, W: side, C: I),
            channels: O,
            kernel: 3,
            padding: 1
        )
        let operands = ConvolutionRun.Operands(g)
        let run = ConvolutionRun(g, operands, N: 1, exact: false, ThreadPool(threads: 2))
        let naive = NaiveConvolution(geometry: g, N: 1)
        let y = naive.forward(operands.x, operands.weights, operands.bias)
        let dx = naive.backwardData(operands.dy, operands.weights)
        let dweights = naive.backwardWeights(operands.x, operands.dy, adding: 0)
        #expect(relativeError(run.y.buffer, y) < 3e-6)
        #expect(relativeError(run.dx.buffer, dx) < 3e-6)
        #expect(relativeError(run.dweights.buffer, dweights) < 3e-6)
    }

    /// Steps that are cut between pixels, rows and images, single ones and many in turn, and blocks of tiles.
    @Test(arguments: [
        Case(14, 14, 40, 24, 1, plan: 5, N: 5), Case(14, 14, 40, 24, 1, plan: 5, N: 1),
        Case(7, 7, 40, 136, 1, plan: 9, N: 7), Case(15, 14, 24, 40, 3, stride: 2, padding: 1),
        Case(30, 30, 24, 8, 3, stride: 2, padding: 1, plan: 1, N: 1),
        Case(7, 7, 24, 40, 3, stride: 2, padding: 1, plan: 70, N: 70),
        Case(56, 56, 64, 8, 1, plan: 7, N: 7), Case(28, 28, 8, 72, 1, plan: 40, N: 39),
        Case(14, 14, 32, 40, 3, padding: 1, plan: 9, N: 9),
        Case(28, 28, 72, 72, 3, padding: 1, groups: 72, plan: 20, N: 19),
    ])
    func howStepsAreCutLeavesBits(_ test: Case) {
        let g = test.geometry
        let operands = ConvolutionRun.Operands(g)
        let outputs = [1, 2, 3, 7].map { threads in
            let pool = ThreadPool(threads: threads)
            let kernel = ConvolutionKernel(g, threads: threads)
            let y = Storage([Float](repeating: .nan, count: test.N * g.output.perImage))
            let scratch = noise(kernel.scratch, seed: 7)
            kernel.forward(
                operands.x.tensor(g.input.with(N: test.N)),
                weights: operands.weights.base,
                bias: operands.bias.base,
                y.tensor(g.output.with(N: test.N)),
                scratch: scratch.base,
                pool
            )
            return bits(y.buffer)
        }
        #expect(!outputs[0].contains { Float(bitPattern: $0).isNaN })
        for output in outputs.dropFirst() { #expect(output == outputs[0]) }
    }

    /// More tiles than a block, and more filters than the second cache: blocks that threads share.
    @Test func deepLayersOfSeveralBlocks() {
        let g = ConvolutionGeometry(
            input: Shape(N: 3, H: 28, W: 28, C: 256),
            channels: 232,
            kernel: 3,
            padding: 1
        )
        let operands = ConvolutionRun.Operands(g)
        let exact = ConvolutionRun(g, operands, N: 3, exact: true, ThreadPool(threads: 2))
        let runs = pools(.current).map { ConvolutionRun(g, operands, N: 3, exact: false, $0) }
        for run in runs {
            #expect(relativeError(run.y.buffer, exact.y.buffer.map(Double.init)) < 3e-6)
            #expect(relativeError(run.dx.buffer, exact.dx.buffer.map(Double.init)) < 3e-6)
            let dweights = exact.dweights.buffer.map(Double.init)
            #expect(relativeError(run.dweights.buffer, dweights) < 3e-6)
            #expect(run.allBits == runs[0].allBits)
        }
    }
}
