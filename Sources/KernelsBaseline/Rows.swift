import CVectorShim
import KernelTable

/// Prefetch distance of the backward pass in floats: one page, because hardware prefetchers stop at page
/// boundaries.
private let distance = 1024

/// y = activation(scale · x + shift + residual); bound by memory.
///
/// Functions are chosen outside of the loops.
func normalise(_ k: RowKernels.Normalise, _ rows: Int, _ C: Int) {
    if let residual = k.residual {
        switch k.activation {
        case .none: pass(k, rows, C) { v, i, n in v + load(residual + i, n) }
        case .relu: pass(k, rows, C) { v, i, n in positive(v + load(residual + i, n)) }
        default: normaliseFirst(k, rows, C)
        }
    } else {
        switch k.activation {
        case .none: pass(k, rows, C) { v, _, _ in v }
        case .relu: pass(k, rows, C) { v, _, _ in positive(v) }
        case .relu6: pass(k, rows, C) { v, _, _ in upToSix(v) }
        case .silu: pass(k, rows, C) { v, _, _ in inRegisters(v) { silu($0) } }
        case .hardSwish: pass(k, rows, C) { v, _, _ in inRegisters(v) { hardSwish($0) } }
        case .hardSigmoid, .sigmoid, .gelu: normaliseFirst(k, rows, C)
        }
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

@inline(__always)
private func pass(
    _ k: RowKernels.Normalise,
    _ rows: Int,
    _ C: Int,
    _ finish: (Vector, Int, Int) -> Vector
) {
    if k.streams, fillsLines(k.y, C) {
        pass(k, rows, C, finish) { v, y, _ in stream(v, y) }
        vectorshim_fence()
    } else {
        pass(k, rows, C, finish) { v, y, n in store(v, y, n) }
    }
}

@inline(__always)
private func pass(
    _ k: RowKernels.Normalise,
    _ rows: Int,
    _ C: Int,
    _ finish: (Vector, Int, Int) -> Vector,
    _ write: (Vector, MutableFloats, Int) -> Void
) {
    for row in 0..<rows {
        let start = row &* C
        sweep(C) { c, n in
            var v = load(k.shift + c, n)
            accumulate(&v, load(k.x + start + c, n), load(k.scale + c, n))
            write(finish(v, start &+ c, n), k.y + start + c, n)
        }
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
    if let y = k.y {
        sumPass(k, rows, C, sumDy, sumDyX) { g, _, _, i, n in
            Vector().replacing(with: g, where: load(y + i, n) .> 0)
        }
    } else if let scale = k.scale, let shift = k.shift {
        // The argument of the activation, with the roundings of the forward pass.
        switch k.activation {
        case .relu6:
            sumPass(k, rows, C, sumDy, sumDyX) { g, x, c, _, n in
                between(g, argument(x, load(scale + c, n), load(shift + c, n)), 6)
            }
        case .silu:
            sumPass(k, rows, C, sumDy, sumDyX) { g, x, c, _, n in
                let v = argument(x, load(scale + c, n), load(shift + c, n))
                return g * inRegisters(v) { siluSlope($0) }
            }
        case .hardSwish:
            sumPass(k, rows, C, sumDy, sumDyX) { g, x, c, _, n in
                let v = argument(x, load(scale + c, n), load(shift + c, n))
                return g * inRegisters(v) { hardSwishSlope($0) }
            }
        default:
            sumPass(k, rows, C, sumDy, sumDyX) { g, x, c, _, n in
                masked(g, x, load(scale + c, n), load(shift + c, n))
            }
        }
    } else {
        sumPass(k, rows, C, sumDy, sumDyX) { g, _, _, _, _ in g }
    }
}

@inline(__always)
private func sumPass(
    _ k: RowKernels.Gradient,
    _ rows: Int,
    _ C: Int,
    _ sumDy: MutableFloats,
    _ sumDyX: MutableFloats,
    _ mask: (Vector, Vector, Int, Int, Int) -> Vector
) {
    for row in 0..<rows {
        let start = row &* C
        sweep(C) { c, n in
            let i = start &+ c
            vectorshim_prefetch(k.x + i + distance)
            vectorshim_prefetch(k.dy + i + distance)
            let x = load(k.x + i, n)
            let g = mask(load(k.dy + i, n), x, c, i, n)
            store(load(sumDy + c, n) + g, sumDy + c, n)
            var t = load(sumDyX + c, n)
            accumulate(&t, g, x - load(k.mean + c, n))
            store(t, sumDyX + c, n)
        }
    }
}

/// scale · x + shift, what the activation was given.
@inline(__always)
private func argument(_ x: Vector, _ scale: Vector, _ shift: Vector) -> Vector {
    var v = shift
    accumulate(&v, x, scale)
    return v
}

/// g masked by the ReLU, whose input is recomputed.
@inline(__always)
private func masked(_ g: Vector, _ x: Vector, _ scale: Vector, _ shift: Vector) -> Vector {
    Vector().replacing(with: g, where: argument(x, scale, shift) .> 0)
}

/// dx = a · dy' + b · (x − mean) + c, and dresidual = dy'; bound by memory.
func normaliseGradient(_ k: RowKernels.Gradient, _ rows: Int, _ C: Int) {
    if let y = k.y {
        if let dresidual = k.dresidual {
            gradientPass(k, rows, C) { g, _, _, i, n in
                let masked = Vector().replacing(with: g, where: load(y + i, n) .> 0)
                store(masked, dresidual + i, n)
                return masked
            }
        } else {
            gradientPass(k, rows, C) { g, _, _, i, n in
                Vector().replacing(with: g, where: load(y + i, n) .> 0)
            }
        }
    } else if let scale = k.scale, let shift = k.shift {
        switch k.activation {
        case .relu6:
            gradientPass(k, rows, C) { g, x, c, _, n in
                between(g, argument(x, load(scale + c, n), load(shift + c, n)), 6)
            }
        case .silu:
            gradientPass(k, rows, C) { g, x, c, _, n in
                let v = argument(x, load(scale + c, n), load(shift + c, n))
                return g * inRegisters(v) { siluSlope($0) }
            }
        case .hardSwish:
            gradientPass(k, rows, C) { g, x, c, _, n in
                let v = argument(x, load(scale + c, n), load(shift + c, n))
                return g * inRegisters(v) { hardSwishSlope($0) }
            }
        default:
            gradientPass(k, rows, C) { g, x, c, _, n in
                masked(g, x, load(scale + c, n), load(shift + c, n))
            }
        }
    } else if let dresidual = k.dresidual {
        gradientPass(k, rows, C) { g, _, _, i, n in
            store(g, dresidual + i, n)
            return g
        }
    } else {
        gradientPass(k, rows, C) { g, _, _, _, _ in g }
    }
}

@inline(__always)
private func gradientPass(
    _ k: RowKernels.Gradient,
    _ rows: Int,
    _ C: Int,
    _ mask: (Vector, Vector, Int, Int, Int) -> Vector
) {
    for row in 0..<rows {
        let start = row &* C
        sweep(C) { c, n in
            let i = start &+ c
            vectorshim_prefetch(k.x + i + distance)
            vectorshim_prefetch(k.dy + i + distance)
            let x = load(k.x + i, n)
            let g = mask(load(k.dy + i, n), x, c, i, n)
            var v = load(k.c + c, n)
            accumulate(&v, load(k.a + c, n), g)
            accumulate(&v, load(k.b + c, n), x - load(k.mean + c, n))
            store(v, k.dx + i, n)
        }
    }
}

// Rows are read in memory order with the sums in the first-level cache. Going down columns would keep the sums
// in registers, but strided reads of memory cost more than the sums in cache.

func rowSums(_ x: Floats, _ rows: Int, _ C: Int, _ sums: MutableFloats) {
    clear(sums, C)
    var p = x
    for _ in 0..<rows {
        sweep(C) { c, n in store(load(sums + c, n) + load(p + c, n), sums + c, n) }
        p += C
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
    var p = x
    for _ in 0..<rows {
        sweep(C) { c, n in
            let d = load(p + c, n) - load(mean + c, n)
            var s = load(squares + c, n)
            accumulate(&s, d, d)
            store(s, squares + c, n)
        }
        p += C
    }
}
