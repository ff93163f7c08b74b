import KernelTable

/// Side of the output pixels of a tile.
let tileSide = 4

/// Side of the input pixels that a tile sees, and of its transform.
let patchSide = 6

/// Channels of a patch over the border that are copied at a time: few enough to stay in the first cache.
private let copiedChannels = 64

/// Floats of such a copy.
let copyFloats = patchSide * patchSide * copiedChannels

/// Calls `body(square, first, count)` for the first `channels` channels of the `side` × `side` pixels from
/// (h, w) of an H × W × C map: in place for all of them, or, over the border, for some channels at a time of
/// a copy with zeros.
@inline(__always)
func forEachPatch(
    _ x: Floats,
    _ H: Int,
    _ W: Int,
    _ C: Int,
    _ h: Int,
    _ w: Int,
    _ side: Int,
    _ channels: Int,
    _ copy: MutableFloats,
    _ body: (_ square: Square, _ first: Int, _ count: Int) -> Void
) {
    let isInside = h >= 0 && w >= 0 && h &+ side <= H && w &+ side <= W
    let most = isInside ? channels : copiedChannels
    var first = 0
    while first < channels {
        let count = min(most, channels &- first)
        let from = x + ((h &* W &+ w) &* C &+ first)
        var square: Square = (from, W &* C, C)
        if !isInside {
            clear(copy, side &* side &* count)
            let columns = inside(w, side, W)
            for row in inside(h, side, H) {
                for column in columns {
                    let pixel = from + (row &* W &+ column) &* C
                    let to = copy + (row &* side &+ column) &* count
                    sweep(count) { i, n in store(load(pixel + i, n), to + i, n) }
                }
            }
            square = (Floats(copy), side &* count, count)
        }
        body(square, first, count)
        first &+= count
    }
}
