import CVectorShim
import KernelTable

/// A dy Aᵀ of the first channels of some tiles of one image of OH × OW × C.
func winogradGradient(
    _ dy: Floats,
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
            let left = (tile &- row &* across) &* tileSide
            let top = row &* tileSide
            let next = nextPixels(dy, w.OH, w.OW, w.C, tile &+ 1, across: across, offset: 0)
            forEachPatch(dy, w.OH, w.OW, w.C, top, left, tileSide, channels, copy) {
                p,
                first,
                count in
                let place = to + planes.offset(first)
                transformToStrips(p, side: tileSide, count, place, planes, buffer) {
                    gradientPoints(readFour($0, $1))
                } ahead: { c in
                    forEachLine(next, first &+ c) { vectorshim_prefetch($0) }
                }
            }
            to += planes.width
        }
    }
}

@inline(__always)
private func readFour(_ p: Floats, _ stride: Int) -> Four {
    (read(p), read(p + stride), read(p + 2 &* stride), read(p + 3 &* stride))
}
