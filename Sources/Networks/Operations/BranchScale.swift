public import Tensors

/// What scales a residual branch before it is added: a learned factor of each channel (layer scale, Touvron et al.,
/// 2021), a random one of each image in training (stochastic depth, Huang et al., 2016), or both.
///
/// With what `Fusion` lets it take over: y = factor · γ · x + residual, the residual being its second input.
public struct BranchScale: Operation {
    /// What the factors of channels begin with; nil = there are none.
    private var initial: Float?
    /// The probability that an image's branch is dropped, and the layer's number; nil = never.
    private var depth: (rate: Float, number: UInt64)?
    /// Whether the second input is added.
    private(set) var addsResidual = false

    /// Makes a layer scale.
    ///
    /// - Parameter initial: what the factors begin with.
    public init(initial: Float) { self.initial = initial }

    /// Makes a stochastic depth that drops an image's branch with probability `rate`, from 0 to below 1.
    ///
    /// - Parameter number: counts the network's layers of this kind, so that their choices differ; below 256.
    public init(rate: Float, number: Int) {
        precondition((0..<1).contains(rate), "stochastic depth drops a share of \(rate)")
        precondition(number < 256, "the number of a layer shares a word with the step")
        depth = (rate, UInt64(number))
    }

    /// Whether images may be dropped.
    var isStochastic: Bool { depth != nil }

    /// This layer scale and the stochastic depth behind it; nil if they are something else.
    func followed(by next: BranchScale) -> BranchScale? {
        guard depth == nil, next.initial == nil, !addsResidual, !next.addsResidual else {
            return nil
        }
        var both = self
        both.depth = next.depth
        return both
    }

    /// This one and the sum behind it, whose other operand becomes the second input.
    var followedBySum: BranchScale {
        var both = self
        both.addsResidual = true
        return both
    }

    /// What it is, and what was taken over.
    public var kind: String {
        let parts = [
            initial.map { _ in "layer scale" }, depth.map { "stochastic depth \($0.rate)" },
            addsResidual ? "sum" : nil,
        ]
        return parts.compactMap { $0 }.joined(separator: " + ")
    }

    /// That of the input.
    public func output(_ inputs: [Shape]) -> Shape { inputs[0] }

    /// The factors of channels, called as the node.
    public func parameters(_ name: String, _ inputs: [Shape]) -> [ParameterSpecification] {
        guard let initial else { return [] }
        return [
            ParameterSpecification(
                name,
                shape: [inputs[0].C, 1, 1],
                kind: .norm,
                initial: .constant(initial)
            )
        ]
    }

    /// Stochastic depth in evaluation, or where nothing would be dropped.
    public func isIdentity(_ inputs: [Shape], _ purpose: Purpose) -> Bool {
        guard initial == nil, !addsResidual else { return false }
        return purpose == .evaluation || depth?.rate ?? 0 == 0
    }

    /// A pass over the maps.
    public func kernel(_ site: KernelSite) -> any Kernel {
        precondition(site.inputs.allSatisfy { $0 == site.input }, "a sum of \(site.inputs)")
        return BranchScalePasses(
            maps: site.input,
            hasScale: initial != nil,
            depth: depth,
            addsResidual: addsResidual,
            options: site.options
        )
    }

    /// The product with the factors of channels and the sum; no image is dropped in evaluation.
    public func write(_ site: PortableSite, to graph: inout PortableGraph) -> PortableGraph.Value {
        var y = site.maps
        if initial != nil {
            let factors = graph.weight(site.parameters[0])
            y = graph.append("Mul", site, [y, factors])
        }
        return addsResidual ? graph.append("Add", site, [y, site.inputs[1]]) : y
    }
}

private struct BranchScalePasses: Kernel {
    let maps: Shape
    let hasScale: Bool
    let depth: (rate: Float, number: UInt64)?
    let addsResidual: Bool
    let options: CompilationOptions

    var requirements: KernelRequirements {
        var needs = KernelRequirements()
        if options.purpose == .training {
            needs.workspace = scaleBranchScratch(maps, slices: options.slices)
        }
        needs.backwardReadsInputs = hasScale ? [0] : []
        if !hasScale || options.purpose == .evaluation { needs.overwritableInput = 0 }
        needs.mayOverwriteGradient = true
        return needs
    }

    private func factors(_ context: TrainingContext) -> StochasticDepthFactors? {
        depth.map {
            StochasticDepthFactors(
                rate: $0.rate,
                seed: context.seed,
                stepAndLayer: context.step << 8 | $0.number,
                firstPosition: context.firstPosition
            )
        }
    }

    func forward(_ pass: ForwardPass) {
        var factors: StochasticDepthFactors?
        if case .training(let context) = pass.phase { factors = self.factors(context) }
        scaleBranch(
            pass.x,
            gamma: hasScale ? UnsafePointer(pass.parameters[0].value) : nil,
            factors: factors,
            residual: addsResidual ? pass.inputs[1] : nil,
            pass.y,
            pass.pool
        )
    }

    func backward(_ pass: BackwardPass) {
        // Before the branch's gradient, which may take the place of dy.
        if addsResidual, let dresidual = pass.dinputs[1] {
            copyFloats(dresidual.base, pass.dy.base, dresidual.count, pass.pool)
        }
        let parameter = hasScale ? pass.forward.parameters[0] : nil
        scaleBranchBackward(
            hasScale ? pass.x : nil,
            gamma: parameter.map { UnsafePointer($0.value) },
            factors: factors(pass.context),
            slices: pass.slices,
            pass.dy,
            pass.dx,
            dgamma: parameter?.gradient,
            scratch: pass.forward.workspace,
            pass.pool
        )
    }
}

extension Graph {
    /// Appends a learned factor of each channel, a parameter called `name` of shape [C, 1, 1].
    public mutating func layerScale(_ x: Value, _ name: String, initial: Float = 1e-6) -> Value {
        append(name, BranchScale(initial: initial), x)
    }

    /// Appends stochastic depth: in training, the branch of an image is dropped with probability `rate`, from 0 to
    /// below 1, and scaled by 1 / (1 − rate) otherwise.
    public mutating func stochasticDepth(_ x: Value, _ name: String, rate: Double) -> Value {
        let number = nodes.count { ($0.operation as? BranchScale)?.isStochastic ?? false }
        return append(name, BranchScale(rate: Float(rate), number: number), x)
    }
}
