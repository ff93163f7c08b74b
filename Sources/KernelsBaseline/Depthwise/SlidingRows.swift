import CVectorShim
import KernelTable

// A row of outputs of a register of channels is computed from one walk along the input: each pixel that is read goes into
// all outputs that it reaches, whose sums slide through as many registers. Lines of one register are a pixel apart, which
// prefetchers do not follow; so each walk prefetches its share of the rows that the next row of outputs needs, in the order
// of memory.

/// What a walk reads and writes.
struct Walk {
    /// Pixel 0 of the first row.
    var x: Floats
    /// Rows, and the distance between them.
    var rows: Int
    var rowDistance: Int
    /// Columns of the input, and floats from one to the next.
    var columns: Int
    var C: Int
    /// Filter 0 of the first row, and the distances to the next filter and the next row of filters.
    var filters: Floats
    var filterDistance: Int
    var filterRowDistance: Int
    /// Output 0, and the number of outputs.
    var y: MutableFloats
    var outputs: Int
    /// Columns of zeros before the first.
    var left: Int
    /// What to prefetch to be read, and to be written.
    var nextInput: Floats
    var nextOutput: MutableFloats
}

/// Whether walks compute the outputs of windows of that side and step, `left` columns of zeros before the first input:
/// each output must reach an input.
@inline(__always)
func walks(_ C: Int, _ kernel: Int, _ stride: Int, left: Int, columns: Int, outputs: Int) -> Bool {
    // Fewer channels are left to the other loops for every width of registers, so that all have the same bits.
    guard C >= lanes, left >= 0, left < kernel, (outputs &- 1) &* stride &- left < columns
    else { return false }
    if stride == 1 { return kernel == 3 || kernel == 5 || kernel == 7 }
    return stride == 2 && (kernel == 3 || kernel == 5)
}

@inline(__always)
func walk(_ k: Walk, _ kernel: Int, _ stride: Int) {
    switch (kernel, stride) {
    case (3, 1): walk3(k)
    case (5, 1): walk5(k)
    case (7, 1): walk7(k)
    case (3, _): walk3By2(k)
    default: walk5By2(k)
    }
}

/// Writes the sum of output `o` where there is one.
@inline(__always)
private func finish(_ k: Walk, _ o: Int, _ sum: Register) {
    if o >= 0, o < k.outputs { write(sum, k.y + o &* k.C) }
}

@inline(__always)
private func prefetchNext(_ k: Walk, _ step: Int, inputs: Int) {
    for line in 0..<inputs {
        vectorshim_prefetch(k.nextInput + (step &* inputs &+ line) &* registerLanes)
    }
    vectorshim_prefetch_to_write(k.nextOutput + step &* registerLanes)
}

@inline(never)
private func walk3(_ k: Walk) {
    if k.rows == 3 { return walk3Whole(k) }
    let d = k.filterDistance
    var (s0, s1, s2) = (Register(), Register(), Register())
    for column in 0..<k.columns {
        prefetchNext(k, column, inputs: 1)
        var (p, f) = (k.x + column &* k.C, k.filters)
        for _ in 0..<k.rows {
            let v = read(p)
            s0 = plus(s0, read(f), v)
            s1 = plus(s1, read(f + d), v)
            s2 = plus(s2, read(f + 2 &* d), v)
            p += k.rowDistance
            f += k.filterRowDistance
        }
        finish(k, column &+ k.left &- 2, s2)
        (s2, s1, s0) = (s1, s0, Register())
    }
    let next = k.columns &+ k.left
    finish(k, next &- 2, s2)
    finish(k, next &- 1, s1)
}

