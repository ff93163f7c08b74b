import KernelTable

// Element functions of whole registers, without branches and calls. Results depend on the lane's own value alone, so
// full vectors and padded ones give the same bits.

/// f of each register of a vector.
@inline(__always)
func inRegisters(_ v: Vector, _ f: (Register) -> Register) -> Vector {
    #if WIDE_REGISTERS
        f(v)
    #elseif FUSED_MULTIPLY_ADD && arch(x86_64)
        Vector(lowHalf: f(v.lowHalf), highHalf: f(v.highHalf))
    #else
        Vector(
            lowHalf: SIMD8(lowHalf: f(v.lowHalf.lowHalf), highHalf: f(v.lowHalf.highHalf)),
            highHalf: SIMD8(lowHalf: f(v.highHalf.lowHalf), highHalf: f(v.highHalf.highHalf))
        )
    #endif
}

@inline(__always)
private func splat(_ value: Float) -> Register { Register(repeating: value) }

// Comparisons with NaN are false, so that these propagate it. A comparison that is used once becomes a maximum or a minimum;
// one that is used twice is carried as a narrow mask, which costs five instructions. So functions that end beyond a limit
// compare what they have cut off there, not their argument again.

@inline(__always)
private func atLeast(_ v: Register, _ floor: Float) -> Register {
    v.replacing(with: floor, where: v .< splat(floor))
}

@inline(__always)
private func atMost(_ v: Register, _ ceiling: Float) -> Register {
    v.replacing(with: ceiling, where: v .> splat(ceiling))
}

// MARK: Exponential

/// Where e⁻ᵃ ends: the smallest normal numbers lie a little beyond.
private let decayEnd: Float = 87

/// e⁻ᵃ for a ≥ 0, 0 from `decayEnd` on; relative error below 2⁻²³.
@inline(__always)
func decay(_ a: Register) -> Register {
    power(atLeast(-a, -decayEnd)).replacing(with: 0, where: a .> splat(decayEnd))
}

/// eˣ for |x| ≤ `decayEnd`; relative error below 2⁻²³.
///
/// x = n · ln 2 + r with |r| ≤ ln 2 / 2: the exponent n is rounded in the last bits of a large number, and eʳ
/// is Cephes' polynomial (Moshier, expf).
@inline(__always)
private func power(_ x: Register) -> Register {
    let large = splat(0x1.8p23)
    let shifted = plus(large, splat(1.442_695_04), x)
    let n = shifted - large
    // ln 2 in two parts, the first so short that its product with n is exact.
    let r = plus(plus(x, n, splat(-0.693_359_375)), n, splat(2.121_944_4e-4))
    var p = plus(splat(1.398_199_95e-3), splat(1.987_569_15e-4), r)
    p = plus(splat(8.333_451_9e-3), p, r)
    p = plus(splat(4.166_579_6e-2), p, r)
    p = plus(splat(1.666_666_55e-1), p, r)
    p = plus(splat(5.000_000_1e-1), p, r)
    p = plus(r, p, r * r) + splat(1)
    let exponent = unsafeBitCast(shifted, to: Register.MaskStorage.self)
    let power = (exponent &<< Register.MaskStorage(repeating: 23)) &+ (127 << 23)
    return p * unsafeBitCast(power, to: Register.self)
}

@inline(__always)
private func magnitude(_ x: Register) -> Register { x.replacing(with: -x, where: x .< splat(0)) }

// MARK: Sigmoid and SiLU

/// 1 / (1 + e⁻ˣ), as eˣ / (1 + eˣ) for x < 0.
@inline(__always)
func sigmoid(_ x: Register) -> Register {
    let e = decay(magnitude(x))
    return splat(1).replacing(with: e, where: x .< splat(0)) / (splat(1) + e)
}

/// x · σ(x) = x / (1 + e⁻ˣ); −0 from −`decayEnd` down.
@inline(__always)
func silu(_ x: Register) -> Register {
    let floor = atLeast(x, -decayEnd)
    return (floor / (splat(1) + power(-atMost(floor, decayEnd))))
        .replacing(with: -0.0, where: floor .<= splat(-decayEnd))
}

/// The derivative of `silu`: σ(x) · (1 + x · σ(−x)), with σ(−x) = e⁻ˣ · σ(x); 0 from −`decayEnd` down.
@inline(__always)
func siluSlope(_ x: Register) -> Register {
    let near = atMost(atLeast(x, -decayEnd), decayEnd)
    let e = power(-near)
    let s = splat(1) / (splat(1) + e)
    return (s * plus(splat(1), near, e * s)).replacing(with: 0, where: near .<= splat(-decayEnd))
}

// MARK: GELU

/// 1 − Φ(a) = e^(−a²/2) · t · P(t) with t = 1 / (1 + 0.2316419 a), for a ≥ 0, and e^(−a²/2).
///
/// The form of Abramowitz and Stegun's 26.2.17 with two terms more, fitted so that the error times max(1, a)
/// stays below 2·10⁻⁸ before rounding.
@inline(__always)
private func normalTail(_ a: Register) -> (tail: Register, density: Register) {
    let t = splat(1) / plus(splat(1), splat(0.231_641_9), a)
    var p = plus(splat(0.610_809_03), splat(-0.120_717_026), t)
    p = plus(splat(-0.751_216_4), p, t)
    p = plus(splat(0.701_570_03), p, t)
    p = plus(splat(-0.179_913_04), p, t)
    p = plus(splat(0.152_480_05), p, t)
    p = plus(splat(0.086_987_354), p, t)
    let e = decay(splat(0.5) * a * a)
    return (p * t * e, e)
}

/// Beyond it nothing but 0 and x is left of GELU.
private let tailEnd: Float = 14

/// x · Φ(x) = max(x, 0) − |x| · (1 − Φ(|x|)).
@inline(__always)
func gelu(_ x: Register) -> Register {
    let a = atMost(magnitude(x), tailEnd)
    return plus(atLeast(x, 0), -a, normalTail(a).tail)
}

/// The derivative of `gelu`: Φ(x) + x · e^(−x²/2) / √(2π).
@inline(__always)
func geluSlope(_ x: Register) -> Register {
    let near = atMost(atLeast(x, -tailEnd), tailEnd)
    let (tail, density) = normalTail(magnitude(near))
    let below = (splat(1) - tail).replacing(with: tail, where: x .< splat(0))
    return plus(below, near * splat(0.398_942_28), density)
}

// MARK: Piecewise linear and quadratic

/// min(max(x + 3, 0), 6) / 6.
@inline(__always)
func hardSigmoid(_ x: Register) -> Register {
    atMost(atLeast(x + splat(3), 0), 6) * splat(1 / 6)
}

/// x · hardSigmoid(x); −0 at −∞.
@inline(__always)
func hardSwish(_ x: Register) -> Register { atLeast(x, -3) * hardSigmoid(x) }

/// The derivative of `hardSwish`: 0 below −3, 1 above 3, x / 3 + 1 / 2 between.
@inline(__always)
func hardSwishSlope(_ x: Register) -> Register {
    plus(splat(0.5), x, splat(1 / 3))
        .replacing(with: 0, where: x .< splat(-3))
        .replacing(with: 1, where: x .> splat(3))
}
