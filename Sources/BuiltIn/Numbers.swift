import Tensors

/// A point or direction in space: x to the right, y up, z towards the viewer; or a colour.
typealias Vector = SIMD3<Float>

extension SIMD3<Float> {
    func dot(_ other: Vector) -> Float { (self * other).sum() }

    func cross(_ other: Vector) -> Vector {
        Vector(y * other.z - z * other.y, z * other.x - x * other.z, x * other.y - y * other.x)
    }

    var length: Float { dot(self).squareRoot() }

    /// The same direction with length 1; zero stays zero.
    var normalised: Vector { length > 0 ? self / length : self }

    /// The vector turned by `angle` radians about the upward axis.
    func turned(_ angle: Float) -> Vector {
        let (c, s) = (cosine(angle), sine(angle))
        return Vector(c * x + s * z, y, c * z - s * x)
    }

    /// The way from here to `other`, t = 0 … 1.
    func mixed(_ other: Vector, _ t: Float) -> Vector { self + (other - self) * t }

    /// A colour from 0xRRGGBB.
    static func rgb(_ hex: UInt32) -> Vector {
        Vector(Float(hex >> 16 & 255), Float(hex >> 8 & 255), Float(hex & 255)) / 255
    }

    /// How bright a colour looks, by the weights of ITU-R BT.601.
    var luma: Float { dot(Vector(0.299, 0.587, 0.114)) }
}

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

    /// One colour of a palette, a little lighter or darker than listed.
    mutating func colour(_ palette: [UInt32]) -> Vector {
        Vector.rgb(palette[integer(below: palette.count)]) * uniform(0.92, 1.06)
    }

    /// A colour on the way between two, or the only one.
    mutating func mix(_ colours: [UInt32]) -> Vector {
        let first = Vector.rgb(colours[0])
        return colours.count == 1 ? first : first.mixed(.rgb(colours[1]), uniform())
    }

    /// A number from a range; one of zero width takes no chance.
    mutating func within(_ range: ClosedRange<Float>) -> Float {
        range.lowerBound == range.upperBound
            ? range.lowerBound : uniform(range.lowerBound, range.upperBound)
    }
}

/// 0 below `low`, 1 above `high`, and a smooth course between.
func smoothStep(_ low: Float, _ high: Float, _ x: Float) -> Float {
    let t = min(max((x - low) / (high - low), 0), 1)
    return t * t * (3 - 2 * t)
}

/// Smooth noise over the plane with values in 0 … 1 and features of size 1.
struct Noise {
    private let seed: UInt32

    init(_ random: inout Random) { seed = random.next32() }

    func callAsFunction(_ x: Float, _ y: Float) -> Float {
        let (left, top) = (x.rounded(.down), y.rounded(.down))
        let (u, v) = (x - left, y - top)
        let (i, j) = (Int32(clamping: Int(left)), Int32(clamping: Int(top)))
        let (su, sv) = (u * u * (3 - 2 * u), v * v * (3 - 2 * v))
        let above = lattice(i, j) + (lattice(i &+ 1, j) - lattice(i, j)) * su
        let below = lattice(i, j &+ 1) + (lattice(i &+ 1, j &+ 1) - lattice(i, j &+ 1)) * su
        return above + (below - above) * sv
    }

    /// Noise with finer and finer detail.
    func fractal(_ x: Float, _ y: Float, octaves: Int) -> Float {
        var (sum, weight, scale): (Float, Float, Float) = (0, 0.5, 1)
        for octave in 0..<octaves {
            let shift = Float(octave) * 17.3
            sum += weight * self(x * scale + shift, y * scale - shift)
            weight /= 2
            scale *= 2.03
        }
        return sum / (1 - weight * 2)
    }

    private func lattice(_ i: Int32, _ j: Int32) -> Float {
        var h = UInt32(bitPattern: i) &* 0x9E37_79B1 ^ UInt32(bitPattern: j) &* 0x85EB_CA77 ^ seed
        h = (h ^ h >> 15) &* 0x2C1B_3C6D
        h = (h ^ h >> 12) &* 0x297A_2D39
        return Float((h ^ h >> 15) >> 8) * 0x1p-24
    }
}
