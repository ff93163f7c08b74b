import CVectorShim
import KernelTable

// Tiles of twelve rows. Their parts are small functions without branches: the compiler leaves larger ones as calls, which take
// registers through memory, lane by lane.

#if WIDE_REGISTERS
    /// Every third of twelve rows of A; the two behind each are reached by an index.
    private typealias Rows = (Floats, Floats, Floats, Floats)

    private typealias Sums = (
        Strip, Strip, Strip, Strip, Strip, Strip, Strip, Strip, Strip, Strip, Strip, Strip
    )

    /// Twelve rows of a strip.
    ///
    /// Four steps share one loop counter and their pointers. Left alone, the compiler reaches each row from the one before it, by
    /// additions that take the multipliers' turns.
    @inline(never)
    func tile12(_ t: Tile) {
        let zero = emptyStrip()
        var sums: Sums = (zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero)
        let row = t.rowStride
        var a: Rows = (t.A, t.A + 3 &* row, t.A + 6 &* row, t.A + 9 &* row)
        var p = t.B
        var next = t.next
        var k = 0
        if t.columnStride == 1 {
            while k &+ 4 <= t.K {
                a = opaque(a)
                step(&sums, a, row, loadStrip(p))
                step(&sums, moved(a, 1), row, loadStrip(p + stripWidth))
                prefetchTwo(&next, t.pace)
                step(&sums, moved(a, 2), row, loadStrip(p + 2 &* stripWidth))
                step(&sums, moved(a, 3), row, loadStrip(p + 3 &* stripWidth))
                prefetchTwo(&next, t.pace)
                k &+= 4
                a = moved(a, 4)
                p += 4 &* stripWidth
            }
        } else if row == 1 {
            var column = t.A
            while k &+ 2 <= t.K {
                column = vectorshim_opaque(column)
                step(&sums, (column, column + 3, column + 6, column + 9), 1, loadStrip(p))
                column = vectorshim_opaque(column + t.columnStride)
                let second = loadStrip(p + stripWidth)
                step(&sums, (column, column + 3, column + 6, column + 9), 1, second)
                prefetchTwo(&next, t.pace)
                k &+= 2
                column += t.columnStride
                p += 2 &* stripWidth
            }
            a = moved(a, k &* t.columnStride)
        }
        while k < t.K {
            a = opaque(a)
            step(&sums, a, row, loadStrip(p))
            vectorshim_prefetch(next)
            next += t.pace
            k &+= 1
            a = moved(a, t.columnStride)
            p += stripWidth
        }
        if t.columns < stripWidth {
            writePart(t, sums)
        } else if t.adding {
            add(sums, t.C, t.ldc)
        } else {
            write(sums, t.C, t.ldc)
        }
    }

    @inline(__always)
    private func step(_ sums: inout Sums, _ a: Rows, _ row: Int, _ b: Strip) {
        add(&sums.0, a.0[0], b)
        add(&sums.1, a.0[row], b)
        add(&sums.2, a.0[2 &* row], b)
        add(&sums.3, a.1[0], b)
        add(&sums.4, a.1[row], b)
        add(&sums.5, a.1[2 &* row], b)
        add(&sums.6, a.2[0], b)
        add(&sums.7, a.2[row], b)
        add(&sums.8, a.2[2 &* row], b)
        add(&sums.9, a.3[0], b)
        add(&sums.10, a.3[row], b)
        add(&sums.11, a.3[2 &* row], b)
    }

    @inline(__always)
    private func add(_ s: inout Strip, _ a: Float, _ b: Strip) {
        let factor = Register(repeating: a)
        s = (plus(s.low, factor, b.low), plus(s.high, factor, b.high))
    }

    @inline(__always)
    private func moved(_ a: Rows, _ offset: Int) -> Rows {
        (a.0 + offset, a.1 + offset, a.2 + offset, a.3 + offset)
    }

    @inline(__always)
    private func opaque(_ a: Rows) -> Rows {
        (
            vectorshim_opaque(a.0), vectorshim_opaque(a.1), vectorshim_opaque(a.2),
            vectorshim_opaque(a.3)
        )
    }

    @inline(__always)
    private func prefetchTwo(_ next: inout Floats, _ pace: Int) {
        vectorshim_prefetch(next)
        vectorshim_prefetch(next + pace)
        next += 2 &* pace
    }

    @inline(__always)
    private func write(_ sums: Sums, _ C: MutableFloats, _ ldc: Int) {
        var p = C
        write(sums.0, &p, ldc)
        write(sums.1, &p, ldc)
        write(sums.2, &p, ldc)
        write(sums.3, &p, ldc)
        write(sums.4, &p, ldc)
        write(sums.5, &p, ldc)
        write(sums.6, &p, ldc)
        write(sums.7, &p, ldc)
        write(sums.8, &p, ldc)
        write(sums.9, &p, ldc)
        write(sums.10, &p, ldc)
        write(sums.11, &p, ldc)
    }

    @inline(__always)
    private func write(_ s: Strip, _ p: inout MutableFloats, _ ldc: Int) {
        write(s.low, p)
        write(s.high, p + registerLanes)
        p += ldc
    }

    @inline(__always)
    private func add(_ sums: Sums, _ C: MutableFloats, _ ldc: Int) {
        var p = C
        add(sums.0, &p, ldc)
        add(sums.1, &p, ldc)
        add(sums.2, &p, ldc)
        add(sums.3, &p, ldc)
        add(sums.4, &p, ldc)
        add(sums.5, &p, ldc)
        add(sums.6, &p, ldc)
        add(sums.7, &p, ldc)
        add(sums.8, &p, ldc)
        add(sums.9, &p, ldc)
        add(sums.10, &p, ldc)
        add(sums.11, &p, ldc)
    }

    @inline(__always)
    private func add(_ s: Strip, _ p: inout MutableFloats, _ ldc: Int) {
        write(read(p) + s.low, p)
        write(read(p + registerLanes) + s.high, p + registerLanes)
        p += ldc
    }

    /// Writes or adds the first columns, by way of memory.
    @inline(never)
    private func writePart(_ t: Tile, _ sums: Sums) {
        withUnsafeBytes(of: sums) {
            guard let sums = $0.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
            for row in 0..<12 {
                let s = loadStrip(sums + row &* stripWidth)
                storeStrip(s, t.C + row &* t.ldc, t.columns, t.adding)
            }
        }
    }
