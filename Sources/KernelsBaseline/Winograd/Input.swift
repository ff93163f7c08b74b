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
            var p = patch(x, w.H, w.W, w.C, top, left, patchSide, channels, copy)
            var strip = to
            var start = 0
            while start < channels {
                let count = min(planes.width, channels &- start)
                var c = 0
                while c &+ registerLanes <= count {
                    transform(p, strip + c, stride, buffer)
                    p.base += registerLanes
                    c &+= registerLanes
                }
                if c < count {
                    rest(p, strip + c, stride, buffer, count &- c)
                    p.base += count &- c
                }
                start &+= count
                strip += planes.stripStride
            }
            to += planes.width
        }
    }
}

@inline(__always)
private func transform(
    _ p: Square,
    _ to: MutableFloats,
    _ planeStride: Int,
    _ buffer: MutableFloats
) {
    for column in 0..<patchSide {
        let points = inputPoints(readSix(p.base + column &* p.columnStride, p.rowStride))
        writeSix(points, buffer + column &* registerLanes, 6 &* registerLanes)
    }
    for row in 0..<patchSide {
        let points = inputPoints(readSix(bufferRow(buffer, row), registerLanes))
        writeSix(points, to + row &* 6 &* planeStride, planeStride)
    }
}

/// The last channels, fewer than a register's lanes.
@inline(never)
private func rest(
    _ p: Square,
    _ to: MutableFloats,
    _ planeStride: Int,
    _ buffer: MutableFloats,
    _ n: Int
) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: bufferFloats) {
        guard let filled = $0.baseAddress else { return }
        fillRegisters(p, side: patchSide, n, filled)
        transform(filledSquare(filled), filled, registerLanes, buffer)
        copyPlanes(filled, n, to, planeStride)
    }
}
