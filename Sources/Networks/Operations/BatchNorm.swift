public import Tensors

/// Normalisation of each channel over the batch (Ioffe and Szegedy, 2015):
/// y = γ · (x − mean) / √(variance + ε) + β.
///
/// With what `Fusion` lets it take over: y = activation(… + residual), the residual being its second input.
public struct BatchNorm: Operation {
    let epsilon: Float
    private let momentum: Float
    private let initialScale: Float
    /// Whether the second input is added.
    private(set) var addsResidual = false
    /// What follows at once.
    private(set) var activation = Activation.none
    /// Whether training normalises by the running statistics too and leaves them as they are.
    private(set) var keepsStatistics = false

    /// Makes a batch norm.
    ///
    /// - Parameters:
    ///   - epsilon: added to the variance.
    ///   - momentum: PyTorch's: the share of the new statistics in the running ones.
    ///   - initialScale: γ at the start; with 0 a residual branch begins as nothing (Goyal et al., 2017).
    public init(epsilon: Float = 1e-5, momentum: Float = 0.1, initialScale: Float = 1) {
        self.epsilon = epsilon
        self.momentum = momentum
        self.initialScale = initialScale
    }

    /// This one with its running statistics in training too; scale and shift are trained.
    var keepingStatistics: BatchNorm {
        var other = self
        other.keepsStatistics = true
        return other
    }

    /// This one and the sum behind it, whose other operand becomes the second input.
    var followedBySum: BatchNorm {
        var both = self
        both.addsResidual = true
        return both
    }

    /// This one and the activation behind it; nil where the norm's passes do not apply it.
    func followed(by next: Activation) -> BatchNorm? {
        guard activation == .none, next.followsNorms, !addsResidual || next == .relu else {
            return nil
        }
        var both = self
        both.activation = next
        return both
    }

    /// What it is, and what was taken over.
    public var kind: String {
        "batch norm" + (addsResidual ? " + sum" : "")
            + (activation == .none ? "" : " + " + activation.title)
    }

    /// That of the input.
    public func output(_ inputs: [Shape]) -> Shape { inputs[0] }

    /// Scale, shift and the running statistics of each channel.
    public func parameters(_ name: String, _ inputs: [Shape]) -> [ParameterSpecification] {
        func parameter(_ suffix: String, _ kind: Parameter.Kind, _ initial: Float)
            -> ParameterSpecification
        {
            var wanted = ParameterSpecification(
                name + suffix,
                shape: [inputs[0].C],
                kind: kind,
                initial: .constant(initial)
            )
            wanted.isKept = keepsStatistics && !kind.isTrainable
            return wanted
        }
        return [
            parameter(".weight", .norm, initialScale),
            parameter(".bias", .norm, 0),
            parameter(".running_mean", .statistic(momentum: momentum), 0),
            parameter(".running_var", .statistic(momentum: momentum), 1),
        ]
    }

    /// The norm by itself.
    public func kernel(_ site: KernelSite) -> any Kernel {
        LoneNormPasses(norm: NormPasses(self, site.output, site.options))
    }

    /// BatchNormalization by the running statistics, and what was taken over.
    public func write(_ site: PortableSite, to graph: inout PortableGraph) -> PortableGraph.Value {
        let parameters = site.parameters.map { graph.weight($0) }
        let y = graph.append(
            "BatchNormalization",
            site,
            [site.inputs[0]] + parameters,
            [.init("epsilon", .float(epsilon))]
        )
        return writeFollowing(y, residual: site.inputs.dropFirst().first, site, to: &graph)
    }

    /// The sum and the activation behind the norm, where it has taken them over.
    func writeFollowing(
        _ y: PortableGraph.Value,
        residual: PortableGraph.Value?,
        _ site: PortableSite,
        to graph: inout PortableGraph
    ) -> PortableGraph.Value {
        var y = y
        if addsResidual, let residual { y = graph.append("Add", site, [y, residual]) }
        return graph.append(activation, site, y)
    }

