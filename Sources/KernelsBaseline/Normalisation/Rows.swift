import KernelTable

// Rows are passed in their order, with sums in the first cache: going down the columns instead would keep
// sums in registers, but memory is slower at strides than the cache is at this.

func rowSums(_ x: Floats, _ rows: Int, _ C: Int, _ sums: MutableFloats) {
    clear(sums, C)
    var p = x
    for _ in 0..<rows {
        sweep(C) { c, n in store(load(sums + c, n) + load(p + c, n), sums + c, n) }
        p += C
    }
}

/// The gradient behind a ReLU of output y, in place, and its sums.
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

/// Two passes over rows that the caller keeps few enough to stay in cache: the second subtracts the
/// mean, so nothing cancels.
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