/// The same away from the upper and lower border: all filters stay in registers.
@inline(__always)
private func walk3Whole(_ k: Walk) {
    let d = k.filterDistance
    let (fa, fb, fc) = (
        k.filters, k.filters + k.filterRowDistance, k.filters + 2 &* k.filterRowDistance
    )
    let (a0, a1, a2) = (read(fa), read(fa + d), read(fa + 2 &* d))
    let (b0, b1, b2) = (read(fb), read(fb + d), read(fb + 2 &* d))
    let (c0, c1, c2) = (read(fc), read(fc + d), read(fc + 2 &* d))
    var (s0, s1, s2) = (Register(), Register(), Register())
    var p = k.x
    for column in 0..<k.columns {
        prefetchNext(k, column, inputs: 1)
        let a = read(p)
        let b = read(p + k.rowDistance)
        let c = read(p + 2 &* k.rowDistance)
        s0 = plus(plus(plus(s0, a0, a), b0, b), c0, c)
        s1 = plus(plus(plus(s1, a1, a), b1, b), c1, c)
        s2 = plus(plus(plus(s2, a2, a), b2, b), c2, c)
        finish(k, column &+ k.left &- 2, s2)
        (s2, s1, s0) = (s1, s0, Register())
        p += k.C
    }
    let next = k.columns &+ k.left
    finish(k, next &- 2, s2)
    finish(k, next &- 1, s1)
}

@inline(never)
private func walk5(_ k: Walk) {
    let d = k.filterDistance
    var (s0, s1, s2, s3, s4) = (Register(), Register(), Register(), Register(), Register())
    for column in 0..<k.columns {
        prefetchNext(k, column, inputs: 1)
        var (p, f) = (k.x + column &* k.C, k.filters)
        for _ in 0..<k.rows {
            let v = read(p)
            s0 = plus(s0, read(f), v)
            s1 = plus(s1, read(f + d), v)
            s2 = plus(s2, read(f + 2 &* d), v)
            s3 = plus(s3, read(f + 3 &* d), v)
            s4 = plus(s4, read(f + 4 &* d), v)
            p += k.rowDistance
            f += k.filterRowDistance
        }
        finish(k, column &+ k.left &- 4, s4)
        (s4, s3, s2, s1, s0) = (s3, s2, s1, s0, Register())
    }
    let next = k.columns &+ k.left
    finish(k, next &- 4, s4)
    finish(k, next &- 3, s3)
    finish(k, next &- 2, s2)
    finish(k, next &- 1, s1)
}

@inline(never)
private func walk7(_ k: Walk) {
    let d = k.filterDistance
    var (s0, s1, s2, s3) = (Register(), Register(), Register(), Register())
    var (s4, s5, s6) = (Register(), Register(), Register())
    for column in 0..<k.columns {
        prefetchNext(k, column, inputs: 1)
        var (p, f) = (k.x + column &* k.C, k.filters)
        for _ in 0..<k.rows {
            let v = read(p)
            s0 = plus(s0, read(f), v)
            s1 = plus(s1, read(f + d), v)
            s2 = plus(s2, read(f + 2 &* d), v)
            s3 = plus(s3, read(f + 3 &* d), v)
            s4 = plus(s4, read(f + 4 &* d), v)
            s5 = plus(s5, read(f + 5 &* d), v)
            s6 = plus(s6, read(f + 6 &* d), v)
            p += k.rowDistance
            f += k.filterRowDistance
        }
        finish(k, column &+ k.left &- 6, s6)
        (s6, s5, s4, s3, s2, s1, s0) = (s5, s4, s3, s2, s1, s0, Register())
    }
    let next = k.columns &+ k.left
    finish(k, next &- 6, s6)
    finish(k, next &- 5, s5)
    finish(k, next &- 4, s4)
    finish(k, next &- 3, s3)
    finish(k, next &- 2, s2)
    finish(k, next &- 1, s1)
}

// At steps of two the even columns of a window, counted from its first, and the odd ones take turns.

