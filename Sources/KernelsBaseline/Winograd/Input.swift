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
    var to = planes.base
    withUnsafeTemporaryAllocation(of: Float.self, capacity: bufferFloats) { buffer in
        guard let buffer = buffer.baseAddress else { return }
        for tile in tiles {
            let row = tile / across
            let top = row &* tileSide &- w.padding
            let left = (tile &- row &* across) &* tileSide &- w.padding
            let p = patch(x, w.H, w.W, w.C, top, left, patchSide, channels, copy)
            transformToStrips(p, side: patchSide, channels, to, planes, buffer) {
                inputPoints(readSix($0, $1))
            }
            to += planes.width
        }
    }
}
