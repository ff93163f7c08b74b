import Tensors

extension PortableGraph {
    /// Appends an activation of `x`; none leaves it as it is.
    mutating func append(_ activation: Activation, _ site: PortableSite, _ x: Value) -> Value {
        switch activation {
        case .none:
            return x
        case .relu:
            return append("Relu", site, [x])
        case .relu6:
            let bounds = [number(0, site, "low"), number(6, site, "high")]
            return append("Clip", site, [x] + bounds)
        case .silu:
            let gate = append("Sigmoid", site, [x])
            return append("Mul", site, [x, gate])
        case .hardSwish:
            return append("HardSwish", site, [x])
        case .hardSigmoid:
            let settings = [Attribute("alpha", .float(1 / 6)), Attribute("beta", .float(0.5))]
            return append("HardSigmoid", site, [x], settings)
        case .sigmoid:
            return append("Sigmoid", site, [x])
        case .gelu:
            // Operator set 20 has it as one; this is x · Φ(x) in those of before.
            let scaled = append("Div", site, [x, number(Float(2).squareRoot(), site, "root")])
            let erf = append("Erf", site, [scaled])
            let share = append("Add", site, [erf, number(1, site, "one")])
            let product = append("Mul", site, [x, share])
            return append("Mul", site, [product, number(0.5, site, "half")])
        }
    }

    private mutating func number(_ value: Float, _ site: PortableSite, _ name: String) -> Value {
        constant("\(site.name)/\(name)", [], [value])
    }
}
