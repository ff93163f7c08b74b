import KernelTable

/// A dy Aᵀ of the first channels of some tiles of one image of OH × OW × C.
func winogradGradient(
    _ dy: Floats,
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
            let left = (tile &- row &* across) &* tileSide
            let top = row &* tileSide
            let p = patch(dy, w.OH, w.OW, w.C, top, left, tileSide, channels, copy)
            transformToStrips(p, side: tileSide, channels, to, planes, buffer) {
                gradientPoints(readFour($0, $1))
            }
            to += planes.width
        }
    }
}

@inline(__always)
private func readFour(_ p: Floats, _ stride: Int) -> Four {
    (read(p), read(p + stride), read(p + 2 &* stride), read(p + 3 &* stride))
}
