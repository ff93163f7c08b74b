// F(4×4, 3×3) on the points 0, ±1/√2, ±√2, ∞ (Toom and Cook; Lavin and Gray, 2016): against the usual
// 0, ±1, ±2 they halve the rounding error. With f = x(x² − ½)(x² − 2):
// Bᵀ: f / (x − p) of each point, A: powers of each point, G: powers over f'(p).

let root: Float = 1.414_213_6
private let half: Float = 0.707_106_8

typealias Six = (Register, Register, Register, Register, Register, Register)
typealias Four = (Register, Register, Register, Register)
typealias Three = (Register, Register, Register)

@inline(__always)
private func plus(_ x: Register, _ factor: Float, _ y: Register) -> Register {
    plus(x, Register(repeating: factor), y)
}

/// Bᵀ d.
@inline(__always)
func inputPoints(_ d: Six) -> Six {
    let evenA = plus(d.4, -2, d.2)
    let oddA = plus(d.3, -2, d.1)
    let evenB = plus(d.4, -0.5, d.2)
    let oddB = plus(d.3, -0.5, d.1)
    return (
        plus(d.0 + d.4, -2.5, d.2),
        plus(evenA, half, oddA),
        plus(evenA, -half, oddA),
        plus(evenB, root, oddB),
        plus(evenB, -root, oddB),
        plus(d.1 + d.5, -2.5, d.3)
    )
}

/// Aᵀ m.
@inline(__always)
func outputPoints(_ m: Six) -> Four {
    let evenA = m.1 + m.2
    let oddA = m.1 - m.2
    let evenB = m.3 + m.4
    let oddB = m.3 - m.4
    return (
        m.0 + evenA + evenB,
        plus(oddA * half, root, oddB),
        plus(evenA * 0.5, 2, evenB),
        plus(plus(m.5, half / 2, oddA), root * 2, oddB)
    )
}

/// A y.
@inline(__always)
func gradientPoints(_ y: Four) -> Six {
    let evenA = plus(y.0, 0.5, y.2)
    let oddA = plus(y.1, 0.5, y.3)
    let evenB = plus(y.0, 2, y.2)
    let oddB = plus(y.1, 2, y.3)
    return (
        y.0,
        plus(evenA, half, oddA),
        plus(evenA, -half, oddA),
        plus(evenB, root, oddB),
        plus(evenB, -root, oddB),
        y.3
    )
}

/// G g.
@inline(__always)
func filterPoints(_ g: Three) -> Six {
    let evenA = plus(g.0, 0.5, g.2) * (-2 / 3)
    let oddA = g.1 * (-2 / 3 * half)
    let evenB = plus(g.0, 2, g.2) * (1 / 6)
    let oddB = g.1 * (root / 6)
    return (g.0, evenA + oddA, evenA - oddA, evenB + oddB, evenB - oddB, g.2)
}

/// Gᵀ u.
@inline(__always)
func weightPoints(_ u: Six) -> Three {
    let evenA = u.1 + u.2
    let oddA = u.1 - u.2
    let evenB = u.3 + u.4
    let oddB = u.3 - u.4
    return (
        plus(plus(u.0, -2 / 3, evenA), 1 / 6, evenB),
        plus(oddA * (-2 / 3 * half), root / 6, oddB),
        plus(plus(u.5, -1 / 3, evenA), 1 / 3, evenB)
    )
}
