import CVectorShim
import KernelTable

/// How the gradient passes what follows a normalisation.
private protocol Passage {
    /// dy' of a vector of dy, for the normalisation's input x.
    func passed(_ dy: Vector, _ x: Vector, channel c: Int, element i: Int, lanes n: Int) -> Vector
}

/// Nothing follows.
private struct Unchanged: Passage {
    @inline(__always)
    func passed(_ dy: Vector, _ x: Vector, channel c: Int, element i: Int, lanes n: Int) -> Vector {
        dy
    }
}

/// A ReLU behind a sum, whose result is known.
private struct KnownReLU: Passage {
    let y: Floats

    @inline(__always)
    func passed(_ dy: Vector, _ x: Vector, channel c: Int, element i: Int, lanes n: Int) -> Vector {
        ReLU.gradient(load(y + i, n), dy)
    }
}

/// An activation whose argument is recomputed with the roundings of the forward pass.
private struct Recomputed<F: ElementMap>: Passage {
    let scale: Floats
    let shift: Floats

    @inline(__always)
    func passed(_ dy: Vector, _ x: Vector, channel c: Int, element i: Int, lanes n: Int) -> Vector {
        var v = load(shift + c, n)
        accumulate(&v, x, load(scale + c, n))
        return F.gradient(v, dy)
    }
}

/// Another, whose dy' is written as well: as the gradient of a residual, or for a later pass.
private struct Shared<P: Passage>: Passage {
    let passage: P
    let passed: MutableFloats

    @inline(__always)
    func passed(_ dy: Vector, _ x: Vector, channel c: Int, element i: Int, lanes n: Int) -> Vector {
        let g = passage.passed(dy, x, channel: c, element: i, lanes: n)
        store(g, passed + i, n)
        return g
    }
}

/// Σ dy' and Σ dy' · (x − mean) of each channel.
func gradientSums(
    _ k: RowKernels.Gradient,
    _ rows: Int,
    _ C: Int,
    _ sumDy: MutableFloats,
    _ sumDyX: MutableFloats
) {
    clear(sumDy, C)
    clear(sumDyX, C)
    func sum<P: Passage>(_ passage: P) {
        guard let passed = k.passed else { return sumPass(k, rows, C, sumDy, sumDyX, passage) }
        sumPass(k, rows, C, sumDy, sumDyX, Shared(passage: passage, passed: passed))
    }
    if let y = k.y { return sum(KnownReLU(y: y)) }
    guard let scale = k.scale, let shift = k.shift else { return sum(Unchanged()) }
    switch k.activation {
    case .relu6: sum(Recomputed<ReLU6>(scale: scale, shift: shift))
    case .silu: sum(Recomputed<SiLU>(scale: scale, shift: shift))
    case .hardSwish: sum(Recomputed<HardSwish>(scale: scale, shift: shift))
    default: sum(Recomputed<ReLU>(scale: scale, shift: shift))
    }
}

@inline(never)
private func sumPass<P: Passage>(
    _ k: RowKernels.Gradient,
    _ rows: Int,
    _ C: Int,
    _ sumDy: MutableFloats,
    _ sumDyX: MutableFloats,
    _ passage: P
) {
    for row in 0..<rows {
        let start = row &* C
        @inline(__always)
        func step(_ c: Int, _ n: Int) {
            let i = start &+ c
            vectorshim_prefetch(k.x + i + pageFloats)
            vectorshim_prefetch(k.dy + i + pageFloats)
            let x = load(k.x + i, n)
            let g = passage.passed(load(k.dy + i, n), x, channel: c, element: i, lanes: n)
            store(load(sumDy + c, n) + g, sumDy + c, n)
            var t = load(sumDyX + c, n)
            accumulate(&t, g, x - load(k.mean + c, n))
            store(t, sumDyX + c, n)
        }
        sweep(C, step)
    }
}

/// dx = a · dy' + b · (x − mean) + c, and dresidual = dy'; bound by memory.
func normaliseGradient(_ k: RowKernels.Gradient, _ rows: Int, _ C: Int) {
    func write<P: Passage>(_ passage: P) { gradientPass(k, rows, C, passage) }
    if let y = k.y {
        let passage = KnownReLU(y: y)
        guard let dresidual = k.dresidual else { return write(passage) }
        return write(Shared(passage: passage, passed: dresidual))
    }
    guard let scale = k.scale, let shift = k.shift else {
        guard let dresidual = k.dresidual else { return write(Unchanged()) }
        return write(Shared(passage: Unchanged(), passed: dresidual))
    }
    switch k.activation {
    case .relu6: write(Recomputed<ReLU6>(scale: scale, shift: shift))
    case .silu: write(Recomputed<SiLU>(scale: scale, shift: shift))
    case .hardSwish: write(Recomputed<HardSwish>(scale: scale, shift: shift))
    default: write(Recomputed<ReLU>(scale: scale, shift: shift))
    }
}

@inline(never)
private func gradientPass<P: Passage>(
    _ k: RowKernels.Gradient,
    _ rows: Int,
    _ C: Int,
    _ passage: P
) {
    for row in 0..<rows {
        let start = row &* C
        @inline(__always)
        func step(_ c: Int, _ n: Int) {
            let i = start &+ c
            vectorshim_prefetch(k.x + i + pageFloats)
            vectorshim_prefetch(k.dy + i + pageFloats)
            let x = load(k.x + i, n)
            let g = passage.passed(load(k.dy + i, n), x, channel: c, element: i, lanes: n)
            var v = load(k.c + c, n)
            accumulate(&v, load(k.a + c, n), g)
            accumulate(&v, load(k.b + c, n), x - load(k.mean + c, n))
            store(v, k.dx + i, n)
        }
        sweep(C, step)
    }
}
