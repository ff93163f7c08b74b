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
}

private struct LayerNormPasses: Kernel {
    let kernel: LayerNormKernel
    let purpose: Purpose

    var requirements: KernelRequirements {
        var needs = KernelRequirements()
        needs.saved = kernel.saved
        needs.workspace = purpose == .training ? kernel.scratch : 0
        needs.backwardReadsInputs = [0]
        needs.mayOverwriteInput = purpose == .evaluation
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
