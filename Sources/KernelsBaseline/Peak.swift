import KernelTable

// Twelve registers of independent chains cover the latency of two multiply-adds a cycle and leave
// registers for the factors: 6 strips with FMA (AVX2, AVX-512, NEON), 3 of SSE2's shorter registers.

/// Strips of chains.
private let chains = tileRows == 3 ? 3 : 6

/// Operations of a round of `multiplyAdds`.
let peakOperations = 2 * chains * stripWidth

/// s = s · x + y in every lane of every chain; bound by the multipliers.
///
/// Each product depends on the previous sum, so the compiler cannot move it out of the loop.
func multiplyAdds(_ rounds: Int, _ x: Float, _ y: Float) -> Float {
    let y = Vector(repeating: y)
    var (s0, s1, s2) = (emptyStrip(), emptyStrip(), emptyStrip())
    var (s3, s4, s5) = (emptyStrip(), emptyStrip(), emptyStrip())
    for _ in 0..<rounds {
        chain(&s0, x, y)
        chain(&s1, x, y)
        chain(&s2, x, y)
        if chains > 3 {
            chain(&s3, x, y)
            chain(&s4, x, y)
            chain(&s5, x, y)
        }
    }
    return total(s0) + total(s1) + total(s2) + total(s3) + total(s4) + total(s5)
}

#if WIDE_REGISTERS
    @inline(__always)
    private func chain(_ s: inout Strip, _ x: Float, _ y: Vector) {
        s = (chained(s.low, x, y), chained(s.high, x, y))
    }

    @inline(__always)
    private func total(_ s: Strip) -> Float { total(s.low + s.high) }
#else
    @inline(__always)
    private func chain(_ s: inout Strip, _ x: Float, _ y: Vector) { s = chained(s, x, y) }
#endif

@inline(__always)
private func total(_ v: Vector) -> Float {
    let eight = v.lowHalf + v.highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
}

@inline(__always)
private func chained(_ s: Vector, _ x: Float, _ y: Vector) -> Vector {
    var next = y
    accumulate(&next, s, Vector(repeating: x))
    return next
}
