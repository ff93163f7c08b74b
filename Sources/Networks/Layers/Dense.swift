import Tensors

/// A fully connected layer, [N, H, W, C] → [N, 1, 1, O], with weights of PyTorch's shape
/// [O, C·H·W].
///
/// Maps are flattened: the columns lie in memory in the order H, W, C of the maps, and take
/// PyTorch's order C, H, W in files.
public struct Dense: LayerDescription {
    private let name: String
    private let outputs: Int
    private let rule: InitialisationRule
    private let isHead: Bool

    /// Makes a dense layer.
    ///
    /// - Parameter isHead: whether `outputs` is the number of classes.
    public init(_ name: String, outputs: Int, rule: InitialisationRule, isHead: Bool = false) {
        self.name = name
        self.outputs = outputs
        self.rule = rule
        self.isHead = isHead
    }

    /// Builds the layer.
    public func build(_ input: Activation, _ builder: inout Builder) -> any Layer {
        builder.begin(input)
        let inputs = input.shape.perImage
        let weights = builder.parameter(
            name + ".weight",
            shape: [outputs, inputs],
            kind: .weight,
            initial: rule.weight(fanIn: inputs, fanOut: outputs),
            planes: input.shape.H * input.shape.W,
            isHead: isHead
        )
        let bias = builder.parameter(
            name + ".bias",
            shape: [outputs],
            kind: .bias,
            initial: rule.bias(fanIn: inputs),
            isHead: isHead
        )
        let output = builder.output(Shape(N: input.shape.N, C: outputs), overwritable: true)
        builder.keep(input)
        builder.describe(name, "dense", output.shape, operations: inputs * outputs)
        return BuiltDense(
            weights: weights,
            bias: bias,
            output: output,
            dx: builder.gradient(of: input),
            pool: builder.pool
        )
    }
}

private final class BuiltDense: Layer {
    let output: Activation
    private let weights: ParameterPlace
    private let bias: ParameterPlace
    private let dx: UnsafeMutablePointer<Float>?
    private let pool: ThreadPool
    private var x: Tensor?
    private var slices: Slices?

    init(
        weights: ParameterPlace,
        bias: ParameterPlace,
        output: Activation,
        dx: UnsafeMutablePointer<Float>?,
        pool: ThreadPool
    ) {
        self.weights = weights
        self.bias = bias
        self.output = output
        self.dx = dx
        self.pool = pool
    }

    func forward(_ x: Tensor, _ phase: Phase) -> Tensor {
        self.x = x
        slices = phase.slices
        let y = output.first(x.shape.N)
        denseForward(flat(x), weights: weights.value, bias: bias.value, y, pool)
        return y
    }

    func backward(_ dy: Tensor) -> Tensor? {
        guard let x, let slices else { preconditionFailure("backward follows forward in training") }
        denseBackwardWeights(
            flat(x),
            dy,
            slices: slices,
            dweights: weights.gradient,
            dbias: bias.gradient,
            pool
        )
        guard let dx else { return nil }
        let result = Tensor(dx, x.shape)
        denseBackwardData(dy, weights: weights.value, flat(result), pool)
        return result
    }

    private func flat(_ x: Tensor) -> Tensor {
        x.reshaped(Shape(N: x.shape.N, C: x.shape.perImage))
    }
}
