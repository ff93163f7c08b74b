import Tensors

/// A point or direction in space: x to the right, y up, z towards the viewer; or a colour.
typealias Vector = SIMD3<Float>

extension SIMD3<Float> {
    func dot(_ other: Vector) -> Float { (self * other).sum() }

    func cross(_ other: Vector) -> Vector {
        Vector(
            y * other.z - z * other.y,
            z * other.x - x * other.z,
            x * other.y - y * other.x
        )
    }

    var length: Float { dot(self).squareRoot() }

    /// The same direction with length 1; zero stays zero.
    var normalised: Vector {
        let length = length
        return length > 0 ? self / length : self
    }

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
