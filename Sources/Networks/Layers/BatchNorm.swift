import Tensors

/// Normalisation of each channel over the batch (Ioffe and Szegedy, 2015), with the ReLU and the
/// residual sum that follow it fused: y = relu(γ · (x − mean) / √(variance + ε) + β + residual).
///
/// In evaluation it is an affine function of each channel, which a convolution before it takes over.
public struct BatchNorm: LayerDescription {
    private let name: String
    private let epsilon: Float
    private let momentum: Float
    private let relu: Bool

    /// Makes a batch norm.
    ///
    /// - Parameters:
    ///   - epsilon: added to the variance.
    ///   - momentum: PyTorch's: the share of the new statistics in the running ones.
    ///   - relu: whether a ReLU follows.
    public init(_ name: String, epsilon: Float = 1e-5, momentum: Float = 0.1, relu: Bool) {
        self.name = name
        self.epsilon = epsilon
        self.momentum = momentum
        self.relu = relu
    }

    /// Builds the layer.
    public func build(_ input: Activation, _ builder: inout Builder) -> any Layer {
        build(input, residual: nil, &builder)
    }

    /// Builds the layer with `residual` added before the ReLU.
    func build(
        _ input: Activation,
        residual: Activation?,
        _ builder: inout Builder
    ) -> BuiltBatchNorm {
        builder.begin(input)
        let C = input.shape.C
        func parameter(
            _ suffix: String,
            _ kind: Parameter.Kind,
            _ initial: Float
        ) -> ParameterPlace {
            builder.parameter(
                name + suffix,
                shape: [C],
                kind: kind,
                initial: .constant(initial)
            )
        }
        let parameters = BuiltBatchNorm.Parameters(
            gamma: parameter(".weight", .norm, 1),
            beta: parameter(".bias", .norm, 0),
            mean: parameter(".running_mean", .statistic(momentum: momentum), 0),
            variance: parameter(".running_var", .statistic(momentum: momentum), 1)
        )
        builder.noteBatchNorm(name)
        let kernel = BatchNormKernel(
            shape: input.shape,
            slices: builder.slices,
            epsilon: epsilon,
            relu: relu
        )
        input.tail?.norm = .init(parameters: parameters, epsilon: epsilon, relu: relu)
        let output =
            input.tail != nil && builder.purpose == .evaluation
            ? builder.output(leftTo: input)
            : builder.output(input.shape, overwritable: !relu, sharingGradientOf: input)
        builder.keep(input)
        if relu, residual != nil { builder.keep(output) }
        if let residual { builder.use(residual) }
        builder.describe(
            name,
            "batch norm" + (residual == nil ? "" : " + sum") + (relu ? " + ReLU" : ""),
            output.shape
        )
        return BuiltBatchNorm(
            kernel: kernel,
            parameters: parameters,
            tail: input.tail,
            batchMean: builder.note(builder.slices * C),
            batchVariance: builder.note(builder.slices * C),
            output: output,
            addsResidual: residual != nil,
            dresidual: residual.flatMap { builder.gradient(of: $0) },
            scratch: builder.scratch(kernel.scratch),
            pool: builder.pool
        )
    }
}

final class BuiltBatchNorm: Layer {
    /// Where the parameters and running statistics lie, [C] each.
    struct Parameters {
        let gamma: ParameterPlace
        let beta: ParameterPlace
        let mean: ParameterPlace
        let variance: ParameterPlace
    }

    let output: Activation
    private let kernel: BatchNormKernel
    private let parameters: Parameters
    /// The convolution before, which does all of this layer's work in evaluation.
    private let tail: ConvolutionTail?
    private let batchMean: UnsafeMutablePointer<Float>
    private let batchVariance: UnsafeMutablePointer<Float>
    private let addsResidual: Bool
    private let dresidual: UnsafeMutablePointer<Float>?
    private let scratch: UnsafeMutablePointer<Float>
    private let pool: ThreadPool
    private var x: Tensor?
    private var slices: Slices?

