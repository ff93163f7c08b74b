import Tensors
import Testing

/// Moments that a convolution notes of its outputs, beside those of the outputs themselves.
@Suite struct RecordedMomentsTests {
    struct Case: Sendable {
        let side, channels, N, slices: Int
        /// Added to the outputs: a mean far from zero must not cost the variance its digits.
        var bias: Float = 0
        /// Whether each channel is convolved by itself, whose groups are bands of rows.
        var isDepthwise = false
    }

    static let cases = [
        Case(side: 8, channels: 16, N: 1, slices: 1),
        // Tiles hang over the border.
        Case(side: 14, channels: 32, N: 5, slices: 2, bias: 3),
        Case(side: 32, channels: 16, N: 3, slices: 3, bias: 200),
        // So many channels that threads share blocks.
        Case(side: 7, channels: 352, N: 3, slices: 2),
        Case(side: 15, channels: 24, N: 5, slices: 2, bias: 3, isDepthwise: true),
        // Several bands.
        Case(side: 57, channels: 40, N: 3, slices: 3, isDepthwise: true),
        Case(side: 9, channels: 3, N: 2, slices: 1, isDepthwise: true),
    ]

    @Test(arguments: cases, InstructionSet.available)
    func areThoseOfTheOutputs(_ test: Case, _ instructions: InstructionSet) throws {
        let C = test.channels
        let geometry = ConvolutionGeometry(
            input: Shape(N: test.N, H: test.side, W: test.side, C: C),
            channels: C,
            kernel: 3,
            padding: 1,
            groups: test.isDepthwise ? C : 1
        )
        let slices = Slices(
            (0..<test.slices).map { slice in
                slice * test.N / test.slices..<(slice + 1) * test.N / test.slices
            }
        )
        let (x, weights) = (noise(geometry.input.count, seed: 1), noise(geometry.weights, seed: 2))
        let bias = Storage([Float](repeating: test.bias, count: C))
        var seen: [[[UInt32]]] = []
        for pool in pools(instructions) {
            let kernel = ConvolutionKernel(geometry, threads: pool.threads)
            let y = noise(geometry.output.count, seed: 3)
            let noted = Storage([Float](repeating: .nan, count: kernel.notedFloats))
            let notes = try #require(kernel.notes(in: noted.base))
            let scratch = Storage(count: kernel.scratch)
            kernel.prepareForward(weights.base, into: scratch.base, pool)
            kernel.forward(
                x.tensor(geometry.input),
                filters: scratch.base,
                finish: ConvolutionEpilogue(bias: bias.base),
                y.tensor(geometry.output),
                notes: notes,
                scratch: scratch.base + kernel.forwardFilters,
                pool
            )
            let norm = BatchNormKernel(
                shape: geometry.output,
                slices: test.slices,
                epsilon: 1e-5,
                activation: .relu
            )
            let room = Storage(count: norm.scratch)
            let (gamma, beta) = (noise(C, seed: 4), noise(C, seed: 5))
            let z = Storage(count: y.count)
            let mean = noise(test.slices * C, seed: 6)
            let variance = noise(test.slices * C, seed: 7)
            norm.forwardTraining(
                y.tensor(geometry.output),
                slices: slices,
                gamma: gamma.base,
                beta: beta.base,
                residual: nil,
                notes: notes,
                z.tensor(geometry.output),
                mean: mean.base,
                variance: variance.base,
                scratch: room.base,
                pool
            )
            let expected = momentsOf(y.tensor(geometry.output), slices)
            #expect(relativeError(mean.buffer, expected.mean) < 1e-6)
            #expect(relativeError(variance.buffer, expected.variance) < 1e-6)
            let got = [mean, variance, z]
            seen.append(got.map { bits($0.buffer) })
        }
        #expect(seen[0] == seen[1])
        #expect(seen[0] == seen[2])
    }

    /// By their definition, in double precision.
    private func momentsOf(_ y: Tensor, _ slices: Slices) -> (mean: [Double], variance: [Double]) {
        let (C, perImage) = (y.shape.C, y.shape.perImage)
        var (means, variances): ([Double], [Double]) = ([], [])
        for images in slices.images {
            for c in 0..<C {
                let places = stride(
                    from: images.lowerBound * perImage + c,
                    to: images.upperBound * perImage,
                    by: C
                )
                let values = places.map { Double(y.base[$0]) }
                let mean = values.reduce(0, +) / Double(values.count)
                means.append(mean)
                variances.append(
                    values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
                )
            }
        }
        return (means, variances)
    }

    /// A slice's moments must not depend on what else is in the batch.
    @Test func areASlicesOwn() throws {
        let geometry = ConvolutionGeometry(
            input: Shape(N: 5, H: 14, W: 14, C: 16),
            channels: 16,
            kernel: 3,
            padding: 1
        )
        let pool = ThreadPool(threads: 2)
        let (x, weights) = (noise(geometry.input.count, seed: 1), noise(geometry.weights, seed: 2))
        func notes(_ images: Range<Int>) throws -> [UInt32] {
            let kernel = ConvolutionKernel(geometry, threads: 2)
            let y = Storage(count: geometry.output.count)
            let notes = Storage(count: kernel.notedFloats)
            let scratch = Storage(count: kernel.scratch)
            kernel.prepareForward(weights.base, into: scratch.base, pool)
            let count = images.count
            kernel.forward(
                Tensor(
                    x.base + images.lowerBound * geometry.input.perImage,
                    geometry.input.with(N: count)
                ),
                filters: scratch.base,
                finish: ConvolutionEpilogue(bias: nil),
                y.tensor(geometry.output.with(N: count)),
                notes: kernel.notes(in: notes.base),
                scratch: scratch.base + kernel.forwardFilters,
                pool
            )
            return Array(bits(notes.buffer).prefix(kernel.notedFloats / 5 * count))
        }
        let all = try notes(0..<5)
        #expect(try Array(all.suffix(all.count / 5 * 3)) == notes(2..<5))
    }

    @Test func mapsWhoseTilesComeInNoWholeGroupsAreNotNoted() {
        let geometry = ConvolutionGeometry(
            input: Shape(N: 1, H: 28, W: 28, C: 16),
            channels: 16,
            kernel: 3,
            padding: 1
        )
        let kernel = ConvolutionKernel(geometry, threads: 1)
        #expect(kernel.notedFloats == 0)
    }
}
