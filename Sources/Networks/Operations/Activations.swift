public import Tensors

/// An activation, element by element; a convolution before takes over a ReLU, a batch norm before most.
public struct Activate: Operation {
    /// Which one.
    let activation: Activation

    /// Makes an activation.
    public init(_ activation: Activation) { self.activation = activation }

    /// What it is.
    public var kind: String { activation.title }

    /// That of the input.
    public func output(_ inputs: [Shape]) -> Shape { inputs[0] }

    /// Where it is none.
    public func isIdentity(_ inputs: [Shape], _ purpose: Purpose) -> Bool { activation == .none }

    /// A pass over the elements.
    public func kernel(_ site: KernelSite) -> any Kernel {
        ActivatePasses(activation: activation, purpose: site.options.purpose)
    }

    /// The operators of the activation.
    public func write(_ site: PortableSite, to graph: inout PortableGraph) -> PortableGraph.Value {
        graph.append(activation, site, site.inputs[0])
    }
}

private struct ActivatePasses: Kernel {
    let activation: Activation
    let purpose: Purpose

    var requirements: KernelRequirements {
        var needs = KernelRequirements()
        needs.backwardReadsOutput = activation.gradientReadsOutput
        needs.backwardReadsInputs = activation.gradientReadsOutput ? [] : [0]
        if activation.gradientReadsOutput || purpose == .evaluation { needs.overwritableInput = 0 }
        needs.mayOverwriteGradient = true
        return needs
    }

    func forward(_ pass: ForwardPass) { activationForward(activation, pass.x, pass.y, pass.pool) }

    func backward(_ pass: BackwardPass) {
        guard let dx = pass.dx else { return }
        let known = activation.gradientReadsOutput ? pass.y : pass.x
        activationBackward(activation, known: known, pass.dy, dx, pass.pool)
    }
}

extension Graph {
    /// Appends an activation.
    public mutating func activation(_ x: Value, _ name: String, _ activation: Activation) -> Value {
        append(name, Activate(activation), x)
    }

    /// Appends max(x, 0).
    public mutating func relu(_ x: Value, _ name: String) -> Value { activation(x, name, .relu) }
}
