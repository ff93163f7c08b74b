import Tensors

/// Convolutions of evaluation one behind the other, each with what it has taken over, that `Fusion` lets be computed
/// together (`ConvolutionChain`).
struct FusedChain: Operation {
    private var links: [(name: String, convolution: Convolution)]

    /// A convolution by itself.
    init(_ first: Convolution, named name: String) { links = [(name, first)] }

    /// This chain and the convolution behind it; nil where they cannot be computed together.
    ///
    /// - Parameter input: what the first convolution reads.
    func followed(by next: Convolution, named name: String, _ input: Shape) -> FusedChain? {
        // Only the last link may add a residual.
        guard links.allSatisfy({ $0.convolution.norm?.operation.addsResidual != true }) else {
            return nil
        }
        var both = self
        both.links.append((name, next))
        return ConvolutionChain(both.geometries(input), threads: 1) == nil ? nil : both
    }

    private func geometries(_ input: Shape) -> [ConvolutionGeometry] {
        var shape = input
        return links.map { link in
            let geometry = link.convolution.geometry(shape)
            shape = geometry.output
            return geometry
        }
    }

    var kind: String { links.map(\.convolution.kind).joined(separator: ", ") }

    func output(_ inputs: [Shape]) -> Shape {
        links.reduce(inputs[0]) { $1.convolution.output([$0]) }
    }

    func parameters(_ name: String, _ inputs: [Shape]) -> [ParameterSpecification] {
        zip(links, geometries(inputs[0])).flatMap { link, geometry in
            link.convolution.parameters(link.name, [geometry.input])
        }
    }

    func multiplyAdds(_ inputs: [Shape]) -> Int {
        zip(links, geometries(inputs[0])).reduce(0) { sum, link in
            sum + link.0.convolution.multiplyAdds([link.1.input])
        }
    }

    /// The operators of each convolution, one behind the other.
    func write(_ site: PortableSite, to graph: inout PortableGraph) -> PortableGraph.Value {
        var (value, shape) = (site.inputs[0], site.shapes[0])
        for (number, link) in links.enumerated() {
            // What the last adds is the second input.
            let more = number == links.count - 1 ? 1 : site.inputs.count
            let own = site.part(
                link.name,
                link.convolution,
                inputs: [value] + site.inputs.dropFirst(more),
                shapes: [shape] + site.shapes.dropFirst(more)
            )
            value = link.convolution.write(own, to: &graph)
            shape = own.output
        }
        return value
    }

    func kernel(_ site: KernelSite) -> any Kernel {
        let geometries = geometries(site.input)
        guard let chain = ConvolutionChain(geometries, threads: site.options.pool.threads) else {
            preconditionFailure("\(kind) are computed together")
        }
        return ChainPasses(
            chain: chain,
            links: zip(links, geometries).map { link, geometry in
                let convolution = link.convolution
                return ChainPasses.Link(
                    finish: convolution.finish(geometry.output, site.options),
                    parameters: convolution.parameters("", [geometry.input]).count
                )
            }
        )
    }
}

private struct ChainPasses: Kernel {
    struct Link {
        let finish: EvaluationFinish
        /// How many the convolution and its norm have.
        let parameters: Int
    }

    let chain: ConvolutionChain
    let links: [Link]

    var algorithm: String? { chain.algorithm }

    var requirements: KernelRequirements {
        var needs = KernelRequirements()
        needs.saved = links.reduce(0) { $0 + $1.finish.factors }
        needs.filters = chain.forwardFilters
        needs.workspace = chain.forwardFilters.reduce(chain.scratch, +)
        return needs
    }

    func forward(_ pass: ForwardPass) {
        var finishes: [ConvolutionEpilogue] = []
        var filters: [UnsafePointer<Float>] = []
        var (parameters, factors, working) = (pass.parameters[...], pass.saved, pass.workspace)
        for (number, link) in links.enumerated() {
            let own = parameters.prefix(link.parameters)
            parameters = parameters.dropFirst(link.parameters)
            finishes.append(link.finish.epilogue(own, inputs: pass.inputs, into: factors))
            filters.append(
                pass.filters[number].ready(workspace: working) {
                    chain.prepareForward(number, own[own.startIndex].value, into: $0, pass.pool)
                }
            )
            factors += link.finish.factors
            working += chain.forwardFilters[number]
        }
        chain.forward(
            pass.x,
            filters: filters,
            finishes: finishes,
            pass.y,
            scratch: working,
            pass.pool
        )
    }

    func backward(_ pass: BackwardPass) {
        preconditionFailure("a chain is for evaluation")
    }
}
