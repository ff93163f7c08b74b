import Tensors

/// max(x, 0), element by element; written over its input where that is not needed any more, and left
/// to the output pass of a convolution where that is what comes before, whose bias' gradient is summed up in turn.
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
        return BuiltReLU(
            output: output,
            tail: input.tail,
            scratch: builder.scratch(channelSumsScratch(output.shape, slices: builder.slices)),
            pool: builder.pool
        )
    }
}

private final class BuiltReLU: Layer {
    let output: Activation
    /// The convolution before, which applies it.
    private let tail: ConvolutionTail?
    private let scratch: UnsafeMutablePointer<Float>
    private let pool: ThreadPool
    private var slices: Slices?

    init(
        output: Activation,
        tail: ConvolutionTail?,
        scratch: UnsafeMutablePointer<Float>,
        pool: ThreadPool
    ) {
        self.output = output
        self.tail = tail
        self.scratch = scratch
        self.pool = pool
    }

    func forward(_ x: Tensor, _ phase: Phase) -> Tensor {
        slices = phase.slices
        guard tail == nil else { return x }
        let y = output.first(x.shape.N)
        reluForward(x, y, pool)
        return y
    }

    func backward(_ dy: Tensor) -> Tensor? {
        let y = output.first(dy.shape.N)
        if let bias = tail?.bias, let slices {
            reluBackward(
                y: y,
                dy,
                slices: slices,
                sums: bias.gradient,
                scratch: scratch,
                pool
            )
        } else {
            reluBackward(y: y, dy, dy, pool)
        }
        return dy
    }
}
