import CVectorShim
import KernelTable

/// Block of K between two accesses of C: a strip of B this deep stays in the first-level cache.
let sumDepth = 256
/// Rows of A that stay in the second-level cache while all strips of B pass.
private let blockRows = 240
/// Number of columns from which packing A, or copying its rows, pays off.
let packingColumns = 128
/// Size of B in floats above which its strips come from the last-level cache or memory; CPUs with AVX-512 have second-level
/// caches of 1 MB and more.
private let farFloats = stripWidth == 32 ? 1 << 17 : 1 << 15
/// Lines of the next strip per prefetch of a tile; adjacent tiles take different ones.
private let prefetchedLines = stripWidth > lineFloats ? 2 : 4

/// C (+)= A · B, blocked as in Goto and van de Geijn (2008), except for A.
///
/// A is packed only if its columns are contiguous (rowStride 1); in channels-last maps the K direction is
/// contiguous already. Its rows are copied where they share a set of the first-level cache. If B does not stay in the
/// second-level cache, the next strip is prefetched while one is multiplied, else what whoever runs next will read; a tile's
/// results are always prefetched. Bound by the multipliers.
func multiply(_ p: GemmKernels.Product) {
    if p.K == 0, !p.adding {
        for m in 0..<p.M { clear(p.C + m &* p.ldc, p.N) }
    }
    if isCrowded(p) { return multiplyCrowded(p) }
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
    let isFar = p.adding || p.K &* p.N >= farFloats
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
                let next: TileAhead = (
                    strip: isFar && n &+ stripWidth < p.N ? p.stripStride : 0,
                    rows: n == 0 && p.columnStride == 1 && p.rowStride == steps
                )
                n &+= stripWidth
                if let packed {
                    packedColumn(tile, packed, end &- m, next, &later)
                } else {
                    column(tile, end &- m, next, &later)
                }
            }
            k &+= steps
        }
        m = end
    }
}

/// What the tiles of a column prefetch: the next strip of B, `strip` floats away; where that is 0 and `rows` is true, the
/// rows of A behind their own, which lie one behind the other and which no strip before has brought into the
/// second-level cache: the 144 floats of a row, say, are too few for the hardware to see a stream.
typealias TileAhead = (strip: Int, rows: Bool)

/// What is left of a product's `later`, and the floats of it that each step of a whole tile prefetches.
typealias TileLater = (next: Floats, floats: Int, pace: Int)

/// Steps that share one prefetch.
private let stepsPerLine = tileRows == 12 ? 1 : 4

/// Spreads what a product prefetches for whoever runs next over its steps; nothing where B is far, since its strips come
/// first.
private func makeLater(_ p: GemmKernels.Product) -> TileLater {
    let steps = p.M / tileRows &* ((p.N &+ stripWidth &- 1) / stripWidth) &* p.K
    guard let later = p.later, let next = later.baseAddress, steps > 0, p.K &* p.N < farFloats
    else { return (p.B, 0, 0) }
    let pace = min(lineFloats / stepsPerLine, (later.count &+ steps &- 1) / steps)
    return (next, later.count, pace)
}

/// Chooses what a whole tile prefetches, adjacent ones different lines of the next strip, and prefetches results: where sums
/// are short those of a tile further on, since memory takes longer than a tile.
@inline(__always)
private func prepare(_ t: inout Tile, _ index: Int, _ ahead: TileAhead, _ later: inout TileLater) {
    if later.floats > 0 {
        (t.next, t.pace) = (later.next, later.pace)
        later.next += later.pace &* t.K
        later.floats &-= later.pace &* t.K
    } else if ahead.strip == 0, ahead.rows {
        t.next = t.A + tileRows &* t.rowStride
        t.pace = tileRows
    } else {
        t.next = t.B + (ahead.strip &+ index % prefetchedLines &* lineFloats)
        t.pace = stripWidth
    }
    let first = max(0, 4 &- t.K / 64) &* tileRows
    for row in first..<first &+ tileRows {
        vectorshim_prefetch(t.C + row &* t.ldc)
        if stripWidth > lineFloats { vectorshim_prefetch(t.C + row &* t.ldc + lineFloats) }
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

/// All rows of a block against one strip.
@inline(__always)
func column(_ first: Tile, _ rows: Int, _ next: TileAhead, _ later: inout TileLater) {
    var t = first
    var rest = rows
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
