public import Tensors

/// A 2-d convolution, [N, H, W, I] → [N, OH, OW, O], with weights of PyTorch's shape
/// [O, I / groups, K, K] that lie in memory as [O][K][K][I / groups].
///
/// With several groups, each run of O / groups outputs sums over the run of I / groups inputs in its place;
/// with as many groups as channels the convolution is depthwise.
///
/// With what `Fusion` lets it take over: a ReLU, or a batch norm with its residual sum and its ReLU. In
/// evaluation the norm is an affine function of each channel that is applied on the way to memory.
public struct Convolution: Operation {
    let channels: Int
    private let side: Int
    private let stride: Int
    private let padding: Padding
    let groups: Int
    let hasBias: Bool
    private let rule: InitialisationRule
    /// Whether it is PyTorch's Linear, whose weights have the shape [O, I].
    private let isLinear: Bool
    /// Whether a ReLU follows at once.
    private(set) var relu = false
    /// The batch norm that follows at once, under its own name.
    private(set) var norm: (name: String, operation: BatchNorm)?
    /// Whether training leaves the norm to the layer that reads the output.
    private(set) var defersNorm = false
    /// What follows the norm that the layer before leaves to this one in training; nil = it leaves none.
    private(set) var inputNorm: Activation?
    /// Whether training scales the channels of the input by a gate first, which is the last input.
    private(set) var hasGate = false

    /// Makes a convolution to `channels` channels with a square kernel.
    ///
    /// - Parameters:
    ///   - channels: of the output, a multiple of `groups`.
    ///   - kernel: side of the kernel.
    ///   - stride: pixels between windows.
    ///   - padding: zeros around the maps.
    ///   - groups: a divisor of the channels of both maps.
    ///   - bias: whether a bias is added.
    ///   - rule: how weights and bias begin; its fan-out is PyTorch's, which counts all groups.
    ///   - isLinear: whether the weights have the shape [O, I], for which the kernel must be 1.
    public init(
        channels: Int,
        kernel: Int,
        stride: Int = 1,
        padding: Padding = 0,
        groups: Int = 1,
        bias: Bool,
        rule: InitialisationRule = .kaimingFanOut,
        isLinear: Bool = false
    ) {
        precondition(!isLinear || kernel == 1, "a linear layer sees one pixel")
        self.channels = channels
        side = kernel
        self.stride = stride
        self.padding = padding
        self.groups = groups
        self.isLinear = isLinear
        hasBias = bias
        self.rule = rule
    }

    /// The kernel's sides, the stride, and what was taken over.
    public var kind: String {
        (isLinear ? "linear" : "convolution \(side)×\(side)") + (stride > 1 ? " / \(stride)" : "")
            + (groups > 1 ? ", \(groups) groups" : "")
            + (norm.map { " + \($0.operation.kind)" } ?? "") + (relu ? " + ReLU" : "")
    }

    /// This one and the ReLU behind it.
    var followedByReLU: Convolution {
        var both = self
        both.relu = true
        return both
    }

    /// This one and the batch norm behind it.
    func followed(by norm: BatchNorm, named name: String) -> Convolution {
        var both = self
        both.norm = (name, norm)
        return both
    }

    /// This one, which leaves its norm to the layer behind.
    var deferringNorm: Convolution {
        var other = self
        other.defersNorm = true
        return other
    }

    /// This one, which applies the norm before it, and what follows that, to its input.
    func applyingNorm(_ activation: Activation) -> Convolution {
        var other = self
        other.inputNorm = activation
        return other
    }

    /// This one, which scales the channels of its input by a gate.
    var behindGate: Convolution {
        var other = self
        other.hasGate = true
        return other
    }

    func geometry(_ input: Shape) -> ConvolutionGeometry {
        ConvolutionGeometry(
            input: input,
            channels: channels,
            kernel: side,
            stride: stride,
            padding: padding,
            groups: groups
        )
    }

    /// The maps that the windows leave.
    public func output(_ inputs: [Shape]) -> Shape { geometry(inputs[0]).output }

    /// The weights, the bias, and the norm's parameters.
    public func parameters(_ name: String, _ inputs: [Shape]) -> [ParameterSpecification] {
        let (taps, I) = (side * side, inputs[0].C / groups)
        let weight = ParameterSpecification(
            name + ".weight",
            shape: isLinear ? [channels, I] : [channels, I, side, side],
            kind: .weight,
            initial: rule.weight(fanIn: taps * I, fanOut: taps * channels),
            planes: taps
        )
        let bias = ParameterSpecification(
            name + ".bias",
            shape: [channels],
            kind: .bias,
            initial: rule.bias(fanIn: taps * I)
        )
        return [weight] + (hasBias ? [bias] : [])
            + (norm.map { $0.operation.parameters($0.name, [output(inputs)]) } ?? [])
    }

