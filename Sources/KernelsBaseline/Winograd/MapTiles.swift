import CVectorShim
import KernelTable

/// Transforms the `side` × `side` pixels of some tiles of one H × W × C map into planes.
///
/// - Parameters:
///   - across: tiles in a row of them.
///   - padding: how far the first tile hangs over the map's border above and on the left.
///   - points: the transform of a column or row of registers, given its first float and its stride.
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
