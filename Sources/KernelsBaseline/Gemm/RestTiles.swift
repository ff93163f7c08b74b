import KernelTable

// The micro-kernels of the rows that a block's last whole tile leaves. They wait for their sums' latency, so four
// rows cost as much as one.

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