    /// One for each tap of each output.
    public func multiplyAdds(_ inputs: [Shape]) -> Int {
        output(inputs).perImage * side * side * (inputs[0].C / groups)
    }

    /// Chooses the algorithm.
    public func kernel(_ site: KernelSite) -> any Kernel { passes(site) }

    /// Whether it can apply a norm to its input in training, and that pays: with more outputs than inputs the products
    /// take so long that reading less hardly counts.
    func appliesNorms(_ site: KernelSite) -> Bool {
        channels <= site.input.C && passes(site).fusesBackward
    }

    /// Whether it can scale its input by a gate in training, and that pays, as for `appliesNorms`.
    func appliesGates(_ site: KernelSite) -> Bool {
        let passes = passes(site)
        return channels <= site.input.C && passes.fusesBackward && passes.convolution.appliesGates
    }

    private func passes(_ site: KernelSite) -> ConvolutionPasses {
        let options = site.options
        return ConvolutionPasses(
            convolution: ConvolutionKernel(
                geometry(site.input),
                slices: options.slices,
                threads: options.pool.threads,
                exact: options.exact,
                blas: options.pool.blas
            ),
            finish: finish(site.output, options),
            output: site.output,
            needsInputGradient: site.inputGradients[0],
            purpose: options.purpose,
            input: site.input,
            slices: options.slices,
            defersNorm: defersNorm,
            inputNorm: inputNorm,
            hasGate: hasGate
        )
    }

    /// What it does to its sums where no norm needs the batch's statistics.
    func finish(_ output: Shape, _ options: CompilationOptions) -> EvaluationFinish {
        EvaluationFinish(
            norm: norm.map { NormPasses($0.operation, output, options) },
            hasBias: hasBias,
            relu: relu,
            channels: output.C
        )
    }

    /// Conv, whose weights and bias contain the norm, and what else was taken over.
    public func write(_ site: PortableSite, to graph: inout PortableGraph) -> PortableGraph.Value {
        let folded = norm.map { norm in
            let own = site.parameters.count - 4..<site.parameters.count
            return norm.operation.folded(
                own.map(site.numbers),
                bias: hasBias ? site.numbers(1) : nil
            )
        }
        let I = site.shapes[0].C / groups
        var inputs = [
            site.maps,
            graph.weight(
                site.parameters[0],
                shape: [channels, I, side, side],
                factors: folded?.scale
            ),
        ]
        if let folded {
            inputs.append(graph.constant(site.name + ".bias", [channels], folded.shift))
        } else if hasBias {
            inputs.append(graph.weight(site.parameters[1]))
        }
        let y = graph.append(
            "Conv",
            site,
            inputs,
            [
                .init("kernel_shape", .integers([side, side])),
                .init("strides", .integers([stride, stride])),
                .init("pads", .integers(geometry(site.shapes[0]).border)),
                .init("group", .integer(groups)),
            ],
            extents: site.extents
        )
        if let norm {
            let residual = site.inputs.dropFirst().first
            return norm.operation.writeFollowing(y, residual: residual, site, to: &graph)
        }
        return graph.append(relu ? .relu : .none, site, y)
    }
}

extension Graph {
    /// Appends a convolution without bias, as those before a batch norm are, unless told otherwise.
    public mutating func convolution(
        _ x: Value,
        _ name: String,
        _ channels: Int,
        kernel: Int,
        stride: Int = 1,
        padding: Padding = 0,
        groups: Int = 1,
        bias: Bool = false,
        rule: InitialisationRule = .kaimingFanOut
    ) -> Value {
        let operation = Convolution(
            channels: channels,
            kernel: kernel,
            stride: stride,
            padding: padding,
            groups: groups,
            bias: bias,
            rule: rule
        )
        return append(name, operation, x)
    }

    /// Appends a depthwise convolution: each of `channels`, as many as `x` has, with a filter of its own; weights
    /// [C, 1, K, K].
    public mutating func depthwise(
        _ x: Value,
        _ name: String,
        _ channels: Int,
        kernel: Int,
        stride: Int = 1,
        padding: Padding = 0,
        bias: Bool = false,
        rule: InitialisationRule = .kaimingFanOut
    ) -> Value {
        convolution(
            x,
            name,
            channels,
            kernel: kernel,
            stride: stride,
            padding: padding,
            groups: channels,
            bias: bias,
            rule: rule
        )
    }

