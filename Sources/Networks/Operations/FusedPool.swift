import Tensors

/// A convolution of evaluation with what it has taken over and the max-pool behind it, that `Fusion` lets be computed
/// together (`PooledConvolution`).
struct FusedPool: Operation {
    private let convolution: Convolution
    private let pool: MaxPool
    /// The pool's name; the node has the convolution's.
    private let poolName: String

    /// Both; nil where they cannot be computed together.
    ///
    /// - Parameter input: what the convolution reads.
    init?(_ convolution: Convolution, _ pool: MaxPool, named poolName: String, _ input: Shape) {
        (self.convolution, self.pool, self.poolName) = (convolution, pool, poolName)
        guard convolution.norm?.operation.addsResidual != true, plan(input, threads: 1) != nil
        else { return nil }
    }

    private func plan(_ input: Shape, threads: Int) -> PooledConvolution? {
        let geometry = convolution.geometry(input)
        return PooledConvolution(geometry, pool.geometry(geometry.output), threads: threads)
    }

    var kind: String { convolution.kind + ", " + pool.kind }

    func output(_ inputs: [Shape]) -> Shape { pool.output([convolution.output(inputs)]) }

    func parameters(_ name: String, _ inputs: [Shape]) -> [ParameterSpecification] {
        convolution.parameters(name, inputs)
    }

    func multiplyAdds(_ inputs: [Shape]) -> Int { convolution.multiplyAdds(inputs) }

    /// The operators of both, one behind the other.
    func write(_ site: PortableSite, to graph: inout PortableGraph) -> PortableGraph.Value {
        let first = site.part(
            site.name,
            convolution,
            inputs: site.inputs,
            shapes: site.shapes
        )
        let map = convolution.write(first, to: &graph)
        let second = site.part(poolName, pool, inputs: [map], shapes: [first.output])
        return pool.write(second, to: &graph)
    }

    func kernel(_ site: KernelSite) -> any Kernel {
        guard let plan = plan(site.input, threads: site.options.pool.threads) else {
            preconditionFailure("\(kind) are computed together")
        }
        let map = convolution.output(site.inputs)
        return PooledPasses(
            plan: plan,
            norm: convolution.norm.map { NormPasses($0.operation, map, site.options) },
            channels: map.C,
            hasBias: convolution.hasBias,
            relu: convolution.relu
        )
    }
}

private struct PooledPasses: Kernel {
    let plan: PooledConvolution
    let norm: NormPasses?
    let channels: Int
    let hasBias: Bool
    let relu: Bool

    var algorithm: String? { plan.algorithm }

    var requirements: KernelRequirements {
        var needs = KernelRequirements()
        // The scale and shift of each channel.
        needs.saved = norm == nil ? 0 : 2 * channels
        needs.filters = [plan.forwardFilters]
        needs.workspace = plan.forwardFilters + plan.scratch
        return needs
    }

    func forward(_ pass: ForwardPass) {
        let weights = UnsafePointer(pass.parameters[0].value)
        let filters = pass.filters[0].ready(workspace: pass.workspace) {
            plan.prepareForward(weights, into: $0, pass.pool)
        }
        plan.forward(
            pass.x,
            filters: filters,
            finish: finish(pass),
            pass.y,
            scratch: pass.workspace + plan.forwardFilters,
            pass.pool
        )
    }

    private func finish(_ pass: ForwardPass) -> ConvolutionEpilogue {
        let bias = hasBias ? UnsafePointer(pass.parameters[1].value) : nil
        guard let norm else {
            return ConvolutionEpilogue(bias: bias, activation: relu ? .relu : .none)
        }
        norm.fold(NormPasses.Parameters(pass.parameters.suffix(4)), bias: bias, into: pass.saved)
        return ConvolutionEpilogue(
            factors: pass.saved,
            channels: channels,
            residual: nil,
            activation: norm.activation
        )
    }

    func backward(_ pass: BackwardPass) {
        preconditionFailure("a pooled convolution is for evaluation")
    }
}
