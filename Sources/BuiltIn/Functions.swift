import Tensors

// Built from additions and multiplications alone, whose roundings are the same on every machine;
// those of the system's functions are not, and a set of photos shall have the same bytes everywhere.

/// The sine of an angle in radians.
func sine(_ angle: Float) -> Float {
    let turn = 2 * Double.pi
    var x = Double(angle)
    x -= (x * (1 / turn)).rounded() * turn
    // Folded to −π/2 … π/2, where few terms of the series are enough.
    if x > .pi / 2 { x = .pi - x } else if x < -.pi / 2 { x = -.pi - x }
    let s = x * x
    let high = 2.7557319224e-6 + s * (-2.5052108385e-8 + s * 1.6059043837e-10)
    let low = -1.6666666666666666e-1 + s * (8.333333333333333e-3 + s * -1.984126984126984e-4)
    return Float(x + x * s * (low + s * s * s * high))
}

/// The cosine of an angle in radians.
func cosine(_ angle: Float) -> Float { sine(angle + .pi / 2) }

/// e to the power of x.
func exponential(_ x: Float) -> Float {
    let halvings = (Double(x) * 1.442695040888963407).rounded()
    let rest = Double(x) - halvings * 0.693147180559945309
    let high = 8.333333333333333e-3 + rest * (1.388888888888889e-3 + rest * 1.984126984126984e-4)
    let low = 1.6666666666666666e-1 + rest * (4.1666666666666664e-2 + rest * high)
    let sum = 1 + rest * (1 + rest * (0.5 + rest * low))
    let exponent = Int(min(max(halvings, -1_000), 1_000))
    return Float(Double(sign: .plus, exponent: exponent, significand: sum))
}

/// x to the power of n.
func power(_ x: Float, _ n: Int) -> Float {
    var (result, factor, rest) = (Float(1), x, n)
    while rest > 0 {
        if rest & 1 == 1 { result *= factor }
        factor *= factor
        rest >>= 1
    }
    return result
}

/// The compass angle in which a ray looks, 0 away from the viewer and rising to the right, to 10⁻⁵
/// (Abramowitz and Stegun, 4.4.49).
func compass(_ ray: Vector) -> Float {
    let (x, y) = (-ray.z, ray.x)
    let (small, large) = (min(abs(x), abs(y)), max(abs(x), abs(y)))
    guard large > 0 else { return 0 }
    let z = small / large
    let s = z * z
    let terms: Float =
        0.9998660 + s * (-0.3302995 + s * (0.1801410 + s * (-0.0851330 + s * 0.0208351)))
    var angle = z * terms
    if abs(y) > abs(x) { angle = .pi / 2 - angle }
    if x < 0 { angle = .pi - angle }
    return y < 0 ? -angle : angle
}

extension Random {
    /// About a standard normal deviate, never beyond ±3.47.
    mutating func bell() -> Float {
        let sum = uniform() + uniform() + uniform() + uniform()
        return (sum - 2) * 1.7320508
    }
}
