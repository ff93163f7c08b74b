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
            var p = patch(dy, w.OH, w.OW, w.C, top, left, tileSide, channels, copy)
            var c = 0
            while c &+ registerLanes <= channels {
                transform(p, to + c, planes.planeStride, buffer)
                p.base += registerLanes
                c &+= registerLanes
            }
            if c < channels { rest(p, to + c, planes.planeStride, buffer, channels &- c) }
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
    for column in 0..<tileSide {
        let points = gradientPoints(readFour(p.base + column &* p.columnStride, p.rowStride))
        writeSix(points, buffer + column &* registerLanes, 6 &* registerLanes)
    }
    for row in 0..<patchSide {
        let points = gradientPoints(readFour(bufferRow(buffer, row), registerLanes))
        writeSix(points, to + row &* 6 &* planeStride, planeStride)
    }
}

@inline(__always)
private func readFour(_ p: Floats, _ stride: Int) -> Four {
    (read(p), read(p + stride), read(p + 2 &* stride), read(p + 3 &* stride))
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
        fillRegisters(p, side: tileSide, n, filled)
        transform(filledSquare(filled), filled, registerLanes, buffer)
        copyPlanes(filled, n, to, planeStride)
    }
}
