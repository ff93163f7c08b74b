import CVectorShim
import KernelTable

// Tiles of six rows one below the other, in one call: what comes before and after a tile takes 38 cycles of a Zen 3 with a call for
// each, as long as six of its steps. Norms behind them are applied in registers.

#if FUSED_MULTIPLY_ADD && !WIDE_REGISTERS
    /// Every third of six rows of A; the two behind each are reached by an index.
    private typealias Rows = (Floats, Floats)

    private typealias Sums = (Strip, Strip, Strip, Strip, Strip, Strip)

    /// What tiles one below the other prefetch.
    ///
    /// - `rows`: those between a tile's results and the ones that are prefetched.
    /// - `cycle`: where a strip is prefetched, the tiles that together take all of its lines; 0 = what one tile
    ///   prefetches continues that of the tile before.
    /// - `block`: where the tiles behind the first `cycle` prefetch rows of `sumDepth` floats, as far apart as those of A.
    typealias TilesAhead = (rows: Int, cycle: Int, block: Floats?)

    /// Steps that prefetch a row of `sumDepth` floats, a line for four of them.
    private let stepsOfRow = sumDepth / lineFloats * 4

    /// `count` tiles of a whole strip, one below the other; the rows of A are contiguous.
    ///
    /// - Parameter norm: of the strip's columns; applied to the sums, nil where they are not complete.
    @inline(never)
    func tilesOfSix(
        _ t: Tile,
        _ count: Int,
        _ ahead: TilesAhead,
        _ norm: GemmKernels.Norm?
    ) {
        let row = t.rowStride
        let zero = emptyStrip()
        var (A, C) = (t.A, t.C)
        var (next, pace, hop) = (t.next, 4 &* t.pace, 0)
        for tile in 0..<count {
            prefetchSix(C + ahead.rows &* t.ldc, t.ldc)
            var sums: Sums = (zero, zero, zero, zero, zero, zero)
            var a: Rows = (vectorshim_opaque(A), vectorshim_opaque(A + 3 &* row))
            var p = t.B
            var k = 0
            while k &+ 4 <= t.K {
                let end = min(t.K, k &+ stepsOfRow)
                // Four steps share one loop counter and one prefetch.
                while k &+ 4 <= end {
                    vectorshim_prefetch(next)
                    next += pace
                    step(&sums, a, row, loadStrip(p))
                    step(&sums, (a.0 + 1, a.1 + 1), row, loadStrip(p + stripWidth))
                    step(&sums, (a.0 + 2, a.1 + 2), row, loadStrip(p + 2 &* stripWidth))
                    step(&sums, (a.0 + 3, a.1 + 3), row, loadStrip(p + 3 &* stripWidth))
                    a = (vectorshim_opaque(a.0 + 4), vectorshim_opaque(a.1 + 4))
                    k &+= 4
                    p += 4 &* stripWidth
                }
                next += hop
            }
            while k < t.K {
                step(&sums, a, row, loadStrip(p))
                a = (a.0 + 1, a.1 + 1)
                k &+= 1
                p += stripWidth
            }
            if t.adding { add(sums, C, t.ldc) } else { write(sums, C, t.ldc) }
            if let norm {
                let D = C + 3 &* t.ldc
                apply(norm, C)
                apply(norm, C + t.ldc)
                apply(norm, C + 2 &* t.ldc)
                apply(norm, D)
                apply(norm, D + t.ldc)
                apply(norm, D + 2 &* t.ldc)
            }
            A += 6 &* row
            C += 6 &* t.ldc
            if ahead.cycle > 0 {
                if tile &+ 1 >= ahead.cycle, let block = ahead.block {
                    next = block + (tile &+ 1) &* 6 &* row
                    (pace, hop) = (lineFloats, row &- sumDepth)
                } else {
                    next = t.next + ((tile &+ 1) & (ahead.cycle &- 1)) &* lineFloats
                }
            }
        }
    }

    @inline(__always)
    private func step(_ sums: inout Sums, _ a: Rows, _ row: Int, _ b: Strip) {
        accumulate(&sums.0, a.0[0], b)
        accumulate(&sums.1, a.0[row], b)
        accumulate(&sums.2, a.0[2 &* row], b)
        accumulate(&sums.3, a.1[0], b)
        accumulate(&sums.4, a.1[row], b)
        accumulate(&sums.5, a.1[2 &* row], b)
    }

    @inline(__always)
    private func prefetchSix(_ C: Floats, _ ldc: Int) {
        var p = C
        for _ in 0..<6 {
            vectorshim_prefetch(p)
            p += ldc
        }
    }

    @inline(__always)
    private func write(_ sums: Sums, _ C: MutableFloats, _ ldc: Int) {
        let D = C + 3 &* ldc
        store(sums.0, C)
        store(sums.1, C + ldc)
        store(sums.2, C + 2 &* ldc)
        store(sums.3, D)
        store(sums.4, D + ldc)
        store(sums.5, D + 2 &* ldc)
    }

    @inline(__always)
    private func add(_ sums: Sums, _ C: MutableFloats, _ ldc: Int) {
        let D = C + 3 &* ldc
        store(load(C) + sums.0, C)
        store(load(C + ldc) + sums.1, C + ldc)
        store(load(C + 2 &* ldc) + sums.2, C + 2 &* ldc)
        store(load(D) + sums.3, D)
        store(load(D + ldc) + sums.4, D + ldc)
        store(load(D + 2 &* ldc) + sums.5, D + 2 &* ldc)
    }

    @inline(__always)
    private func apply(_ norm: GemmKernels.Norm, _ C: MutableFloats) {
        vectorshim_norm(C, norm.scale, norm.shift, norm.low, norm.high)
    }

    /// Applies the norm of a strip's first `columns` columns to `rows` rows of complete sums.
    func applyNorm(
        _ norm: GemmKernels.Norm,
        _ C: MutableFloats,
        _ ldc: Int,
        _ rows: Int,
        _ columns: Int
    ) {
        let (scale, shift) = (load(norm.scale, columns), load(norm.shift, columns))
        for row in 0..<rows {
            let p = C + row &* ldc
            var v = shift
            accumulate(&v, load(p, columns), scale)
            v = v.replacing(with: norm.low, where: v .< norm.low)
            store(v.replacing(with: norm.high, where: v .> norm.high), p, columns)
        }
    }
#endif
