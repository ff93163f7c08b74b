public import Tensors

/// A fully connected layer, [N, H, W, C] → [N, 1, 1, O], with weights of PyTorch's shape
/// [O, C·H·W].
///
/// Maps are flattened: the columns lie in memory in the order H, W, C of the maps, and take
/// PyTorch's order C, H, W in files.
public struct Dense: Operation {
    private let outputs: Int
    private let rule: InitialisationRule
    private let isHead: Bool

    /// Makes a dense layer.
    ///
    /// - Parameter isHead: whether `outputs` is the number of classes.
    public init(outputs: Int, rule: InitialisationRule, isHead: Bool = false) {
        self.outputs = outputs
        self.rule = rule
        self.isHead = isHead
    }

    /// What it is.
    public var kind: String { "dense" }

    /// A vector an image.
    public func output(_ inputs: [Shape]) -> Shape { Shape(N: inputs[0].N, C: outputs) }

    /// The weights and the bias.
    public func parameters(_ name: String, _ inputs: [Shape]) -> [ParameterSpecification] {
        let I = inputs[0].perImage
        return [
            ParameterSpecification(
                name + ".weight",
                shape: [outputs, I],
                kind: .weight,
                initial: rule.weight(fanIn: I, fanOut: outputs),
                planes: inputs[0].H * inputs[0].W,
                isHead: isHead
            ),
            ParameterSpecification(
                name + ".bias",
                shape: [outputs],
                kind: .bias,
                initial: rule.bias(fanIn: I),
                isHead: isHead
            ),
        ]
    }

    /// One for each weight.
    public func multiplyAdds(_ inputs: [Shape]) -> Int { inputs[0].perImage * outputs }

    /// Products of matrices.
    public func kernel(_ site: KernelSite) -> any Kernel { DensePasses() }

    /// Gemm, on maps in PyTorch's order.
    public func write(_ site: PortableSite, to graph: inout PortableGraph) -> PortableGraph.Value {
        var x = site.inputs[0]
        if !x.isVector {
            x = graph.append("Flatten", site, [x], extents: [site.shapes[0].perImage])
        }
        let parameters = site.parameters.map { graph.weight($0) }
        let transposed = PortableGraph.Attribute("transB", .integer(1))
        return graph.append("Gemm", site, [x] + parameters, [transposed], extents: [outputs])
    }
}

extension Graph {
    /// Appends a dense layer.
    public mutating func dense(
        _ x: Value,
        _ name: String,
        _ outputs: Int,
        rule: InitialisationRule = .uniformFanIn,
        isHead: Bool = false
    ) -> Value {
        append(name, Dense(outputs: outputs, rule: rule, isHead: isHead), x)
    }
}

private struct DensePasses: Kernel {
    var requirements: KernelRequirements {
        var needs = KernelRequirements()
        needs.backwardReadsInputs = [0]
        return needs
    }

    func forward(_ pass: ForwardPass) {
        let (weights, bias) = (pass.parameters[0].value, pass.parameters[1].value)
        denseForward(
            flat(pass.x),
            weights: weights,
            bias: bias,
            pass.y,
            slices: pass.phase.slices,
            pass.pool
        )
    }

    func backward(_ pass: BackwardPass) {
        let (weights, bias) = (pass.forward.parameters[0], pass.forward.parameters[1])
        denseBackwardWeights(
            flat(pass.x),
            pass.dy,
            slices: pass.slices,
            dweights: weights.gradient,
            dbias: bias.gradient,
            pass.pool
        )
        guard let dx = pass.dx else { return }
        denseBackwardData(
            pass.dy,
            weights: weights.value,
            flat(dx),
            slices: pass.slices,
            pass.pool
        )
    }

    private func flat(_ x: Tensor) -> Tensor {
        x.reshaped(Shape(N: x.shape.N, C: x.shape.perImage))
    }
}
