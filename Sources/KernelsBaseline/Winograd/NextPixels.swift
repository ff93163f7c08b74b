import KernelTable

// Maps come from memory, and a transform visits sixteen pixels for each register that it makes: no
// pattern that a processor foresees. So each tile's pixels are prefetched while the one before is
// transformed, some lines for each register.

/// The pixels that the next tile is the first to touch, as far as the map goes.
typealias NextPixels = (base: Floats, rowStride: Int, rows: Int, columns: Int)

/// The 4 × 4 pixels of an H × W × C map from `offset` rows and columns behind the first output of `tile` on.
@inline(__always)
func nextPixels(
    _ x: Floats,
    _ H: Int,
    _ W: Int,
    _ C: Int,
    _ tile: Int,
    across: Int,
    offset: Int
) -> NextPixels {
    let row = tile / across
    let h = row &* tileSide &+ offset
    let w = (tile &- row &* across) &* tileSide &+ offset
    return (x + (h &* W &+ w) &* C, W &* C, min(tileSide, H &- h), min(tileSide, W &- w))
}

/// Calls `touch` with an address of each line of the part of the pixels that falls to the register from
/// channel c on.
@inline(__always)
func forEachLine(_ next: NextPixels, _ c: Int, _ touch: (Floats) -> Void) {
    let first = next.base + next.columns &* c
    if next.rows == tileSide, next.columns == tileSide {
        for row in 0..<tileSide {
            let line = first + row &* next.rowStride
            for i in 0..<tileSide &* registerLanes / lineFloats { touch(line + i &* lineFloats) }
        }
        return
    }
    for row in 0..<max(0, next.rows) {
        let line = first + row &* next.rowStride
        var i = 0
        while i < next.columns &* registerLanes {
            touch(line + i)
            i &+= lineFloats
        }
    }
}
