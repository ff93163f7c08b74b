import KernelTable

/// Side of the output pixels of a tile.
let tileSide = 4

/// Side of the input pixels that a tile sees, and of its transform.
let patchSide = 6

/// Pixels of a map from which a tile is read: in place, or copied with zeros over the border.
typealias Patch = (base: Floats, rowStride: Int, columnStride: Int)

/// The first channels of the `side` × `side` pixels from (h, w) of an H × W × C map.
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
) -> Patch {
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

/// Writes six planes, `stride` apart.
@inline(__always)
func storeSix(_ v: Six, _ p: MutableFloats, _ stride: Int, _ n: Int) {
    store(v.0, p, n)
    store(v.1, p + stride, n)
    store(v.2, p + 2 &* stride, n)
    store(v.3, p + 3 &* stride, n)
    store(v.4, p + 4 &* stride, n)
    store(v.5, p + 5 &* stride, n)
}

/// Reads six vectors, `stride` apart.
@inline(__always)
func loadSix(_ p: Floats, _ stride: Int, _ n: Int) -> Six {
    (
        load(p, n), load(p + stride, n), load(p + 2 &* stride, n),
        load(p + 3 &* stride, n), load(p + 4 &* stride, n), load(p + 5 &* stride, n)
    )
}
