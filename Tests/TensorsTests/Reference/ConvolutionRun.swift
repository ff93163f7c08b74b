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
    }

    init(
        _ g: ConvolutionGeometry,
        _ operands: Operands,
        N: Int,
        exact: Bool,
        gradientsFrom start: Float = 0,
        _ pool: ThreadPool
    ) {
        let kernel = ConvolutionKernel(g, threads: pool.threads, exact: exact)
        // Rubbish in the outputs shows what is not overwritten.
        y = noise(N * g.output.perImage, seed: 5)
        dx = noise(N * g.input.perImage, seed: 6)
        dweights = Storage([Float](repeating: start, count: g.weights))
        dbias = Storage([Float](repeating: start, count: g.output.C))
        let scratch = noise(kernel.scratch, seed: 7)
        let x = operands.x.tensor(g.input.with(N: N))
        let dy = operands.dy.tensor(g.output.with(N: N))
        kernel.forward(
            x,
            weights: operands.weights.base,
            bias: operands.bias.base,
            y.tensor(g.output.with(N: N)),
            scratch: scratch.base,
            pool
        )
        kernel.backwardData(
            dy,
            weights: operands.weights.base,
            dx.tensor(g.input.with(N: N)),
            scratch: scratch.base,
            pool
        )
        kernel.backwardWeights(
            x,
            dy,
            dweights: dweights.base,
            dbias: dbias.base,
            scratch: scratch.base,
            pool
        )
    }

    var allBits: [[UInt32]] { [y, dx, dweights, dbias].map { bits($0.buffer) } }
}
