import KernelTable

/// Tiles that are packed side by side: few enough that their ends stay in the first cache.
private let tilesTogether = 8
/// Steps between prefetching floats and packing them.
private let stepsAhead = 8

/// Writes the rows of some tiles of A, which lie side by side, as [tile][K][tileRows].
///
/// A tile then reads floats in a row where it would have touched a cache line for each step.
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