    init(
        kernel: BatchNormKernel,
        parameters: Parameters,
        tail: ConvolutionTail?,
        batchMean: UnsafeMutablePointer<Float>,
        batchVariance: UnsafeMutablePointer<Float>,
        output: Activation,
        addsResidual: Bool,
        dresidual: UnsafeMutablePointer<Float>?,
        scratch: UnsafeMutablePointer<Float>,
        pool: ThreadPool
    ) {
        self.kernel = kernel
        self.parameters = parameters
        self.tail = tail
        self.batchMean = batchMean
        self.batchVariance = batchVariance
        self.output = output
        self.addsResidual = addsResidual
        self.dresidual = dresidual
        self.scratch = scratch
        self.pool = pool
    }

    func forward(_ x: Tensor, _ phase: Phase) -> Tensor { forward(x, residual: nil, phase) }

    /// Says what will be added, before the layer in front of this one runs.
    func announce(residual: Tensor) { tail?.residual = residual }

    /// Normalises `x`, adds `residual`, applies the ReLU.
    func forward(_ x: Tensor, residual: Tensor?, _ phase: Phase) -> Tensor {
        if case .evaluation = phase, tail != nil { return x }
        self.x = x
        slices = phase.slices
        let y = output.first(x.shape.N)
        switch phase {
        case .evaluation:
            kernel.forwardEvaluation(
                x,
                gamma: parameters.gamma.value,
                beta: parameters.beta.value,
                mean: parameters.mean.value,
                variance: parameters.variance.value,
                residual: residual,
                y,
                pool
            )
        case .training(let context):
            kernel.forwardTraining(
                x,
                slices: context.slices,
                gamma: parameters.gamma.value,
                beta: parameters.beta.value,
                residual: residual,
                notes: tail?.takeNotes(),
                y,
                mean: batchMean,
                variance: batchVariance,
                scratch: scratch,
                pool
            )
            noteStatistics(context)
        }
        return y
    }

    /// Writes to the places of the running statistics' gradients: the mean, and the variance without
    /// bias, as PyTorch's running variance has it, each the slices' weighted sum.
    private func noteStatistics(_ context: TrainingContext) {
        let C = output.shape.C
        let pixels = output.shape.H * output.shape.W
        let (means, variances) = (scratch, scratch + context.slices.count * C)
        for (slice, images) in context.slices.images.enumerated() {
            let weight = context.statisticsWeights[slice]
            guard !images.isEmpty else {
                // What lies there is of another pass and may be no number.
                for place in slice * C..<(slice + 1) * C {
                    (means[place], variances[place]) = (0, 0)
                }
                continue
            }
            let count = Double(images.count * pixels)
            let unbiased = weight * Float(count / max(count - 1, 1))
            for place in slice * C..<(slice + 1) * C {
                means[place] = weight * batchMean[place]
                variances[place] = unbiased * batchVariance[place]
            }
        }
        sumSlices(means, context.slices, width: C, into: parameters.mean.gradient)
        sumSlices(variances, context.slices, width: C, into: parameters.variance.gradient)
    }

    func backward(_ dy: Tensor) -> Tensor? { backwardBoth(dy).dx }

    /// The gradients of `x`, in the memory of `dy`, and of `residual`.
    func backwardBoth(_ dy: Tensor) -> (dx: Tensor, dresidual: Tensor?) {
        guard let x, let slices else { preconditionFailure("backward follows forward in training") }
        let dresidual = dresidual.map { Tensor($0, dy.shape) }
        kernel.backward(
            x,
            slices: slices,
            y: addsResidual ? output.first(x.shape.N) : nil,
            dy,
            gamma: parameters.gamma.value,
            beta: parameters.beta.value,
            mean: batchMean,
            variance: batchVariance,
            dy,
            dresidual: dresidual,
            dgamma: parameters.gamma.gradient,
            dbeta: parameters.beta.gradient,
            scratch: scratch,
            pool
        )
        return (dy, dresidual)
    }
}
