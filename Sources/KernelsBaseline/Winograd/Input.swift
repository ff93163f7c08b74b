import KernelTable

/// Bᵀ d B of the first channels of some tiles of one image.
func winogradInput(
    _ x: Floats,
    _ w: Window,
    _ tiles: Range<Int>,
    _ channels: Int,
    _ planes: WinogradKernels.Planes,
    _ copy: MutableFloats
) {
    let across = (w.OW &+ tileSide &- 1) / tileSide
    let stride = planes.planeStride
    var to = planes.base
    withUnsafeTemporaryAllocation(of: Float.self, capacity: bufferFloats) { buffer in
        guard let buffer = buffer.baseAddress else { return }
        for tile in tiles {
            let row = tile / across
            let top = row &* tileSide &- w.padding
            let left = (tile &- row &* across) &* tileSide &- w.padding
            let p = patch(x, w.H, w.W, w.C, top, left, patchSide, channels, copy)
            var strip = to
            var start = 0
            while start < channels {
                let count = min(planes.width, channels &- start)
                let part: Square = (p.base + start, p.rowStride, p.columnStride)
                transformToPlanes(part, side: patchSide, count, strip, stride, buffer) {
                    inputPoints(readSix($0, $1))
                }
                start &+= count
                strip += planes.stripStride
            }
            to += planes.width
        }
    }
}
