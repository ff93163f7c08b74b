import Networks
import Tensors

/// x where x > 0, else slope · x, element by element (Maas et al., 2013).
///
/// The worked example of `docs/extending.md`.
struct LeakyReLU: LayerDescription {
    let name: String
    let slope: Float

    func build(_ input: Activation, _ builder: inout Builder) -> any Layer {
        builder.begin(input)
        builder.keep(input)
        let output = builder.output(input.shape)
        let dx = builder.gradient(of: input)
        builder.describe(name, "leaky ReLU", output.shape)
        return BuiltLeakyReLU(slope: slope, output: output, dx: dx, pool: builder.pool)
    }
}

private final class BuiltLeakyReLU: Layer {
    let output: Activation
    private let slope: Float
    private let dx: UnsafeMutablePointer<Float>?
    private let pool: ThreadPool
    private var x: Tensor?

    init(slope: Float, output: Activation, dx: UnsafeMutablePointer<Float>?, pool: ThreadPool) {
        self.slope = slope
        self.output = output
        self.dx = dx
        self.pool = pool
    }

    // y = x > 0 ? x : slope · x
    func forward(_ x: Tensor, _ phase: Phase) -> Tensor {
        self.x = x
        let y = output.first(x.shape.N)
        let slope = slope
        nonisolated(unsafe) let (from, to) = (x.base, y.base)
        pool.parallelRanges(x.count, grain: 1 << 14) { range, _ in
            for i in range { to[i] = from[i] > 0 ? from[i] : slope * from[i] }
        }
        return y
    }

    // dx = x > 0 ? dy : slope · dy
    func backward(_ dy: Tensor) -> Tensor? {
        guard let dx, let x else { return nil }
        let slope = slope
        nonisolated(unsafe) let (input, from, to) = (x.base, dy.base, dx)
        pool.parallelRanges(dy.count, grain: 1 << 14) { range, _ in
            for i in range { to[i] = input[i] > 0 ? from[i] : slope * from[i] }
        }
        return Tensor(dx, dy.shape)
    }
}
