import KernelTable

/// Side of the output pixels of a tile.
let tileSide = 4

/// Side of the input pixels that a tile sees, and of its transform.
let patchSide = 6

/// The first channels of the `side` × `side` pixels from (h, w) of an H × W × C map: in place, or copied
/// with zeros over the border.
@inline(__always)
func patch(
    _ x: Floats,
    _ H: Int,
    _ W: Int,
    _ C: Int,
    _ h: Int,
    _ w: Int,
    _ side: Int,
    _ channels: Int,
    _ copy: MutableFloats
) -> Square {
    if h >= 0, w >= 0, h &+ side <= H, w &+ side <= W {
        return (base: x + (h &* W &+ w) &* C, rowStride: W &* C, columnStride: C)
    }
    clear(copy, side &* side &* channels)
    let columns = inside(w, side, W)
    for row in inside(h, side, H) {
        for column in columns {
            let from = x + ((h &+ row) &* W &+ w &+ column) &* C
            let to = copy + (row &* side &+ column) &* channels
            sweep(channels) { i, n in store(load(from + i, n), to + i, n) }
        }
    }
    return (base: Floats(copy), rowStride: side &* channels, columnStride: channels)
}