    /// Appends PyTorch's Linear at each pixel of maps, [N, H, W, I] → [N, H, W, O]: weights [O, I] and a bias [O].
    public mutating func linear(
        _ x: Value,
        _ name: String,
        _ channels: Int,
        rule: InitialisationRule = .uniformFanIn
    ) -> Value {
        let operation = Convolution(
            channels: channels,
            kernel: 1,
            bias: true,
            rule: rule,
            isLinear: true
        )
        return append(name, operation, x)
    }
}

private struct ConvolutionPasses: Kernel {
    let convolution: ConvolutionKernel
    let finish: EvaluationFinish
    let output: Shape
    let needsInputGradient: Bool
    let purpose: Purpose
    let input: Shape
    let slices: Int
    let defersNorm: Bool
    let inputNorm: Activation?
    let hasGate: Bool

    private var norm: NormPasses? { finish.norm }
    private var hasBias: Bool { finish.hasBias }
    private var relu: Bool { finish.relu }

    var algorithm: String? { convolution.algorithm }

    var requirements: KernelRequirements {
        var needs = KernelRequirements()
        needs.workspace = max(
            convolution.notedFloats + convolution.scratch,
            (norm?.workspace ?? 0) + (fusesBackward ? convolution.scratch : 0)
        )
        needs.filters = [
            convolution.forwardFilters, needsInputGradient ? convolution.backwardFilters : 0,
        ]
        needs.backwardReadsInputs = hasGate ? [0, gateSlot] : [0]
        if let norm {
            needs.saved = sums + (purpose == .training && !defersNorm ? output.count : 0)
            needs.backwardReadsOutput = norm.backwardReadsOutput || defersNorm
            if purpose == .evaluation, norm.addsResidual, convolution.mayOverwriteResidual {
                needs.overwritableInput = 1
            }
            if defersNorm {
                needs.trailing = DeferredNorm.count(channels: output.C, slices: slices)
            }
        } else {
            needs.backwardReadsOutput = relu
        }
        return needs
    }

    /// The number of the input that is the gate.
    private var gateSlot: Int { norm?.addsResidual == true ? 2 : 1 }

    /// Whether the norm leaves its input's gradient to the convolution, which computes its own from it in one pass.
    var fusesBackward: Bool {
        guard let norm, purpose == .training, !hasBias else { return false }
        return convolution.fusesBackward(
            inputGradient: needsInputGradient,
            residual: norm.addsResidual
        )
    }

    // What is saved for a norm: the slices' statistics, the scale and shift of evaluation, and in training the sums of
    // the convolution, which it normalises, unless they are the output.
    private var factors: Int { norm?.saved ?? 0 }
    private var sums: Int { factors + (2 * output.C + 15) / 16 * 16 }

    /// What the norm normalises in training.
    private func normInput(_ pass: ForwardPass) -> Tensor {
        defersNorm ? pass.y : Tensor(pass.saved + sums, pass.y.shape)
    }

    /// The norm that is left to the layer behind.
    private func deferred(_ pass: ForwardPass, _ slices: Slices) -> DeferredNorm? {
        guard defersNorm, let norm else { return nil }
        let base = pass.y.base + DeferredNorm.offset(output.count)
        return DeferredNorm(norm.activation, output, slices, base: base)
    }

    /// The norm that is left to this layer.
    private func before(_ pass: ForwardPass) -> DeferredNorm? {
        guard let inputNorm, let slices = pass.phase.slices else { return nil }
        let base = pass.x.base + DeferredNorm.offset(input.count)
        return DeferredNorm(inputNorm, input, slices, base: base)
    }

    func forward(_ pass: ForwardPass) {
        guard let norm, case .training(let context) = pass.phase else {
            let finish = finish.epilogue(
                pass.parameters[...],
                inputs: pass.inputs,
                into: pass.saved + factors
            )
            return convolve(pass, pass.y, finish)
        }
        let normParameters = NormPasses.Parameters(pass.parameters.suffix(4))
        let bias = hasBias ? UnsafePointer(pass.parameters[1].value) : nil
        let x = normInput(pass)
        // The norm reads the moments before it writes anything else to the workspace.
        let moments = convolution.notes(in: pass.workspace)
        convolve(pass, x, ConvolutionEpilogue(bias: bias), moments)
        if let deferred = deferred(pass, context.slices) {
            return norm.forwardDeferred(
                x,
                moments: moments,
                to: deferred,
                normParameters,
                statistics: pass.saved,
                context,
                workspace: pass.workspace,
                pass.pool
            )
        }
        norm.forward(
            x,
            residual: norm.addsResidual ? pass.inputs[1] : nil,
            moments: moments,
            pass.y,
            normParameters,
            statistics: pass.saved,
            context,
            workspace: pass.workspace,
            pass.pool
        )
    }