    /// The scale of each channel and its shift in evaluation, behind a layer that would add `bias`.
    ///
    /// - Parameter parameters: γ, β, the running mean and variance.
    func folded(_ parameters: [[Float]], bias: [Float]?) -> (scale: [Float], shift: [Float]) {
        let channels = parameters[0].count
        var factors = [Float](repeating: 0, count: 2 * channels)
        foldNorm(
            gamma: parameters[0],
            beta: parameters[1],
            mean: parameters[2],
            variance: parameters[3],
            epsilon: epsilon,
            bias: bias ?? [Float](repeating: 0, count: channels),
            channels: channels,
            into: &factors
        )
        return (Array(factors.prefix(channels)), Array(factors.suffix(channels)))
    }
}

extension Graph {
    /// Appends a batch norm.
    public mutating func batchNorm(
        _ x: Value,
        _ name: String,
        epsilon: Float = 1e-5,
        momentum: Float = 0.1,
        initialScale: Float = 1
    ) -> Value {
        let norm = BatchNorm(epsilon: epsilon, momentum: momentum, initialScale: initialScale)
        return append(name, norm, x)
    }
}

/// A batch norm that no convolution has taken over.
private struct LoneNormPasses: Kernel {
    let norm: NormPasses

    var requirements: KernelRequirements {
        var needs = KernelRequirements()
        needs.saved = norm.saved
        needs.workspace = norm.workspace
        needs.backwardReadsInputs = [0]
        needs.backwardReadsOutput = norm.backwardReadsOutput
        needs.mayOverwriteGradient = true
        return needs
    }

    func forward(_ pass: ForwardPass) {
        let parameters = NormPasses.Parameters(pass.parameters[...])
        let residual = norm.addsResidual ? pass.inputs[1] : nil
        switch pass.phase {
        case .evaluation:
            norm.evaluate(pass.x, residual: residual, pass.y, parameters, pass.pool)
        case .training(let context):
            norm.forward(
                pass.x,
                residual: residual,
                moments: nil,
                pass.y,
                parameters,
                statistics: pass.saved,
                context,
                workspace: pass.workspace,
                pass.pool
            )
        }
    }

    func backward(_ pass: BackwardPass) {
        norm.backward(
            pass.x,
            y: pass.y,
            pass.dy,
            // Photos need no gradient; what would be theirs goes where nobody looks any more.
            pass.dx ?? pass.dy,
            dresidual: norm.addsResidual ? pass.dinputs[1] : nil,
            NormPasses.Parameters(pass.forward.parameters[...]),
            statistics: pass.forward.saved,
            pass.slices,
            workspace: pass.forward.workspace,
            pass.pool
        )
    }
}

/// The passes of a batch norm, for the operation and for convolutions that have taken it over.
struct NormPasses: Sendable {
    /// Where the parameters and running statistics lie, [C] each.
    struct Parameters {
        let gamma: ParameterPlace
        let beta: ParameterPlace
        let mean: ParameterPlace
        let variance: ParameterPlace

        /// Those of an operation's list that are a norm's, in its order.
        init(_ places: ArraySlice<ParameterPlace>) {
            let first = places.startIndex
            (gamma, beta) = (places[first], places[first + 1])
            (mean, variance) = (places[first + 2], places[first + 3])
        }
    }

    let addsResidual: Bool
    let activation: Activation
    /// Whether training uses the running statistics.
    let keepsStatistics: Bool
    private let epsilon: Float
    private let C: Int
    private let slices: Int
    private let pixels: Int
    private let kernel: BatchNormKernel

    init(_ norm: BatchNorm, _ shape: Shape, _ options: CompilationOptions) {
        addsResidual = norm.addsResidual
        activation = norm.activation
        keepsStatistics = norm.keepsStatistics
        epsilon = norm.epsilon
        C = shape.C
        pixels = shape.H * shape.W
        slices = options.slices
        kernel = BatchNormKernel(
            shape: shape,
            slices: options.slices,
            epsilon: norm.epsilon,
            activation: norm.activation
        )
    }

    /// Floats of the batch's statistics: the mean of each slice, then the variance of each.
    var saved: Int { 2 * ((slices * C + 15) / 16 * 16) }
    var workspace: Int { kernel.scratch }
    /// Behind a sum only the output tells where the ReLU was open; else the input tells what was activated.
    var backwardReadsOutput: Bool { activation != .none && addsResidual }

