import Tensors

/// max(x, 0), element by element; written over its input where that is not needed any more, and left
/// to the output pass of a convolution where that is what comes before.
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
        input.tail?.relu = true
        return BuiltReLU(output: output, isDone: input.tail != nil, pool: builder.pool)
    }
}

private final class BuiltReLU: Layer {
    let output: Activation
    /// Whether the layer before applies it.
    private let isDone: Bool
    private let pool: ThreadPool

    init(output: Activation, isDone: Bool, pool: ThreadPool) {
        self.output = output
        self.isDone = isDone
        self.pool = pool
    }

    func forward(_ x: Tensor, _ phase: Phase) -> Tensor {
        guard !isDone else { return x }
        let y = output.first(x.shape.N)
        reluForward(x, y, pool)
        return y
    }

    func backward(_ dy: Tensor) -> Tensor? {
        reluBackward(y: output.first(dy.shape.N), dy, dy, pool)
        return dy
    }
}