@inline(never)
private func walk3By2(_ k: Walk) {
    let d = k.filterDistance
    var (s0, s1) = (Register(), Register())
    for o in 0...k.outputs {
        prefetchNext(k, o, inputs: 4)
        let column = 2 &* o &- k.left
        if column >= 0, column < k.columns {
            var (p, f) = (k.x + column &* k.C, k.filters)
            for _ in 0..<k.rows {
                let v = read(p)
                s0 = plus(s0, read(f), v)
                s1 = plus(s1, read(f + 2 &* d), v)
                p += k.rowDistance
                f += k.filterRowDistance
            }
        }
        finish(k, o &- 1, s1)
        if column >= -1, column &+ 1 < k.columns {
            var (p, f) = (k.x + (column &+ 1) &* k.C, k.filters + d)
            for _ in 0..<k.rows {
                s0 = plus(s0, read(f), read(p))
                p += k.rowDistance
                f += k.filterRowDistance
            }
        }
        (s1, s0) = (s0, Register())
    }
}

@inline(never)
private func walk5By2(_ k: Walk) {
    let d = k.filterDistance
    var (s0, s1, s2) = (Register(), Register(), Register())
    for o in 0..<k.outputs &+ 2 {
        prefetchNext(k, o, inputs: 4)
        let column = 2 &* o &- k.left
        if column >= 0, column < k.columns {
            var (p, f) = (k.x + column &* k.C, k.filters)
            for _ in 0..<k.rows {
                let v = read(p)
                s0 = plus(s0, read(f), v)
                s1 = plus(s1, read(f + 2 &* d), v)
                s2 = plus(s2, read(f + 4 &* d), v)
                p += k.rowDistance
                f += k.filterRowDistance
            }
        }
        finish(k, o &- 2, s2)
        if column >= -1, column &+ 1 < k.columns {
            var (p, f) = (k.x + (column &+ 1) &* k.C, k.filters + d)
            for _ in 0..<k.rows {
                let v = read(p)
                s0 = plus(s0, read(f), v)
                s1 = plus(s1, read(f + 2 &* d), v)
                p += k.rowDistance
                f += k.filterRowDistance
            }
        }
        (s2, s1, s0) = (s1, s0, Register())
    }
}

// MARK: The gradient of the input at steps of two

/// One row of the gradient of the input.
///
/// Each gradient of an output that is read goes into all columns that its window covers; `outputs` and `y` are the
/// columns of the gradient, `left` the columns of zeros before them.
@inline(never)
func walkBackBy2(_ k: Walk, _ kernel: Int) {
    let d = k.filterDistance
    var (s0, s1, s2, s3, s4) = (Register(), Register(), Register(), Register(), Register())
    var column = -k.left
    for o in 0..<k.columns {
        prefetchNext(k, o, inputs: 1)
        vectorshim_prefetch_to_write(k.nextOutput + (k.columns &+ o) &* registerLanes)
        var (p, f) = (k.x + o &* k.C, k.filters)
        if kernel == 3 {
            for _ in 0..<k.rows {
                let v = read(p)
                s0 = plus(s0, read(f), v)
                s1 = plus(s1, read(f + d), v)
                s2 = plus(s2, read(f + 2 &* d), v)
                p += k.rowDistance
                f += k.filterRowDistance
            }
        } else {
            for _ in 0..<k.rows {
                let v = read(p)
                s0 = plus(s0, read(f), v)
                s1 = plus(s1, read(f + d), v)
                s2 = plus(s2, read(f + 2 &* d), v)
                s3 = plus(s3, read(f + 3 &* d), v)
                s4 = plus(s4, read(f + 4 &* d), v)
                p += k.rowDistance
                f += k.filterRowDistance
            }
        }
        finish(k, column, s0)
        finish(k, column &+ 1, s1)
        (s0, s1, s2, s3, s4) = (s2, s3, s4, Register(), Register())
        column &+= 2
    }
    while column < k.outputs {
        finish(k, column, s0)
        finish(k, column &+ 1, s1)
        (s0, s1, s2) = (s2, Register(), Register())
        column &+= 2
    }
}
