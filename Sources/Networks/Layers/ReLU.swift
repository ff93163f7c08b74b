import Tensors

/// max(x, 0), element by element; written over its input where that is not needed any more.
public struct ReLU: LayerDescription {
    private let name: String

    /// Makes a ReLU.
    public init(_ name: String) { self.name = name }

    /// Builds the layer.
    public func build(_ input: Activation, _ builder: inout Builder) -> any Layer {
        builder.begin(input)
        let output =
            input.isOverwritable
            ? builder.output(over: input)
            : builder.output(input.shape, sharingGradientOf: input)
        builder.keep(output)
        builder.describe(name, "ReLU", output.shape)
        return BuiltReLU(output: output, pool: builder.pool)
    }
}

private final class BuiltReLU: Layer {
    let output: Activation
    private let pool: ThreadPool

    init(output: Activation, pool: ThreadPool) {
        self.output = output
        self.pool = pool
    }

    func forward(_ x: Tensor, _ phase: Phase) -> Tensor {
        let y = output.first(x.shape.N)
        reluForward(x, y, pool)
        return y
    }

    func backward(_ dy: Tensor) -> Tensor? {
        reluBackward(y: output.first(dy.shape.N), dy, dy, pool)
        return dy
    }
}
