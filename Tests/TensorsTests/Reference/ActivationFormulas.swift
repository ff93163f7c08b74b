import Foundation
import Tensors

extension Activation {
    /// The formula, in double precision.
    func value(_ x: Double) -> Double {
        switch self {
        case .none: x
        case .relu: x.isNaN ? x : max(x, 0)
        case .relu6: x.isNaN ? x : min(max(x, 0), 6)
        case .silu: x / (1 + exp(-x))
        case .hardSwish: x * min(max(x + 3, 0), 6) / 6
        case .hardSigmoid: min(max(x + 3, 0), 6) / 6
        case .sigmoid: 1 / (1 + exp(-x))
        case .gelu: x * erfc(-x / 2.0.squareRoot()) / 2
        }
    }

    /// Its derivative.
    func slope(_ x: Double) -> Double {
        let s = 1 / (1 + exp(-x))
        switch self {
        case .none: return 1
        case .relu: return x > 0 ? 1 : 0
        case .relu6: return x > 0 && x < 6 ? 1 : 0
        case .silu: return s * (1 + x * (1 - s))
        case .hardSwish: return x < -3 ? 0 : x > 3 ? 1 : x / 3 + 0.5
        case .hardSigmoid: return abs(x) < 3 ? 1.0 / 6 : 0
        case .sigmoid: return s * (1 - s)
        case .gelu:
            let density = exp(-x * x / 2) / (2 * Double.pi).squareRoot()
            return erfc(-x / 2.0.squareRoot()) / 2 + x * density
        }
    }
}
