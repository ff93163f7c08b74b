import CVectorShim
import KernelTable

/// What one tile of the result needs: `K` steps of one strip of B against some rows of A; and how far beyond
/// the current step of B lies what to prefetch.
typealias Tile = (
    K: Int, A: Floats, rowStride: Int, columnStride: Int, B: Floats, C: MutableFloats, ldc: Int,
    columns: Int, adding: Bool, ahead: Int
)

// The micro-kernels: the sums stay in registers for all of K, A is broadcast from where it lies.

@inline(never)
func tile12(_ t: Tile) {
    var (c0, c1, c2, c3) = (emptyStrip(), emptyStrip(), emptyStrip(), emptyStrip())
    var (c4, c5, c6, c7) = (emptyStrip(), emptyStrip(), emptyStrip(), emptyStrip())
    var (c8, c9, c10, c11) = (emptyStrip(), emptyStrip(), emptyStrip(), emptyStrip())
    let row = t.rowStride
    let twice = 2 &* row
    var a0 = t.A
    var a3 = t.A + 3 &* row
    var a6 = t.A + 6 &* row
    var a9 = t.A + 9 &* row
    var p = t.B
    for _ in 0..<t.K {
        vectorshim_prefetch(p + t.ahead)
        let b = loadStrip(p)
        accumulate(&c0, a0[0], b)
        accumulate(&c1, a0[row], b)
        accumulate(&c2, a0[twice], b)
        accumulate(&c3, a3[0], b)
        accumulate(&c4, a3[row], b)
        accumulate(&c5, a3[twice], b)
        accumulate(&c6, a6[0], b)
        accumulate(&c7, a6[row], b)
        accumulate(&c8, a6[twice], b)
        accumulate(&c9, a9[0], b)
        accumulate(&c10, a9[row], b)
        accumulate(&c11, a9[twice], b)
        a0 += t.columnStride
        a3 += t.columnStride
        a6 += t.columnStride
        a9 += t.columnStride
        p += stripWidth
    }
    finish(t, 0, c0, c1, c2)
    finish(t, 3, c3, c4, c5)
    finish(t, 6, c6, c7, c8)
    finish(t, 9, c9, c10, c11)
}

@inline(never)
func tile6(_ t: Tile) {
    var sums: SixStrips = (
        emptyStrip(), emptyStrip(), emptyStrip(), emptyStrip(), emptyStrip(), emptyStrip()
    )
    let row = t.rowStride
    let a: SixRows = (
        t.A, t.A + row, t.A + 2 &* row, t.A + 3 &* row, t.A + 4 &* row, t.A + 5 &* row
    )
    var k = 0
    var p = t.B
    // Four steps share the counting and the prefetch, rows that lie side by side a pointer: beside two
    // multiply-adds a cycle there is little room for more.
    if t.columnStride == 1 {
        while k &+ 4 <= t.K {
            vectorshim_prefetch(p + t.ahead)
            step(&sums, a, k, loadStrip(p))
            step(&sums, a, k &+ 1, loadStrip(p + stripWidth))
            step(&sums, a, k &+ 2, loadStrip(p + 2 &* stripWidth))
            step(&sums, a, k &+ 3, loadStrip(p + 3 &* stripWidth))
            k &+= 4
            p += 4 &* stripWidth
        }
    } else if row == 1 {
        var column = t.A
        let stride = t.columnStride
        while k &+ 4 <= t.K {
            vectorshim_prefetch(p + t.ahead)
            step(&sums, column, loadStrip(p))
            step(&sums, column + stride, loadStrip(p + stripWidth))
            step(&sums, column + 2 &* stride, loadStrip(p + 2 &* stripWidth))
            step(&sums, column + 3 &* stride, loadStrip(p + 3 &* stripWidth))
            k &+= 4
            column += 4 &* stride
            p += 4 &* stripWidth
        }
    }
    var offset = k &* t.columnStride
    while k < t.K {
        step(&sums, a, offset, loadStrip(p))
        offset &+= t.columnStride
        k &+= 1
        p += stripWidth
    }
    finish(t, 0, sums.0, sums.1, sums.2)
    finish(t, 3, sums.3, sums.4, sums.5)
}

private typealias SixStrips = (Strip, Strip, Strip, Strip, Strip, Strip)
private typealias SixRows = (Floats, Floats, Floats, Floats, Floats, Floats)

@inline(__always)
private func step(_ sums: inout SixStrips, _ a: SixRows, _ offset: Int, _ b: Strip) {
    accumulate(&sums.0, a.0[offset], b)
    accumulate(&sums.1, a.1[offset], b)
    accumulate(&sums.2, a.2[offset], b)
    accumulate(&sums.3, a.3[offset], b)
    accumulate(&sums.4, a.4[offset], b)
    accumulate(&sums.5, a.5[offset], b)
}

@inline(__always)
private func step(_ sums: inout SixStrips, _ column: Floats, _ b: Strip) {
    accumulate(&sums.0, column[0], b)
    accumulate(&sums.1, column[1], b)
    accumulate(&sums.2, column[2], b)
    accumulate(&sums.3, column[3], b)
    accumulate(&sums.4, column[4], b)
    accumulate(&sums.5, column[5], b)
}

@inline(__always)
private func finish(_ t: Tile, _ row: Int, _ a: Strip, _ b: Strip, _ c: Strip) {
    let p = t.C + row &* t.ldc
    storeStrip(a, p, t.columns, t.adding)
    storeStrip(b, p + t.ldc, t.columns, t.adding)
    storeStrip(c, p + 2 &* t.ldc, t.columns, t.adding)
}
