import KernelTable

/// Rows packed before moving on to the next strip: few, so that memory is read nearly in order.
private let rowsTogether = 16

/// Writes op(B), [K][N] with element (k, n) at `k · rowStride + n · columnStride`, as strips.
func pack(
    _ B: Floats,
    _ rowStride: Int,
    _ columnStride: Int,
    _ K: Int,
    _ N: Int,
    _ to: MutableFloats
) {
    var k = 0
    while k < K {
        let steps = columnStride == 1 ? min(rowsTogether, K &- k) : K
        let from = B + k &* rowStride
        var n = 0
        var strip = to + k &* stripWidth
        while n < N {
            let columns = min(stripWidth, N &- n)
            if columnStride == 1 {
                packRows(from + n, rowStride, steps, columns, strip)
            } else {
                packColumns(
                    from + n &* columnStride,
                    rowStride,
                    columnStride,
                    steps,
                    columns,
                    strip
                )
            }
            n &+= stripWidth
            strip += K &* stripWidth
        }
        k &+= steps
    }
}

@inline(__always)
private func packRows(
    _ B: Floats,
    _ rowStride: Int,
    _ K: Int,
    _ columns: Int,
    _ strip: MutableFloats
) {
    var from = B
    var to = strip
    for _ in 0..<K {
        var i = 0
        while i < stripWidth {
            store(load(from + i, max(0, min(lanes, columns &- i))), to + i)
            i &+= lanes
        }
        from += rowStride
        to += stripWidth
    }
}

/// A transposition in blocks of 16 steps, so that a cache line of B is used completely while it is cached.
@inline(__always)
private func packColumns(
    _ B: Floats,
    _ rowStride: Int,
    _ columnStride: Int,
    _ K: Int,
    _ columns: Int,
    _ strip: MutableFloats
) {
    var k = 0
    while k < K {
        let steps = min(lanes, K &- k)
        for n in 0..<columns {
            var from = B + (n &* columnStride &+ k &* rowStride)
            var to = strip + (k &* stripWidth &+ n)
            for _ in 0..<steps {
                to[0] = from[0]
                from += rowStride
                to += stripWidth
            }
        }
        if columns < stripWidth {
            for step in 0..<steps {
                let to = strip + (k &+ step) &* stripWidth
                for n in columns..<stripWidth { to[n] = 0 }
            }
        }
        k &+= steps
    }
}

/// Tiles packed at the same time: few enough that the lines being written stay in the first-level cache.
private let tilesTogether = 8
/// Steps between prefetching floats and packing them.
private let stepsAhead = 8

/// Writes contiguous rows of some tiles of A as [tile][K][tileRows].
///
/// A tile then reads contiguous floats; unpacked, each step would touch another cache line.
func packTiles(_ A: Floats, _ columnStride: Int, _ tiles: Int, _ K: Int, _ to: MutableFloats) {
    var first = 0
    while first < tiles {
        let end = min(tiles, first &+ tilesTogether)
        var from = A
        for k in 0..<K {
            let later = from + (stepsAhead &* columnStride &+ first &* tileRows)
            prefetch(later, tilesTogether &* tileRows)
            for tile in first..<end {
                copyTile(from + tile &* tileRows, to + (tile &* K &+ k) &* tileRows)
            }
            from += columnStride
        }
        first = end
    }
}

@inline(__always)
private func copyTile(_ from: Floats, _ to: MutableFloats) {
    if tileRows == 12 {
        copyEight(from, to)
        copyFour(from + 8, to + 8)
    } else if tileRows == 6 {
        copyFour(from, to)
        copyTwo(from + 4, to + 4)
    } else {
        copyTwo(from, to)
        to[2] = from[2]
    }
}

@inline(__always)
func copyEight(_ from: Floats, _ to: MutableFloats) {
    let v = UnsafeRawPointer(from).loadUnaligned(as: SIMD8<Float>.self)
    UnsafeMutableRawPointer(to).storeBytes(of: v, as: SIMD8<Float>.self)
}

@inline(__always)
private func copyFour(_ from: Floats, _ to: MutableFloats) {
    let v = UnsafeRawPointer(from).loadUnaligned(as: SIMD4<Float>.self)
    UnsafeMutableRawPointer(to).storeBytes(of: v, as: SIMD4<Float>.self)
}

@inline(__always)
private func copyTwo(_ from: Floats, _ to: MutableFloats) {
    let v = UnsafeRawPointer(from).loadUnaligned(as: SIMD2<Float>.self)
    UnsafeMutableRawPointer(to).storeBytes(of: v, as: SIMD2<Float>.self)
}
