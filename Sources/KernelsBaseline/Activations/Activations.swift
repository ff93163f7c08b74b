import KernelTable

// Functions are chosen outside of the loops, so that each loop has one of them inlined.

/// y = f(x).
func activate(_ f: ElementFunction, _ x: Floats, _ y: MutableFloats, _ count: Int) {
    switch f {
    case .none: if x != Floats(y) { y.update(from: x, count: count) }
    case .relu: elements(x, y, count) { positive($0) }
    case .relu6: elements(x, y, count) { upToSix($0) }
    case .silu: elements(x, y, count) { inRegisters($0) { silu($0) } }
    case .hardSwish: elements(x, y, count) { inRegisters($0) { hardSwish($0) } }
    case .hardSigmoid: elements(x, y, count) { inRegisters($0) { hardSigmoid($0) } }
    case .sigmoid: elements(x, y, count) { inRegisters($0) { sigmoid($0) } }
    case .gelu: elements(x, y, count) { inRegisters($0) { gelu($0) } }
    }
}

@inline(__always)
private func elements(_ x: Floats, _ y: MutableFloats, _ count: Int, _ f: (Vector) -> Vector) {
    sweep(count) { i, n in store(f(load(x + i, n)), y + i, n) }
}

/// dx = dy · f'(x).
func activationGradient(
    _ f: ElementFunction,
    _ known: Floats,
    _ dy: Floats,
    _ dx: MutableFloats,
    _ count: Int
) {
    switch f {
    case .none: if dy != Floats(dx) { dx.update(from: dy, count: count) }
    case .relu:
        slopes(known, dy, dx, count) { y, g in Vector().replacing(with: g, where: y .> 0) }
    case .relu6: slopes(known, dy, dx, count) { y, g in between(g, y, 6) }
    case .silu: slopes(known, dy, dx, count) { x, g in g * inRegisters(x) { siluSlope($0) } }
    case .hardSwish:
        slopes(known, dy, dx, count) { x, g in g * inRegisters(x) { hardSwishSlope($0) } }
    case .hardSigmoid:
        slopes(known, dy, dx, count) { y, g in between(g * (1 / 6), y, 1) }
    case .sigmoid: slopes(known, dy, dx, count) { y, g in g * (y * (1 - y)) }
    case .gelu: slopes(known, dy, dx, count) { x, g in g * inRegisters(x) { geluSlope($0) } }
    }
}

@inline(__always)
private func slopes(
    _ known: Floats,
    _ dy: Floats,
    _ dx: MutableFloats,
    _ count: Int,
    _ f: (_ known: Vector, _ g: Vector) -> Vector
) {
    sweep(count) { i, n in store(f(load(known + i, n), load(dy + i, n)), dx + i, n) }
}
