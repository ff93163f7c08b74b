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
    let across = (w.OW &+ tileSide &- 1) / tileSide
    var to = planes.base
    withUnsafeTemporaryAllocation(of: Float.self, capacity: bufferFloats &+ copyFloats) { memory in
        guard let buffer = memory.baseAddress else { return }
        let copy = buffer + bufferFloats
        for tile in tiles {
            let row = tile / across
            let top = row &* tileSide &- w.padding
            let left = (tile &- row &* across) &* tileSide &- w.padding
            let offset = patchSide &- tileSide &- w.padding
            let next = nextPixels(x, w.H, w.W, w.C, tile &+ 1, across: across, offset: offset)
            forEachPatch(x, w.H, w.W, w.C, top, left, patchSide, channels, copy) {
                p,
                first,
                count in
                let place = to + planes.offset(first)
                transformToStrips(p, side: patchSide, count, place, planes, buffer) {
                    inputPoints(readSix($0, $1))
                } ahead: { c in
                    forEachLine(next, first &+ c) { vectorshim_prefetch($0) }
                }
            }
            to += planes.width
        }
    }
}
