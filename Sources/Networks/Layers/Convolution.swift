import Tensors

/// A 2-d convolution, [N, H, W, I] → [N, OH, OW, O], with weights of PyTorch's shape
/// [O, I, K, K] that lie in memory as [O][K][K][I].
public struct Convolution: LayerDescription {
    private let name: String
    private let channels: Int
    private let kernel: Int
    private let stride: Int
    private let padding: Int
    private let hasBias: Bool
    private let rule: InitialisationRule

    /// Makes a convolution to `channels` channels with a square kernel.
    public init(
        _ name: String,
        channels: Int,
        kernel: Int,
        stride: Int = 1,
        padding: Int = 0,
        bias: Bool,
        rule: InitialisationRule = .kaimingFanOut
    ) {
        self.name = name
        self.channels = channels
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        hasBias = bias
        self.rule = rule
    }

    /// Builds the layer.
    public func build(_ input: Activation, _ builder: inout Builder) -> any Layer {
        builder.begin(input)
        let geometry = ConvolutionGeometry(
            input: input.shape,
            channels: channels,
            kernel: kernel,
            stride: stride,
            padding: padding
        )
        let taps = kernel * kernel
        let fanIn = taps * input.shape.C
        let weights = builder.parameter(
            name + ".weight",
            shape: [channels, input.shape.C, kernel, kernel],
            kind: .weight,
            initial: rule.weight(fanIn: fanIn, fanOut: taps * channels),
            planes: taps
        )
        let bias =
            hasBias
            ? builder.parameter(
                name + ".bias",
                shape: [channels],
                kind: .bias,
                initial: rule.bias(fanIn: fanIn)
            ) : nil
        let algorithm = ConvolutionKernel(
            geometry,
            slices: builder.slices,
            threads: builder.pool.threads,
            exact: builder.exact
        )
        var output = builder.output(geometry.output, overwritable: true)
        let tail = ConvolutionTail()
        tail.bias = bias
        output.tail = tail
        builder.keep(input)
        builder.describe(
            name,
            "convolution \(kernel)×\(kernel)" + (stride > 1 ? " / \(stride)" : ""),
            output.shape,
            operations: output.shape.perImage * fanIn,
            algorithm: algorithm.algorithm
        )
        let needsGradient = builder.purpose == .training && input.needsGradient
        let backwardFilters = PreparedFilters(
            needsGradient ? algorithm.backwardFilters : 0,
            &builder
        )
        return BuiltConvolution(
            kernel: algorithm,
            weights: weights,
            bias: bias,
            tail: tail,
            factors: builder.note(2 * channels),
            forwardFilters: PreparedFilters(algorithm.forwardFilters, &builder),
            backwardFilters: backwardFilters,
            output: output,
            dx: builder.gradient(of: input),
            scratch: builder.scratch(algorithm.notedFloats + algorithm.scratch),
            pool: builder.pool
        )
    }
}

private final class BuiltConvolution: Layer {
    let output: Activation
    private let kernel: ConvolutionKernel
    private let weights: ParameterPlace
    private let bias: ParameterPlace?
    private let tail: ConvolutionTail
    private let factors: UnsafeMutablePointer<Float>
    private var forwardFilters: PreparedFilters
    private var backwardFilters: PreparedFilters
    private let dx: UnsafeMutablePointer<Float>?
    private let scratch: UnsafeMutablePointer<Float>
    private let pool: ThreadPool
    private var x: Tensor?
    private var slices: Slices?

    init(
        kernel: ConvolutionKernel,
        weights: ParameterPlace,
        bias: ParameterPlace?,
        tail: ConvolutionTail,
        factors: UnsafeMutablePointer<Float>,
        forwardFilters: PreparedFilters,
        backwardFilters: PreparedFilters,
        output: Activation,
        dx: UnsafeMutablePointer<Float>?,
        scratch: UnsafeMutablePointer<Float>,
        pool: ThreadPool
    ) {
        self.kernel = kernel
        self.weights = weights
        self.bias = bias
        self.tail = tail
        self.factors = factors
        self.forwardFilters = forwardFilters
        self.backwardFilters = backwardFilters
        self.output = output
        self.dx = dx
        self.scratch = scratch
        self.pool = pool
    }

    func forward(_ x: Tensor, _ phase: Phase) -> Tensor {
        self.x = x
        slices = phase.slices
        let y = output.first(x.shape.N)
        let working = scratch + kernel.notedFloats
        let filters = forwardFilters.ready(scratch: working) {
            kernel.prepareForward(weights.value, into: $0, pool)
        }
        // A batch norm finds the moments at the beginning of the scratch.
        tail.notes = nil
        if case .training = phase, tail.norm != nil { tail.notes = kernel.notes(in: scratch) }
        kernel.forward(
            x,
            filters: filters,
            finish: finish(phase),
            y,
            notes: tail.notes,
            scratch: working + kernel.forwardFilters,
            pool
        )
        return y
    }

    /// The bias, and what the layers behind have left to this one.
    private func finish(_ phase: Phase) -> ConvolutionFinish {
        let bias = bias.map { UnsafePointer($0.value) }
        guard case .evaluation = phase, let norm = tail.norm else {
            return ConvolutionFinish(bias: bias, relu: tail.relu)
        }
        foldNorm(
            gamma: norm.parameters.gamma.value,
            beta: norm.parameters.beta.value,
            mean: norm.parameters.mean.value,
            variance: norm.parameters.variance.value,
            epsilon: norm.epsilon,
            bias: bias,
            channels: output.shape.C,
            into: factors
        )
        return ConvolutionFinish(
            factors: factors,
            channels: output.shape.C,
            residual: tail.residual,
            relu: norm.relu
        )
    }

    func backward(_ dy: Tensor) -> Tensor? {
        guard let x, let slices else { preconditionFailure("backward follows forward in training") }
        kernel.backwardWeights(
            x,
            dy,
            slices: slices,
            dweights: weights.gradient,
            dbias: tail.norm == nil && !tail.relu ? bias?.gradient : nil,
            scratch: scratch,
            pool
        )
        // A batch norm takes the mean away, and with it whatever a bias adds: the sum is rounding alone.
        if tail.norm != nil { bias?.gradient.update(repeating: 0, count: output.shape.C) }
        guard let dx else { return nil }
        let result = Tensor(dx, x.shape)
        let filters = backwardFilters.ready(scratch: scratch) {
            kernel.prepareBackward(weights.value, into: $0, pool)
        }
        kernel.backwardData(
            dy,
            filters: filters,
            result,
            scratch: scratch + kernel.backwardFilters,
            pool
        )
        return result
    }
}
