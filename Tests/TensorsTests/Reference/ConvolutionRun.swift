import Tensors

/// All directions of one convolution by the kernel under test, on one pool.
struct ConvolutionRun {
    let y: Storage
    let dx: Storage
    let dweights: Storage
    let dbias: Storage

    /// The operands, which depend on the geometry alone.
    struct Operands {
        let x, dy, weights, bias: Storage

        init(_ g: ConvolutionGeometry) {
            x = noise(g.input.count, seed: 1)
            dy = noise(g.output.count, seed: 2)
            weights = noise(g.weights, seed: 3)
            bias = noise(g.output.C, seed: 4)
        }

        private init(x: Storage, dy: Storage, weights: Storage, bias: Storage) {
            self.x = x
            self.dy = dy
            self.weights = weights
            self.bias = bias
        }

        /// Those of the images `range` alone.
        func images(_ range: Range<Int>, _ g: ConvolutionGeometry) -> Operands {
            func part(_ all: Storage, _ perImage: Int) -> Storage {
                Storage(
                    Array(all.slice(range.lowerBound * perImage..<range.upperBound * perImage))
                )
            }
            return Operands(
                x: part(x, g.input.perImage),
                dy: part(dy, g.output.perImage),
                weights: weights,
                bias: bias
            )
        }
    }

    init(
        _ g: ConvolutionGeometry,
        _ operands: Operands,
        N: Int,
        exact: Bool,
        slices: Slices? = nil,
        _ pool: ThreadPool
    ) {
        let kernel = ConvolutionKernel(
            g,
            slices: slices?.count ?? 1,
            threads: pool.threads,
            exact: exact,
            blas: pool.blas
        )
        // Rubbish in the outputs shows what is not overwritten.
        y = noise(N * g.output.perImage, seed: 5)
        dx = noise(N * g.input.perImage, seed: 6)
        dweights = noise(g.weights, seed: 8)
        dbias = noise(g.output.C, seed: 9)
        let scratch = noise(kernel.scratch, seed: 7)
        let x = operands.x.tensor(g.input.with(N: N))
        let dy = operands.dy.tensor(g.output.with(N: N))
        kernel.forward(
            x,
            weights: operands.weights.base,
            bias: operands.bias.base,
            y.tensor(g.output.with(N: N)),
            slices: slices,
            scratch: scratch.base,
            pool
        )
        kernel.backwardData(
            dy,
            weights: operands.weights.base,
            dx.tensor(g.input.with(N: N)),
            slices: slices,
            scratch: scratch.base,
            pool
        )
        kernel.backwardWeights(
            x,
            dy,
            slices: slices ?? .whole(N),
            dweights: dweights.base,
            dbias: dbias.base,
            scratch: scratch.base,
            pool
        )
    }

    var allBits: [[UInt32]] { [y, dx, dweights, dbias].map { bits($0.buffer) } }
}