    private func variances(_ statistics: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float>
    {
        statistics + saved / 2
    }

    /// The scale and shift of each channel in evaluation, after a layer that would add `bias`.
    func fold(
        _ parameters: Parameters,
        bias: UnsafePointer<Float>?,
        into factors: UnsafeMutablePointer<Float>
    ) {
        foldNorm(
            gamma: parameters.gamma.value,
            beta: parameters.beta.value,
            mean: parameters.mean.value,
            variance: parameters.variance.value,
            epsilon: epsilon,
            bias: bias,
            channels: C,
            into: factors
        )
    }

    /// Normalises by the running statistics.
    func evaluate(
        _ x: Tensor,
        residual: Tensor?,
        _ y: Tensor,
        _ parameters: Parameters,
        _ pool: ThreadPool
    ) {
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
    }

    /// Normalises each slice by its own statistics, which go to `statistics` and, weighted, to the gradients of
    /// the running ones; or by the running ones, which go to `statistics` alone.
    ///
    /// - Parameter moments: what the convolution that made `x` noted of it; may lie in `workspace`.
    func forward(
        _ x: Tensor,
        residual: Tensor?,
        moments: RecordedMoments?,
        _ y: Tensor,
        _ parameters: Parameters,
        statistics: UnsafeMutablePointer<Float>,
        _ context: TrainingContext,
        workspace: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        guard !keepsStatistics else {
            for slice in 0..<context.slices.count {
                (statistics + slice * C).update(from: parameters.mean.value, count: C)
                (variances(statistics) + slice * C)
                    .update(from: parameters.variance.value, count: C)
            }
            return evaluate(x, residual: residual, y, parameters, pool)
        }
        kernel.forwardTraining(
            x,
            slices: context.slices,
            gamma: parameters.gamma.value,
            beta: parameters.beta.value,
            residual: residual,
            notes: moments,
            y,
            mean: statistics,
            variance: variances(statistics),
            scratch: workspace,
            pool
        )
        noteStatistics(parameters, statistics, context, workspace)
    }

    /// The gradients of `x`, of the residual and of the parameters; `dx` may be `dy`.
    func backward(
        _ x: Tensor,
        y: Tensor,
        _ dy: Tensor,
        _ dx: Tensor,
        dresidual: Tensor?,
        _ parameters: Parameters,
        statistics: UnsafeMutablePointer<Float>,
        _ slices: Slices,
        workspace: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        kernel.backward(
            x,
            slices: slices,
            y: addsResidual ? y : nil,
            dy,
            gamma: parameters.gamma.value,
            beta: parameters.beta.value,
            mean: statistics,
            variance: variances(statistics),
            givenStatistics: keepsStatistics,
            dx,
            dresidual: dresidual,
            dgamma: parameters.gamma.gradient,
            dbeta: parameters.beta.gradient,
            scratch: workspace,
            pool
        )
    }

    /// The gradients of the parameters, and what tells the gradient of `x` as long as `workspace` is left alone.
    func backwardSums(
        _ x: Tensor,
        y: Tensor,
        _ dy: Tensor,
        dresidual: Tensor?,
        _ parameters: Parameters,
        statistics: UnsafeMutablePointer<Float>,
        _ slices: Slices,
        workspace: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) -> NormInputGradient {
        kernel.backwardSums(
            x,
            slices: slices,
            y: addsResidual ? y : nil,
            dy,
            gamma: parameters.gamma.value,
            beta: parameters.beta.value,
            mean: statistics,
            variance: variances(statistics),
            givenStatistics: keepsStatistics,
            dresidual: dresidual,
            dgamma: parameters.gamma.gradient,
            dbeta: parameters.beta.gradient,
            scratch: workspace,
            pool
        )
    }

    /// Writes to the places of the running statistics' gradients: the mean, and the variance without
    /// bias, as PyTorch's running variance has it, each the slices' weighted sum.
    private func noteStatistics(
        _ parameters: Parameters,
        _ statistics: UnsafeMutablePointer<Float>,
        _ context: TrainingContext,
        _ workspace: UnsafeMutablePointer<Float>
    ) {
        let (means, variances) = (workspace, workspace + context.slices.count * C)
        let (batchMean, batchVariance) = (statistics, self.variances(statistics))
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
}