#endif

#if FUSED_MULTIPLY_ADD && arch(x86_64)
    /// Twelve rows of a strip of which a register, half of it, holds all columns; a whole strip would multiply as many zeros.
    @inline(never)
    func narrowTile12(_ t: Tile) {
        var (c0, c1, c2, c3) = (Register(), Register(), Register(), Register())
        var (c4, c5, c6, c7) = (Register(), Register(), Register(), Register())
        var (c8, c9, c10, c11) = (Register(), Register(), Register(), Register())
        let row = t.rowStride
        let twice = 2 &* row
        var a0 = t.A
        var a3 = t.A + 3 &* row
        var a6 = t.A + 6 &* row
        var a9 = t.A + 9 &* row
        var p = t.B
        var next = t.next
        for _ in 0..<t.K {
            vectorshim_prefetch(next)
            next += t.pace
            let b = read(p)
            c0 = plus(c0, Register(repeating: a0[0]), b)
            c1 = plus(c1, Register(repeating: a0[row]), b)
            c2 = plus(c2, Register(repeating: a0[twice]), b)
            c3 = plus(c3, Register(repeating: a3[0]), b)
            c4 = plus(c4, Register(repeating: a3[row]), b)
            c5 = plus(c5, Register(repeating: a3[twice]), b)
            c6 = plus(c6, Register(repeating: a6[0]), b)
            c7 = plus(c7, Register(repeating: a6[row]), b)
            c8 = plus(c8, Register(repeating: a6[twice]), b)
            c9 = plus(c9, Register(repeating: a9[0]), b)
            c10 = plus(c10, Register(repeating: a9[row]), b)
            c11 = plus(c11, Register(repeating: a9[twice]), b)
            a0 += t.columnStride
            a3 += t.columnStride
            a6 += t.columnStride
            a9 += t.columnStride
            p += stripWidth
        }
        storeNarrow(t, 0, c0, c1, c2)
        storeNarrow(t, 3, c3, c4, c5)
        storeNarrow(t, 6, c6, c7, c8)
        storeNarrow(t, 9, c9, c10, c11)
    }

    @inline(__always)
    private func storeNarrow(_ t: Tile, _ row: Int, _ a: Register, _ b: Register, _ c: Register) {
        let p = t.C + row &* t.ldc
        storeNarrow(t, a, p)
        storeNarrow(t, b, p + t.ldc)
        storeNarrow(t, c, p + 2 &* t.ldc)
    }

    @inline(__always)
    private func storeNarrow(_ t: Tile, _ v: Register, _ p: MutableFloats) {
        if t.columns == registerLanes { return write(t.adding ? read(p) + v : v, p) }
        let n = Int32(truncatingIfNeeded: t.columns)
        #if WIDE_REGISTERS
            vectorshim_store_first16(p, t.adding ? vectorshim_load_first16(p, n) + v : v, n)
        #else
            vectorshim_store_first8(p, t.adding ? vectorshim_load_first8(p, n) + v : v, n)
        #endif
    }
#endif
