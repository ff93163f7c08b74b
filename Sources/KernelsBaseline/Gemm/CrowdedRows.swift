import CVectorShim
import KernelTable

// Products whose rows of A begin at multiples of 4096 bytes, such as those of maps of 1024 channels.

/// Floats at whose distance lines fall into the same set of a first-level cache of 64 sets.
private let setFloats = 1024
/// Rows that are copied at a time; with them a strip of B stays in the second-level cache.
private let copiedRows = 96
/// Distance of the copied rows: each begins in another set than the one before.
private let copiedStride = sumDepth + lineFloats
/// Rows that are multiplied between two prefetches of rows to copy.
private let rowsPerPrefetch = 2 * tileRows

/// Whether the twelve rows of a tile begin in one set of the first-level cache, which has places for eight or twelve lines, and are
/// read often enough to be copied.
func isCrowded(_ p: GemmKernels.Product) -> Bool {
    tileRows == 12 && p.columnStride == 1 && p.rowStride % setFloats == 0
        && p.M >= tileRows && p.N >= packingColumns && p.K >= sumDepth
}

/// C (+)= A · B; rows of A are copied apart, and the next ones prefetched in the meantime.
func multiplyCrowded(_ p: GemmKernels.Product) {
    withUnsafeTemporaryAllocation(
        of: Float.self,
        capacity: min(p.M, copiedRows) &* copiedStride
    ) {
        guard let copies = $0.baseAddress else { return }
        for first in stride(from: 0, to: p.M, by: copiedRows) {
            let rows = first..<min(first &+ copiedRows, p.M)
            for k in stride(from: 0, to: p.K, by: sumDepth) {
                let steps = min(sumDepth, p.K &- k)
                for row in rows {
                    (copies + (row &- first) &* copiedStride)
                        .update(from: p.A + (row &* p.rowStride &+ k), count: steps)
                }
                multiplyCopies(p, copies, rows, k, steps)
            }
        }
    }
}

/// Some copied rows and steps against all strips.
private func multiplyCopies(
    _ p: GemmKernels.Product,
    _ copies: Floats,
    _ rows: Range<Int>,
    _ k: Int,
    _ steps: Int
) {
    var coming = makeComing(p, rows, after: k &+ steps)
    var later: TileLater = (p.B, 0, 0)
    for n in stride(from: 0, to: p.N, by: stripWidth) {
        let strip = p.B + (n / stripWidth &* p.stripStride &+ k &* stripWidth)
        let ahead: TileAhead = (n &+ stripWidth < p.N ? p.stripStride : 0, false, nil)
        for row in stride(from: 0, to: rows.count, by: rowsPerPrefetch) {
            prefetch(&coming)
            let tile: Tile = (
                K: steps,
                A: copies + row &* copiedStride,
                rowStride: copiedStride,
                columnStride: 1,
                B: strip,
                C: p.C + ((rows.lowerBound &+ row) &* p.ldc &+ n),
                ldc: p.ldc,
                columns: min(stripWidth, p.N &- n),
                adding: p.adding || k > 0,
                next: strip,
                pace: 0
            )
            column(tile, min(rowsPerPrefetch, rows.count &- row), ahead, &later)
        }
    }
}

/// The rows that are copied next, and how many of them are prefetched at a time.
private typealias Coming = (next: Floats, stride: Int, rows: Int, atATime: Int)

/// What is copied after the first `k` columns of some rows: their next columns, or the first ones of the rows behind.
private func makeComing(_ p: GemmKernels.Product, _ rows: Range<Int>, after k: Int) -> Coming {
    let strips = (p.N &+ stripWidth &- 1) / stripWidth
    let times = (rows.count &+ rowsPerPrefetch &- 1) / rowsPerPrefetch &* strips
    let first = k < p.K ? rows.lowerBound : rows.upperBound
    let count = min(rows.count, p.M &- first)
    let from = p.A + (first &* p.rowStride &+ (k < p.K ? k : 0))
    return (from, p.rowStride, count, (count &+ times &- 1) / times)
}

private func prefetch(_ coming: inout Coming) {
    let count = min(coming.rows, coming.atATime)
    for row in 0..<count {
        for line in stride(from: 0, to: sumDepth, by: lineFloats) {
            vectorshim_prefetch(coming.next + (row &* coming.stride &+ line))
        }
    }
    coming.next += count &* coming.stride
    coming.rows &-= count
}
