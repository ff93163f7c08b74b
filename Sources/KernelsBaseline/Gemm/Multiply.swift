import KernelTable

/// Steps of a sum between two visits of C: a strip of B this deep stays in the first cache.
let sumDepth = 256
/// Rows of A that stay in the second cache while all strips of B pass.
private let blockRows = 240
/// Columns that are worth packing A for.
private let packingColumns = 128

/// C (+)= A · B, cut as Goto and van de Geijn (2008) do, but for A.
///
/// A is packed only where its rows lie side by side; channels-last maps have the sums' direction
/// contiguous already. Limited by the multipliers.
func multiply(_ p: GemmKernels.Product) {
    if p.K == 0, !p.adding {
        for m in 0..<p.M { clear(p.C + m &* p.ldc, p.N) }
    }
    guard p.rowStride == 1, p.M >= tileRows, p.N >= packingColumns else {
        multiply(p, nil)
        return
    }
    let count = min(p.M, blockRows) &* min(p.K, sumDepth)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(count, 1)) {
        multiply(p, $0.baseAddress)
    }
}

private func multiply(_ p: GemmKernels.Product, _ packed: MutableFloats?) {
    var m = 0
    while m < p.M {
        let end = min(p.M, m &+ blockRows)
        var k = 0
        while k < p.K {
            let steps = min(sumDepth, p.K &- k)
            let corner: Int = m * p.rowStride + k * p.columnStride
            if let packed {
                packTiles(p.A + corner, p.columnStride, (end &- m) / tileRows, steps, packed)
            }
            var n = 0
            while n < p.N {
                let strip: Int = n / stripWidth * p.stripStride + k * stripWidth
                let tile: Tile = (
                    K: steps,
                    A: p.A + corner,
                    rowStride: p.rowStride,
                    columnStride: p.columnStride,
                    B: p.B + strip,
                    C: p.C + (m * p.ldc + n),
                    ldc: p.ldc,
                    columns: min(stripWidth, p.N &- n),
                    adding: p.adding || k > 0
                )
                if let packed {
                    packedColumn(tile, packed, end &- m)
                } else {
                    column(tile, end &- m)
                }
                n &+= stripWidth
            }
            k &+= steps
        }
        m = end
    }
}

/// All rows of a block against one strip; A is packed but for the rows that do not fill a tile.
@inline(__always)
private func packedColumn(_ first: Tile, _ packed: Floats, _ rows: Int) {
    var t = first
    t.A = packed
    t.columnStride = tileRows
    let tiles = rows / tileRows
    for _ in 0..<tiles {
        if tileRows == 12 {
            tile12(t)
        } else if tileRows == 6 {
            tile6(t)
        } else {
            tile3(t)
        }
        t.A += t.K &* tileRows
        t.C += tileRows &* t.ldc
    }
    t.A = first.A + tiles &* tileRows
    t.columnStride = first.columnStride
    column(t, rows &- tiles &* tileRows)
}

/// All rows of a block against one strip.
@inline(__always)
private func column(_ first: Tile, _ rows: Int) {
    var t = first
    var rest = rows
    while rest > 0 {
        let done: Int
        if tileRows >= 12, rest >= 12 {
            tile12(t)
            done = 12
        } else if tileRows >= 6, rest >= 6 {
            tile6(t)
            done = 6
        } else if tileRows >= 4, rest >= 4 {
            tile4(t)
            done = 4
        } else if rest >= 3 {
            tile3(t)
            done = 3
        } else if rest == 2 {
            tile2(t)
            done = 2
        } else {
            tile1(t)
            done = 1
        }
        t.A += done &* t.rowStride
        t.C += done &* t.ldc
        rest &-= done
    }
}
