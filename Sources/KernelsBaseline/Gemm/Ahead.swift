import CVectorShim
import KernelTable

// What the tiles of a product prefetch: the next strip of B, the rows of A that come next, or what whoever runs next will read;
// and their results.

/// Size of B in floats above which its strips come from the last-level cache or memory; CPUs with AVX-512 have second-level
/// caches of 1 MB and more.
private let farFloats = stripWidth == 32 ? 1 << 17 : 1 << 15
/// Lines of the next strip per prefetch of a tile; adjacent tiles take different ones.
private let prefetchedLines = stripWidth > lineFloats ? 2 : 4

/// Whether strips are prefetched one by one.
@inline(__always)
func isFar(_ p: GemmKernels.Product) -> Bool { p.adding || exceedsCache(p) }

/// Whether the second-level cache does not keep B.
///
/// With AVX2, 256 KB pass for near where there is something else to prefetch: a residual, say, whose lines come from memory.
@inline(__always)
private func exceedsCache(_ p: GemmKernels.Product) -> Bool {
    let isSmall = tileRows == 6 && p.later != nil && p.K <= sumDepth
    return p.K &* p.N >= farFloats && !(isSmall && p.K &* p.N <= 2 &* farFloats)
}

/// What the tiles of a column prefetch.
///
/// The next strip of B, `strip` floats away; where that is 0 and `rows` is true, the rows of A behind their own, which lie
/// one behind the other and which no strip before has brought into the second-level cache: the 144 floats of a row, say,
/// are too few for the hardware to see a stream. Tiles that the next strip does not need prefetch rows of the next block
/// of A from `block` on.
typealias TileAhead = (strip: Int, rows: Bool, block: Floats?)

/// What is ahead of the column at `n` of the block of A of some rows and steps.
@inline(__always)
func makeAhead(
    _ p: GemmKernels.Product,
    rows: Range<Int>,
    steps: Range<Int>,
    column n: Int,
    isFar: Bool
) -> TileAhead {
    (
        strip: isFar && n &+ stripWidth < p.N ? p.stripStride : 0,
        rows: n == 0 && p.columnStride == 1 && p.rowStride == steps.count,
        block: nextBlock(p, rows, steps, n)
    )
}

/// Where the tiles of the column at `n` begin to prefetch the next block of A, which is the next steps of the same rows, the rows
/// behind them, or those of the next product; nil where they do not.
///
/// A tile of six rows brings four rows of them. So the last two columns do, where they are few among all.
@inline(__always)
private func nextBlock(
    _ p: GemmKernels.Product,
    _ rows: Range<Int>,
    _ steps: Range<Int>,
    _ n: Int
) -> Floats? {
    guard tileRows == 6, p.columnStride == 1, steps.count == sumDepth, p.N >= 4 &* stripWidth,
        n &+ 2 &* stripWidth >= p.N
    else { return nil }
    let part = n &+ stripWidth >= p.N ? 4 &* p.rowStride : 0
    if steps.upperBound < p.K {
        return p.A + (rows.lowerBound &* p.rowStride &+ steps.upperBound &+ part)
    }
    let next = p.A + rows.upperBound &* p.rowStride
    return rows.upperBound < p.M || p.later?.baseAddress == next ? next + part : nil
}

/// What is left of a product's `later`, and the floats of it that each step of a whole tile prefetches.
typealias TileLater = (next: Floats, floats: Int, pace: Int)

/// Steps that share one prefetch.
private let stepsPerLine = tileRows == 12 ? 1 : 4

/// Spreads what a product prefetches for whoever runs next over its steps; nothing where B is far, since its strips come
/// first.
func makeLater(_ p: GemmKernels.Product) -> TileLater {
    let steps = p.M / tileRows &* ((p.N &+ stripWidth &- 1) / stripWidth) &* p.K
    guard let later = p.later, let next = later.baseAddress, steps > 0, !exceedsCache(p)
    else { return (p.B, 0, 0) }
    let pace = min(lineFloats / stepsPerLine, (later.count &+ steps &- 1) / steps)
    return (next, later.count, pace)
}

/// Rows from a tile's results to those that are prefetched: where sums are short those of a tile further on, since memory takes
/// longer than a tile.
@inline(__always)
private func rowsAhead(_ t: Tile) -> Int { max(0, 4 &- t.K / 64) &* tileRows }

/// Chooses what a whole tile prefetches, adjacent ones different lines of the next strip, and prefetches results.
@inline(__always)
func prepare(_ t: inout Tile, _ index: Int, _ ahead: TileAhead, _ later: inout TileLater) {
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
    let first = rowsAhead(t)
    for row in first..<first &+ tileRows {
        vectorshim_prefetch(t.C + row &* t.ldc)
        if stripWidth > lineFloats { vectorshim_prefetch(t.C + row &* t.ldc + lineFloats) }
    }
}

#if FUSED_MULTIPLY_ADD && !WIDE_REGISTERS
    /// Multiplies the tiles of six contiguous rows among the first `rows` of a whole strip.
    ///
    /// - Returns: the rows that were multiplied.
    @inline(__always)
    func multiplySixes(
        _ first: Tile,
        _ rows: Int,
        _ ahead: TileAhead,
        _ later: inout TileLater,
        _ norm: GemmKernels.Norm?
    ) -> Int {
        guard first.columns == stripWidth, first.columnStride == 1 else { return 0 }
        var t = first
        let tiles = rows / 6
        var own: TilesAhead = (rows: rowsAhead(t), cycle: 0, block: nil)
        if later.floats > 0 {
            (t.next, t.pace) = (later.next, later.pace)
            later.next += later.pace &* t.K &* tiles
            later.floats &-= later.pace &* t.K &* tiles
        } else if ahead.strip == 0, ahead.rows {
            (t.next, t.pace) = (t.A + 6 &* t.rowStride, 6)
        } else {
            (t.next, t.pace) = (t.B + ahead.strip, stripWidth)
            (own.cycle, own.block) = (prefetchedLines, ahead.block)
        }
        tilesOfSix(t, tiles, own, norm)
        return 6 &* tiles
    }
#endif
