import CVectorShim
import KernelTable

/// y = activation(scale · x + shift + residual); bound by memory.
func normalise(_ k: RowKernels.Normalise, _ rows: Int, _ C: Int) {
    switch (k.activation, k.residual) {
    case (.none, nil): pass(k, rows, C, Alone<Identity>())
    case (.none, let residual?): pass(k, rows, C, WithResidual<Identity>(residual: residual))
    case (.relu, nil): pass(k, rows, C, Alone<ReLU>())
    case (.relu, let residual?): pass(k, rows, C, WithResidual<ReLU>(residual: residual))
    case (.relu6, nil): pass(k, rows, C, Alone<ReLU6>())
    case (.silu, nil): pass(k, rows, C, Alone<SiLU>())
    case (.hardSwish, nil): pass(k, rows, C, Alone<HardSwish>())
    default: normaliseFirst(k, rows, C)
    }
}

/// What becomes of a normalised vector.
private protocol RowFinish {
    func finished(_ v: Vector, element: Int, lanes: Int) -> Vector
}

private struct Alone<F: ElementMap>: RowFinish {
    @inline(__always)
    func finished(_ v: Vector, element: Int, lanes: Int) -> Vector { F.value(v) }
}

private struct WithResidual<F: ElementMap>: RowFinish {
    let residual: Floats

    @inline(__always)
    func finished(_ v: Vector, element: Int, lanes: Int) -> Vector {
        vectorshim_prefetch(residual + (element &+ pageFloats))
        return F.value(v + load(residual + element, lanes))
    }
}

/// The rarer activations, each row after it is normalised, in cache.
private func normaliseFirst(_ k: RowKernels.Normalise, _ rows: Int, _ C: Int) {
    var one = k
    (one.activation, one.streams) = (.none, false)
    for _ in 0..<rows {
        normalise(one, 1, C)
        activate(k.activation, one.y, one.y, C)
        one.x += C
        one.y += C
        one.residual = one.residual.map { $0 + C }
    }
}

@inline(never)
private func pass<F: RowFinish>(
    _ k: RowKernels.Normalise,
    _ rows: Int,
    _ C: Int,
    _ finish: F
) {
    let streams = k.streams && fillsLines(k.y, C)
    for row in 0..<rows {
        let start = row &* C
        @inline(__always)
        func writeLine(_ c: Int, _ n: Int) {
            stream(normalised(k, start, c, n, finish), k.y + start + c)
        }
        @inline(__always)
        func write(_ c: Int, _ n: Int) {
            store(normalised(k, start, c, n, finish), k.y + start + c, n)
        }
        if streams { sweep(C, writeLine) } else { sweep(C, write) }
    }
    if streams { vectorshim_fence() }
}

@inline(__always)
private func normalised<F: RowFinish>(
    _ k: RowKernels.Normalise,
    _ start: Int,
    _ c: Int,
    _ n: Int,
    _ finish: F
) -> Vector {
    var v = load(k.shift + c, n)
    vectorshim_prefetch(k.x + (start &+ c &+ pageFloats))
    accumulate(&v, load(k.x + start + c, n), load(k.scale + c, n))
    return finish.finished(v, element: start &+ c, lanes: n)
}

// Rows are read in memory order, four at a time, with the sums in the first-level cache. Going down columns would keep the
// sums in registers, but strided reads of memory cost more than the sums in cache.

func rowSums(_ x: Floats, _ rows: Int, _ C: Int, _ sums: MutableFloats) {
    clear(sums, C)
    forRows(x, rows, C) { p in
        sweep(C) { c, n in
            let (a, b) = (p + c, p + (2 &* C &+ c))
            let four = (load(a, n) + load(a + C, n)) + (load(b, n) + load(b + C, n))
            store(load(sums + c, n) + four, sums + c, n)
        }
    } one: { p in
        sweep(C) { c, n in store(load(sums + c, n) + load(p + c, n), sums + c, n) }
    }
}

/// Calls `four` for each four rows, and `one` for each of those left over.
@inline(__always)
private func forRows(
    _ x: Floats,
    _ rows: Int,
    _ C: Int,
    four: (Floats) -> Void,
    one: (Floats) -> Void
) {
    var (p, left) = (x, rows)
    while left >= 4 {
        four(p)
        p += 4 &* C
        left &-= 4
    }
    while left > 0 {
        one(p)
        p += C
        left &-= 1
    }
}

/// The gradient of the input of a ReLU with output y, in place, and its sums.
func maskedSums(_ y: Floats, _ dy: MutableFloats, _ rows: Int, _ C: Int, _ sums: MutableFloats) {
    clear(sums, C)
    var (p, d) = (y, dy)
    for _ in 0..<rows {
        sweep(C) { c, n in
            let passed = Vector().replacing(with: load(d + c, n), where: load(p + c, n) .> 0)
            store(passed, d + c, n)
            store(load(sums + c, n) + passed, sums + c, n)
        }
        p += C
        d += C
    }
}

func addBias(_ y: MutableFloats, _ bias: Floats, _ rows: Int, _ C: Int) {
    var p = y
    for _ in 0..<rows {
        sweep(C) { c, n in store(load(p + c, n) + load(bias + c, n), p + c, n) }
        p += C
    }
}

/// Two passes over few enough rows to stay in cache; the second subtracts the mean, which avoids
/// cancellation.
func rowMoments(
    _ x: Floats,
    _ rows: Int,
    _ C: Int,
    _ mean: MutableFloats,
    _ squares: MutableFloats
) {
    rowSums(x, rows, C, mean)
    let share = 1 / Float(rows)
    sweep(C) { c, n in store(load(mean + c, n) * share, mean + c, n) }
    clear(squares, C)
    forRows(x, rows, C) { p in
        sweep(C) { c, n in
            let (m, a, b) = (load(mean + c, n), p + c, p + (2 &* C &+ c))
            var s = load(squares + c, n)
            addSquare(&s, load(a, n) - m)
            addSquare(&s, load(a + C, n) - m)
            addSquare(&s, load(b, n) - m)
            addSquare(&s, load(b + C, n) - m)
            store(s, squares + c, n)
        }
    } one: { p in
        sweep(C) { c, n in
            var s = load(squares + c, n)
            addSquare(&s, load(p + c, n) - load(mean + c, n))
            store(s, squares + c, n)
        }
    }
}

@inline(__always)
private func addSquare(_ s: inout Vector, _ d: Vector) { accumulate(&s, d, d) }
