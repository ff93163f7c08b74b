import CVectorShim
import KernelTable

/// Σ of the lanes, in halves.
@inline(__always)
private func laneSum(_ v: Vector) -> Float {
    let eight = v.lowHalf + v.highHalf
    let four = eight.lowHalf + eight.highHalf
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
}

/// The first `n` lanes, followed by zeros.
@inline(__always)
private func firstLanes(_ v: Vector, _ n: Int) -> Vector {
    if n == lanes { return v }
    let number = Vector(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
    return Vector().replacing(with: v, where: number .< Float(n))
}

// A pixel's channels stay in the first-level cache from pass to pass.

/// y = γ · (x − mean) · inverse + β of each row; the variance is that of the differences from the mean, which
/// avoids cancellation.
func layerNorm(
    _ k: ChannelKernels.LayerNorm,
    _ beta: Floats,
    _ epsilon: Float,
    _ rows: Int,
    _ C: Int,
    _ y: MutableFloats
) {
    let share = 1 / Float(C)
    for row in 0..<rows {
        let x = k.x + row &* C
        let to = y + row &* C
        var sum = Vector()
        sweep(C) { c, n in sum += load(x + c, n) }
        let mean = laneSum(sum) * share
        var squares = Vector()
        sweep(C) { c, n in
            let d = firstLanes(load(x + c, n) - mean, n)
            accumulate(&squares, d, d)
        }
        let inverse = 1 / vectorshim_root(laneSum(squares) * share + epsilon)
        k.mean[row] = mean
        k.inverse[row] = inverse
        sweep(C) { c, n in
            var v = load(beta + c, n)
            accumulate(&v, (load(x + c, n) - mean) * inverse, load(k.gamma + c, n))
            store(v, to + c, n)
        }
    }
}

/// With g = γ · dy and h = (x − mean) · inverse: dx = inverse · (g − mean of g − h · mean of g · h), dγ = Σ dy · h
/// and dβ = Σ dy over the rows.
func layerNormGradient(
    _ k: ChannelKernels.LayerNorm,
    _ dy: Floats,
    _ rows: Int,
    _ C: Int,
    _ dx: MutableFloats?,
    _ dgamma: MutableFloats,
    _ dbeta: MutableFloats
) {
    clear(dgamma, C)
    clear(dbeta, C)
    let share = 1 / Float(C)
    for row in 0..<rows {
        let x = k.x + row &* C
        let from = dy + row &* C
        let (mean, inverse) = (k.mean[row], k.inverse[row])
        var sum = Vector()
        var product = Vector()
        sweep(C) { c, n in
            let d = load(from + c, n)
            // Lanes behind the last channel have no gradient.
            let h = (load(x + c, n) - mean) * inverse
            let g = d * load(k.gamma + c, n)
            sum += g
            accumulate(&product, g, h)
            store(load(dbeta + c, n) + d, dbeta + c, n)
            var t = load(dgamma + c, n)
            accumulate(&t, d, h)
            store(t, dgamma + c, n)
        }
        guard let dx else { continue }
        let to = dx + row &* C
        let center = -laneSum(sum) * share
        let slope = Vector(repeating: -laneSum(product) * share)
        sweep(C) { c, n in
            var v = load(from + c, n) * load(k.gamma + c, n) + center
            accumulate(&v, (load(x + c, n) - mean) * inverse, slope)
            store(v * inverse, to + c, n)
        }
    }
}

/// dx = scale · dy and Σ dy · x; bound by memory.
func scaleGradient(
    _ x: Floats,
    _ dy: Floats,
    _ scale: Floats,
    _ rows: Int,
    _ C: Int,
    _ dx: MutableFloats?,
    _ sums: MutableFloats
) {
    clear(sums, C)
    if let dx {
        scalePass(x, dy, rows, C, sums) { g, i, c, n in store(g * load(scale + c, n), dx + i, n) }
    } else {
        scalePass(x, dy, rows, C, sums) { _, _, _, _ in }
    }
}

@inline(__always)
private func scalePass(
    _ x: Floats,
    _ dy: Floats,
    _ rows: Int,
    _ C: Int,
    _ sums: MutableFloats,
    _ write: (Vector, _ element: Int, _ channel: Int, _ lanes: Int) -> Void
) {
    for row in 0..<rows {
        let start = row &* C
        sweep(C) { c, n in
            let i = start &+ c
            let g = load(dy + i, n)
            var t = load(sums + c, n)
            accumulate(&t, g, load(x + i, n))
            store(t, sums + c, n)
            write(g, i, c, n)
        }
    }
}
