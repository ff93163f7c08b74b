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
    for tile in tiles {
        let row = tile / across
        let left = (tile &- row &* across) &* tileSide
        let top = row &* tileSide
        let p = patch(dy, w.OH, w.OW, w.C, top, left, tileSide, channels, copy)
        sweep(channels) { c, n in
            transform(p.base + c, p.rowStride, p.columnStride, to + c, planes.planeStride, n)
        }
        to += planes.width
    }
}

@inline(__always)
private func transform(
    _ p: Floats,
    _ rowStride: Int,
    _ columnStride: Int,
    _ to: MutableFloats,
    _ planeStride: Int,
    _ n: Int
) {
    let a = gradientPoints(loadFour(p, rowStride, n))
    let b = gradientPoints(loadFour(p + columnStride, rowStride, n))
    let c = gradientPoints(loadFour(p + 2 &* columnStride, rowStride, n))
    let d = gradientPoints(loadFour(p + 3 &* columnStride, rowStride, n))
    let row = 6 &* planeStride
    storeSix(gradientPoints((a.0, b.0, c.0, d.0)), to, planeStride, n)
    storeSix(gradientPoints((a.1, b.1, c.1, d.1)), to + row, planeStride, n)
    storeSix(gradientPoints((a.2, b.2, c.2, d.2)), to + 2 &* row, planeStride, n)
    storeSix(gradientPoints((a.3, b.3, c.3, d.3)), to + 3 &* row, planeStride, n)
    storeSix(gradientPoints((a.4, b.4, c.4, d.4)), to + 4 &* row, planeStride, n)
    storeSix(gradientPoints((a.5, b.5, c.5, d.5)), to + 5 &* row, planeStride, n)
}

@inline(__always)
private func loadFour(_ p: Floats, _ stride: Int, _ n: Int) -> Four {
    (load(p, n), load(p + stride, n), load(p + 2 &* stride, n), load(p + 3 &* stride, n))
}
