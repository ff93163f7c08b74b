import KernelTable

/// y = f(x).
func activate(_ f: ElementFunction, _ x: Floats, _ y: MutableFloats, _ count: Int) {
    switch f {
    case .none: if x != Floats(y) { y.update(from: x, count: count) }
    case .relu: elements(ReLU.self, x, y, count)
    case .relu6: elements(ReLU6.self, x, y, count)
    case .silu: elements(SiLU.self, x, y, count)
    case .hardSwish: elements(HardSwish.self, x, y, count)
    case .hardSigmoid: elements(HardSigmoid.self, x, y, count)
    case .sigmoid: elements(Sigmoid.self, x, y, count)
    case .gelu: elements(GELU.self, x, y, count)
    }
}

@inline(never)
private func elements<F: ElementMap>(_: F.Type, _ x: Floats, _ y: MutableFloats, _ count: Int) {
    @inline(__always)
    func step(_ i: Int, _ n: Int) { store(F.value(load(x + i, n)), y + i, n) }
    sweep(count, step)
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
    case .relu: gradients(ReLU.self, known, dy, dx, count)
    case .relu6: gradients(ReLU6.self, known, dy, dx, count)
    case .silu: gradients(SiLU.self, known, dy, dx, count)
    case .hardSwish: gradients(HardSwish.self, known, dy, dx, count)
    case .hardSigmoid: gradients(HardSigmoid.self, known, dy, dx, count)
    case .sigmoid: gradients(Sigmoid.self, known, dy, dx, count)
    case .gelu: gradients(GELU.self, known, dy, dx, count)
    }
}

@inline(never)
private func gradients<F: ElementMap>(
    _: F.Type,
    _ known: Floats,
    _ dy: Floats,
    _ dx: MutableFloats,
    _ count: Int
) {
    @inline(__always)
    func step(_ i: Int, _ n: Int) {
        store(F.gradient(load(known + i, n), load(dy + i, n)), dx + i, n)
    }
    sweep(count, step)
}
