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
        return PooledPasses(plan: plan, finish: convolution.finish(map, site.options))
    }
}

private struct PooledPasses: Kernel {
    let plan: PooledConvolution
    let finish: EvaluationFinish

    var algorithm: String? { plan.algorithm }

    var requirements: KernelRequirements {
        var needs = KernelRequirements()
        needs.saved = finish.factors
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
            finish: finish.epilogue(pass.parameters[...], inputs: pass.inputs, into: pass.saved),
            pass.y,
            scratch: pass.workspace + plan.forwardFilters,
            pass.pool
        )
    }

    func backward(_ pass: BackwardPass) {
        preconditionFailure("a pooled convolution is for evaluation")
    }
}
