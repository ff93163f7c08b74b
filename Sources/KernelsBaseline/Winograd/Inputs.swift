import CVectorShim
import KernelTable

/// Bᵀ d B of the first channels of some tiles of one image.
func winogradInput(
    _ x: Floats,
    _ w: Window,
    _ tiles: Range<Int>,
    _ channels: Int,
    _ planes: WinogradKernels.Planes
) {
    transformTiles(
        x,
        w.H,
        w.W,
        w.C,
        tiles,
        across: (w.OW &+ tileSide &- 1) / tileSide,
        side: patchSide,
        padding: w.top,
        channels,
        planes
    ) { inputPoints(readSix($0, $1)) }
}

/// A dy Aᵀ of the first channels of some tiles of one image of OH × OW × C.
func winogradGradient(
    _ dy: Floats,
    _ w: Window,
    _ tiles: Range<Int>,
    _ channels: Int,
    _ planes: WinogradKernels.Planes
) {
    transformTiles(
        dy,
        w.OH,
        w.OW,
        w.C,
        tiles,
        across: (w.OW &+ tileSide &- 1) / tileSide,
        side: tileSide,
        padding: 0,
        channels,
        planes
    ) { gradientPoints(readFour($0, $1)) }
}

@inline(__always)
private func readFour(_ p: Floats, _ stride: Int) -> Four {
    (read(p), read(p + stride), read(p + 2 &* stride), read(p + 3 &* stride))
}

/// Transforms the `side` × `side` pixels of some tiles of one H × W × C map into planes.
///
/// - Parameters:
///   - across: tiles in a row of tiles.
///   - padding: pixels by which the first tile extends over the top and left border.
///   - points: the transform of a column or row of registers, given a pointer to its first float and its stride.
@inline(__always)
func transformTiles(
    _ x: Floats,
    _ H: Int,
    _ W: Int,
    _ C: Int,
    _ tiles: Range<Int>,
    across: Int,
    side: Int,
    padding: Int,
    _ channels: Int,
    _ planes: WinogradKernels.Planes,
    _ points: (Floats, Int) -> Six
) {
    var to = planes.base
    withUnsafeTemporaryAllocation(of: Float.self, capacity: bufferFloats &+ copyFloats) { memory in
        guard let buffer = memory.baseAddress else { return }
        let copy = buffer + bufferFloats
        for tile in tiles {
            let row = tile / across
            let top = row &* tileSide &- padding
            let left = (tile &- row &* across) &* tileSide &- padding
            let offset = side &- tileSide &- padding
            let next = nextPixels(x, H, W, C, tile &+ 1, across: across, offset: offset)
            forEachPatch(x, H, W, C, top, left, side, channels, copy) { pixels, first, count in
                let place = to + planes.offset(first)
                transformToStrips(pixels, side: side, count, place, planes, buffer, points) { c in
                    forEachLine(next, first &+ c) { vectorshim_prefetch($0) }
                }
            }
            to += planes.width
        }
    }
}

/// Side of the output pixels of a tile.
let tileSide = 4

/// Side of a tile's input pixels and of its transform.
let patchSide = 6

/// Channels of a border patch that are copied at a time: few enough to stay in the first-level cache.
private let copiedChannels = 64

/// Floats of such a copy.
let copyFloats = patchSide * patchSide * copiedChannels

/// Calls `body(square, first, count)` for the first `channels` channels of the `side` × `side` pixels from
/// (h, w) of an H × W × C map: inside the map, in place for all channels; over the border, for some channels at
/// a time of a zero-padded copy.
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

// A transform reads its pixels from memory in an order that the hardware prefetcher does not predict. So the
// pixels of the next tile are prefetched while the current one is transformed, a few lines per register.

/// The pixels that the next tile reads first, clipped to the map.
typealias NextPixels = (base: Floats, rowStride: Int, rows: Int, columns: Int)

/// The 4 × 4 pixels of an H × W × C map starting `offset` rows and columns after the first output of `tile`.
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

/// Calls `touch` with an address in each cache line that the register starting at channel c should
/// prefetch.
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
