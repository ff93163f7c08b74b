import CVectorShim
import KernelTable

/// Rows of B that are combined in registers.
private let rowsTogether = 4
/// Floats of C that stay in the first two caches while B passes.
private let blockFloats = 1 << 14
/// Smallest width of a block; narrower runs of memory are slow to read.
private let leastColumns = 128

/// C = A · B for a row-major B with rows `stripStride` apart.
///
/// A block of C stays in cache while B is read once, nearly in memory order, a few rows at a time. Bound by
/// reading B for up to sixteen rows of A, by loads and multipliers beyond.
func multiplyRowMajor(_ p: GemmKernels.Product) {
    let fitting = blockFloats / max(p.M, 1) / lanes &* lanes
    let width = min(max(fitting, leastColumns), (p.N &+ lanes &- 1) / lanes &* lanes)
    // Rows at distances of a power of two would map to the same cache set.
    let distance = width &+ 3 &* lineFloats
    let capacity = max(p.M &* (distance &+ rowsTogether), 1)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: capacity) {
        guard let block = $0.baseAddress else { return }
        let factors = block + p.M &* distance
        var n = 0
        while n < p.N {
            let columns = min(width, p.N &- n)
            clear(block, p.M &* distance)
            var k = 0
            while k < p.K {
                let rows = min(rowsTogether, p.K &- k)
                gatherFactors(p, k, rows, factors)
                let B = p.B + (k &* p.stripStride &+ n)
                addRows(B, p.stripStride, rows, columns, factors, p.M, block, distance)
                k &+= rows
            }
            for m in 0..<p.M {
                let (from, to) = (block + m &* distance, p.C + (m &* p.ldc &+ n))
                sweep(columns) { i, count in store(load(from + i, count), to + i, count) }
            }
            n &+= columns
        }
    }
}

/// Copies some columns of A next to each other: at distances of a power of two they would map to the same
/// cache set.
@inline(__always)
private func gatherFactors(_ p: GemmKernels.Product, _ k: Int, _ rows: Int, _ to: MutableFloats) {
    for m in 0..<p.M {
        let from = p.A + (m &* p.rowStride &+ k &* p.columnStride)
        for r in 0..<rows { to[m &* rowsTogether &+ r] = from[r &* p.columnStride] }
    }
}

/// block[m] += Σ_r factors[m][r] · B[r], r ascending.
@inline(__always)
private func addRows(
    _ B: Floats,
    _ distance: Int,
    _ rows: Int,
    _ columns: Int,
    _ factors: Floats,
    _ M: Int,
    _ block: MutableFloats,
    _ width: Int
) {
    guard rows == rowsTogether, columns % lanes == 0 else {
        for r in 0..<rows { addRow(B + r &* distance, columns, factors + r, M, block, width) }
        return
    }
    let (B1, B2, B3) = (B + distance, B + 2 &* distance, B + 3 &* distance)
    let next = rowsTogether &* distance
    var n = 0
    while n < columns {
        for row in 0..<rowsTogether {
            let place: Int = n &+ next &+ row &* distance
            vectorshim_prefetch(B + place)
        }
        let (b0, b1, b2, b3) = (load(B + n), load(B1 + n), load(B2 + n), load(B3 + n))
        var a = factors
        var c = block + n
        for _ in 0..<M {
            var sum = load(c)
            accumulate(&sum, Vector(repeating: a[0]), b0)
            accumulate(&sum, Vector(repeating: a[1]), b1)
            accumulate(&sum, Vector(repeating: a[2]), b2)
            accumulate(&sum, Vector(repeating: a[3]), b3)
            store(sum, c)
            a += rowsTogether
            c += width
        }
        n &+= lanes
    }
}

@inline(__always)
private func addRow(
    _ B: Floats,
    _ columns: Int,
    _ factors: Floats,
    _ M: Int,
    _ block: MutableFloats,
    _ width: Int
) {
    for m in 0..<M {
        let factor = Vector(repeating: factors[m &* rowsTogether])
        let to = block + m &* width
        sweep(columns) { i, count in
            var sum = load(to + i, count)
            accumulate(&sum, factor, load(B + i, count))
            store(sum, to + i, count)
        }
    }
}