    func backward(_ pass: BackwardPass) {
        let parameters = pass.forward.parameters
        let workspace = pass.forward.workspace
        var dbias = hasBias ? parameters[1].gradient : nil
        if fusesBackward, let norm {
            return backward(pass, norm)
        }
        precondition(!hasGate, "a gate whose gradient nobody takes")
        if let norm {
            norm.backward(
                normInput(pass.forward),
                y: pass.y,
                pass.dy,
                pass.dy,
                dresidual: norm.addsResidual ? pass.dinputs[1] : nil,
                NormPasses.Parameters(parameters.suffix(4)),
                statistics: pass.forward.saved,
                deferred: deferred(pass.forward, pass.slices),
                pass.slices,
                workspace: workspace,
                pass.pool
            )
            if !norm.keepsStatistics {
                // The norm subtracts the mean, and with it whatever a bias adds: the sum is rounding alone.
                dbias?.update(repeating: 0, count: output.C)
                dbias = nil
            }
        } else if relu, let sums = dbias {
            reluBackward(
                y: pass.y,
                pass.dy,
                slices: pass.slices,
                sums: sums,
                scratch: workspace,
                pass.pool
            )
            dbias = nil
        } else if relu {
            activationBackward(.relu, known: pass.y, pass.dy, pass.dy, pass.pool)
        }
        convolution.backwardWeights(
            pass.x,
            pass.dy,
            slices: pass.slices,
            dweights: parameters[0].gradient,
            dbias: dbias,
            scratch: workspace,
            pass.pool
        )
        guard let dx = pass.dx else { return }
        let weights = UnsafePointer(parameters[0].value)
        let filters =
            convolution.readsWeights
            ? weights
            : pass.forward.filters[1].ready(workspace: workspace) {
                convolution.prepareBackward(weights, into: $0, pass.pool)
            }
        convolution.backwardData(
            pass.dy,
            filters: filters,
            dx,
            slices: pass.slices,
            scratch: workspace + convolution.backwardFilters,
            pass.pool
        )
    }

    /// The gradients in one pass over the norm's.
    private func backward(_ pass: BackwardPass, _ norm: NormPasses) {
        let (forward, workspace) = (pass.forward, pass.forward.workspace)
        let gradient = norm.backwardSums(
            normInput(forward),
            y: pass.y,
            pass.dy,
            dresidual: norm.addsResidual ? pass.dinputs[1] : nil,
            NormPasses.Parameters(forward.parameters.suffix(4)),
            statistics: forward.saved,
            deferred: deferred(forward, pass.slices),
            pass.slices,
            workspace: workspace,
            pass.pool
        )
        let working = workspace + norm.workspace
        let weights = forward.parameters[0]
        convolution.backwardFused(
            pass.x,
            norm: before(forward),
            gate: hasGate
                ? ChannelGate(forward.inputs[gateSlot], gradient: pass.dinputs[gateSlot]) : nil,
            gradient,
            slices: pass.slices,
            dweights: weights.gradient,
            filters: pass.dx == nil
                ? nil
                : forward.filters[1].ready(workspace: working) {
                    convolution.prepareBackward(weights.value, into: $0, pass.pool)
                },
            pass.dx,
            scratch: working + convolution.backwardFilters,
            pass.pool
        )
    }

    private func convolve(
        _ pass: ForwardPass,
        _ y: Tensor,
        _ finish: ConvolutionEpilogue,
        _ moments: RecordedMoments? = nil
    ) {
        let working = pass.workspace + convolution.notedFloats
        let weights = UnsafePointer(pass.parameters[0].value)
        let filters =
            convolution.readsWeights
            ? weights
            : pass.filters[0].ready(workspace: working) {
                convolution.prepareForward(weights, into: $0, pass.pool)
            }
        convolution.forward(
            pass.x,
            norm: before(pass),
            gate: hasGate ? ChannelGate(pass.inputs[gateSlot]) : nil,
            filters: filters,
            finish: finish,
            y,
            notes: moments,
            slices: pass.phase.slices,
            scratch: working + convolution.forwardFilters,
            pass.pool
        )
    }
}
