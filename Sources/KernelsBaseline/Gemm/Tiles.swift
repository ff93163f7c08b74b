import CVectorShim
import KernelTable

// No type here is a struct: a struct's metadata brings functions that the linker shares between modules,
// and the copy that it keeps may use instructions that the CPU lacks.
//
// A strip has as many columns as fit the registers with the rows of a tile: 12 × 32 floats in the
// 32 registers of AVX-512, 6 × 16 in the 16 of AVX2 or the 32 short ones of NEON, 3 × 16 in SSE2.

#if WIDE_REGISTERS
    let stripWidth = 32
    let tileRows = 12

    typealias Strip = (low: Vector, high: Vector)

    @inline(__always)
    func emptyStrip() -> Strip { (Vector(), Vector()) }

    @inline(__always)
    func loadStrip(_ p: Floats) -> Strip { (load(p), load(p + lanes)) }

    @inline(__always)
    func accumulate(_ s: inout Strip, _ a: Float, _ b: Strip) {
        let a = Vector(repeating: a)
        accumulate(&s.low, a, b.low)
        accumulate(&s.high, a, b.high)
    }

    @inline(__always)
    func storeStrip(_ s: Strip, _ p: MutableFloats, _ columns: Int, _ adding: Bool) {
        let low = Int32(truncatingIfNeeded: min(columns, lanes))
        let high = Int32(truncatingIfNeeded: columns) &- low
        let q = p + lanes
        if adding {
            vectorshim_store_first16(p, vectorshim_load_first16(p, low) + s.low, low)
            vectorshim_store_first16(q, vectorshim_load_first16(q, high) + s.high, high)
        } else {
            vectorshim_store_first16(p, s.low, low)
            vectorshim_store_first16(q, s.high, high)
        }
    }
#else
    let stripWidth = 16
    #if FUSED_MULTIPLY_ADD
        let tileRows = 6
    #else
        let tileRows = 3
    #endif

    typealias Strip = Vector

    @inline(__always)
    func emptyStrip() -> Strip { Vector() }

    @inline(__always)
    func loadStrip(_ p: Floats) -> Strip { load(p) }

    @inline(__always)
    func accumulate(_ s: inout Strip, _ a: Float, _ b: Strip) {
        accumulate(&s, Vector(repeating: a), b)
    }

    @inline(__always)
    func storeStrip(_ s: Strip, _ p: MutableFloats, _ columns: Int, _ adding: Bool) {
        store(adding ? load(p, columns) + s : s, p, columns)
    }
#endif

/// Arguments of one tile of the result: `K` steps of one strip of B, some rows of A, and what each step prefetches:
/// floats from `next` on, `pace` apart.
typealias Tile = (
    K: Int, A: Floats, rowStride: Int, columnStride: Int, B: Floats, C: MutableFloats, ldc: Int,
    columns: Int, adding: Bool, next: Floats, pace: Int
)

// The micro-kernels: sums stay in registers for all of K, A is broadcast in place.

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
    var next = t.next
    // Four steps share one loop counter and one prefetch, and contiguous rows share a pointer: besides two
    // multiply-adds a cycle there is little issue width left.
    if t.columnStride == 1 {
        while k &+ 4 <= t.K {
            vectorshim_prefetch(next)
            next += 4 &* t.pace
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
            vectorshim_prefetch(next)
            next += 4 &* t.pace
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

// Micro-kernels for the rows after a block's last whole tile. They are bound by the latency of their sums, so
// four rows cost as much as one.

@inline(never)
func tile4(_ t: Tile) {
    var (c0, c1, c2, c3) = (emptyStrip(), emptyStrip(), emptyStrip(), emptyStrip())
    let row = t.rowStride
    var a = t.A
    var p = t.B
    for _ in 0..<t.K {
        let b = loadStrip(p)
        accumulate(&c0, a[0], b)
        accumulate(&c1, a[row], b)
        accumulate(&c2, a[2 &* row], b)
        accumulate(&c3, a[3 &* row], b)
        a += t.columnStride
        p += stripWidth
    }
    storeStrip(c0, t.C, t.columns, t.adding)
    storeStrip(c1, t.C + t.ldc, t.columns, t.adding)
    storeStrip(c2, t.C + 2 &* t.ldc, t.columns, t.adding)
    storeStrip(c3, t.C + 3 &* t.ldc, t.columns, t.adding)
}

@inline(never)
func tile3(_ t: Tile) {
    var (c0, c1, c2) = (emptyStrip(), emptyStrip(), emptyStrip())
    let row = t.rowStride
    var a = t.A
    var p = t.B
    for _ in 0..<t.K {
        let b = loadStrip(p)
        accumulate(&c0, a[0], b)
        accumulate(&c1, a[row], b)
        accumulate(&c2, a[2 &* row], b)
        a += t.columnStride
        p += stripWidth
    }
    storeStrip(c0, t.C, t.columns, t.adding)
    storeStrip(c1, t.C + t.ldc, t.columns, t.adding)
    storeStrip(c2, t.C + 2 &* t.ldc, t.columns, t.adding)
}

@inline(never)
func tile2(_ t: Tile) {
    var (c0, c1) = (emptyStrip(), emptyStrip())
    var a = t.A
    var p = t.B
    for _ in 0..<t.K {
        let b = loadStrip(p)
        accumulate(&c0, a[0], b)
        accumulate(&c1, a[t.rowStride], b)
        a += t.columnStride
        p += stripWidth
    }
    storeStrip(c0, t.C, t.columns, t.adding)
    storeStrip(c1, t.C + t.ldc, t.columns, t.adding)
}

@inline(never)
func tile1(_ t: Tile) {
    var c = emptyStrip()
    var a = t.A
    var p = t.B
    for _ in 0..<t.K {
        accumulate(&c, a[0], loadStrip(p))
        a += t.columnStride
        p += stripWidth
    }
    storeStrip(c, t.C, t.columns, t.adding)
}
