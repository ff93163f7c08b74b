import CVectorShim
import KernelTable

/// Block of K between two accesses of C: a strip of B this deep stays in the first-level cache.
let sumDepth = 256
/// Rows of A that stay in the second-level cache while all strips of B pass.
private let blockRows = 240
/// Number of columns from which packing A, or copying its rows, pays off.
let packingColumns = 128
/// Distance in floats of rows of A that reach half of the second-level cache's sets at most.
private let crowdedStride = 512
/// Rows of A that stay in a second-level cache of 512 KB at such distances.
private let crowdedBlockRows = 102

/// C (+)= A · B, blocked as in Goto and van de Geijn (2008), except for A.
///
/// A is packed only if its columns are contiguous (rowStride 1); in channels-last maps the K direction is
/// contiguous already. Its rows are copied where they share a set of the first-level cache. If B does not stay in the
/// second-level cache, the next strip is prefetched while one is multiplied, else what whoever runs next will read; a tile's
/// results are always prefetched. With AVX2 norms are applied to complete sums. Bound by the multipliers.
func multiply(_ p: GemmKernels.Product) {
    if p.K == 0, !p.adding {
        for m in 0..<p.M { clear(p.C + m &* p.ldc, p.N) }
    }
    if isCrowded(p) { return multiplyCrowded(p) }
    guard p.rowStride == 1, p.norm == nil, p.M >= tileRows, p.N >= packingColumns else {
        multiply(p, nil)
        return
    }
    let count = min(p.M, blockRows) &* min(p.K, sumDepth)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(count, 1)) {
        multiply(p, $0.baseAddress)
    }
}

/// Rows of A between two passes over the strips of B.
private func rowsOfBlock(_ p: GemmKernels.Product) -> Int {
    let isCrowded = tileRows == 6 && p.columnStride == 1 && p.rowStride % crowdedStride == 0
    return isCrowded ? crowdedBlockRows : blockRows
}

private func multiply(_ p: GemmKernels.Product, _ packed: MutableFloats?) {
    let isFar = isFar(p)
    let blockRows = rowsOfBlock(p)
    var later = makeLater(p)
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
                let place: Int = n / stripWidth * p.stripStride + k * stripWidth
                let strip = p.B + place
                let tile: Tile = (
                    K: steps,
                    A: p.A + corner,
                    rowStride: p.rowStride,
                    columnStride: p.columnStride,
                    B: strip,
                    C: p.C + (m * p.ldc + n),
                    ldc: p.ldc,
                    columns: min(stripWidth, p.N &- n),
                    adding: p.adding || k > 0,
                    next: strip,
                    pace: 0
                )
                let next = makeAhead(
                    p,
                    rows: m..<end,
                    steps: k..<k &+ steps,
                    column: n,
                    isFar: isFar
                )
                let start = n
                n &+= stripWidth
                if let packed {
                    packedColumn(tile, packed, end &- m, next, &later)
                } else {
                    let norm = k &+ steps == p.K ? p.norm.map { columns($0, from: start) } : nil
                    column(tile, end &- m, next, &later, norm)
                }
            }
            k &+= steps
        }
        m = end
    }
}

/// All rows of a block against one strip; A is packed except for the rows that do not fill a tile.
@inline(__always)
private func packedColumn(
    _ first: Tile,
    _ packed: Floats,
    _ rows: Int,
    _ next: TileAhead,
    _ later: inout TileLater
) {
    var t = first
    t.A = packed
    t.columnStride = tileRows
    let tiles = rows / tileRows
    for tile in 0..<tiles {
        prepare(&t, tile, next, &later)
        #if WIDE_REGISTERS
            if !multiplyNarrow(t) { tile12(t) }
        #else
            if tileRows == 6 { tile6(t) } else { tile3(t) }
        #endif
        t.A += t.K &* tileRows
        t.C += tileRows &* t.ldc
    }
    t.A = first.A + tiles &* tileRows
    t.columnStride = first.columnStride
    column(t, rows &- tiles &* tileRows, next, &later)
}

/// The norm of the columns from `n` on.
@inline(__always)
private func columns(_ norm: GemmKernels.Norm, from n: Int) -> GemmKernels.Norm {
    var norm = norm
    norm.scale += n
    norm.shift += n
    return norm
}

/// All rows of a block against one strip.
///
/// - Parameter norm: of the strip's columns; nil where sums are not complete.
@inline(__always)
func column(
    _ first: Tile,
    _ rows: Int,
    _ next: TileAhead,
    _ later: inout TileLater,
    _ norm: GemmKernels.Norm? = nil
) {
    var t = first
    var rest = rows
    #if FUSED_MULTIPLY_ADD && !WIDE_REGISTERS
        let sixes = multiplySixes(t, rest, next, &later, norm)
        t.A += sixes &* t.rowStride
        t.C += sixes &* t.ldc
        rest &-= sixes
        let (others, left) = (t.C, rest)
    #endif
    while rest > 0 {
        if rest >= tileRows { prepare(&t, (rows &- rest) / tileRows, next, &later) }
        let done: Int
        if rest >= 12, multiplyTwelve(t) {
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
    #if FUSED_MULTIPLY_ADD && !WIDE_REGISTERS
        if let norm { applyNorm(norm, others, first.ldc, left, first.columns) }
    #endif
}

/// Multiplies twelve rows; false where there is no tile for them.
@inline(__always)
private func multiplyTwelve(_ t: Tile) -> Bool {
    #if WIDE_REGISTERS
        if !multiplyNarrow(t) { tile12(t) }
        return true
    #else
        return multiplyNarrow(t)
    #endif
}

/// Multiplies twelve rows of a strip that a register holds; false where there is no tile for them.
@inline(__always)
private func multiplyNarrow(_ t: Tile) -> Bool {
    #if FUSED_MULTIPLY_ADD && arch(x86_64)
        guard t.columns <= registerLanes else { return false }
        narrowTile12(t)
        return true
    #else
        return false
    #endif
}
