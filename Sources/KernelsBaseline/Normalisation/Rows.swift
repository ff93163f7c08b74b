import KernelTable

func rowSums(_ x: Floats, _ rows: Int, _ C: Int, _ sums: MutableFloats) {
    sweep(C) { c, n in
        var s = Vector()
        var p = x + c
        for _ in 0..<rows {
            s += load(p, n)
            p += C
        }
        store(s, sums + c, n)
    }
}

func addBias(_ y: MutableFloats, _ bias: Floats, _ rows: Int, _ C: Int) {
    sweep(C) { c, n in
        let b = load(bias + c, n)
        var p = y + c
        for _ in 0..<rows {
            store(load(p, n) + b, p, n)
            p += C
        }
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
    sweep(C) { c, n in
        let m = load(mean + c, n) * share
        store(m, mean + c, n)
        var s = Vector()
        var p = x + c
        for _ in 0..<rows {
            let d = load(p, n) - m
            accumulate(&s, d, d)
            p += C
        }
        store(s, squares + c, n)
    }
}
