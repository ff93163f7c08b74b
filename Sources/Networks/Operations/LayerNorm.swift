public import Tensors

/// Normalisation of each pixel over its channels (Ba, Kiros and Hinton, 2016):
/// y = γ · (x − mean) / √(variance + ε) + β.
public struct LayerNorm: Operation {
    private let epsilon: Float

    /// Makes a layer norm.
    ///
    /// - Parameter epsilon: added to the variance.
    public init(epsilon: Float) { self.epsilon = epsilon }

    /// What it is.
    public var kind: String { "layer norm" }

    /// That of the input.
    public func output(_ inputs: [Shape]) -> Shape { inputs[0] }

    /// Scale and shift of each channel.
    public func parameters(_ name: String, _ inputs: [Shape]) -> [ParameterSpecification] {
        [(".weight", 1), (".bias", 0)].map { suffix, initial in
            ParameterSpecification(
                name + suffix,
                shape: [inputs[0].C],
                kind: .norm,
                initial: .constant(initial)
            )
        }
    }

    /// Passes over the pixels.
    public func kernel(_ site: KernelSite) -> any Kernel {
        LayerNormPasses(
            kernel: LayerNormKernel(
                shape: site.input,
                slices: site.options.slices,
                epsilon: epsilon
            ),
            purpose: site.options.purpose
        )
    }

    /// LayerNormalization, which wants the channels last.
    public func write(_ site: PortableSite, to graph: inout PortableGraph) -> PortableGraph.Value {
        let x = site.inputs[0]
        let parameters = site.parameters.map { graph.weight($0) }
        let settings: [PortableGraph.Attribute] = [
            .init("axis", .integer(-1)), .init("epsilon", .float(epsilon)),
        ]
        guard !x.isVector else {
            return graph.append("LayerNormalization", site, [x] + parameters, settings)
        }
        let (C, H, W) = (site.output.C, site.output.H, site.output.W)
        let last = PortableGraph.Attribute("perm", .integers([0, 2, 3, 1]))
        let first = PortableGraph.Attribute("perm", .integers([0, 3, 1, 2]))
        var y = graph.append("Transpose", site, [x], [last], extents: [H, W, C])
        y = graph.append("LayerNormalization", site, [y] + parameters, settings)
        return graph.append("Transpose", site, [y], [first], extents: [C, H, W])
    }
}

private struct LayerNormPasses: Kernel {
    let kernel: LayerNormKernel
    let purpose: Purpose

    var requirements: KernelRequirements {
        var needs = KernelRequirements()
        needs.saved = kernel.saved
        needs.workspace = purpose == .training ? kernel.scratch : 0
        needs.backwardReadsInputs = [0]
        if purpose == .evaluation { needs.overwritableInput = 0 }
        needs.mayOverwriteGradient = true
        return needs
    }

    func forward(_ pass: ForwardPass) {
        kernel.forward(
            pass.x,
            gamma: pass.parameters[0].value,
            beta: pass.parameters[1].value,
            pass.y,
            saved: pass.saved,
            pass.pool
        )
    }

    func backward(_ pass: BackwardPass) {
        let parameters = pass.forward.parameters
        kernel.backward(
            pass.x,
            slices: pass.slices,
            pass.dy,
            gamma: parameters[0].value,
            saved: pass.forward.saved,
            pass.dx,
            dgamma: parameters[0].gradient,
            dbeta: parameters[1].gradient,
            scratch: pass.forward.workspace,
            pass.pool
        )
    }
}

extension Graph {
    /// Appends a normalisation of each pixel over its channels.
    public mutating func layerNorm(_ x: Value, _ name: String, epsilon: Float = 1e-6) -> Value {
        append(name, LayerNorm(epsilon: epsilon), x)
    }
}
