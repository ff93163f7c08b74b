import KernelTable

/// Bᵀ d B of the first channels of some tiles of one image, sixteen channels at a time.
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
    for tile in tiles {
        let row = tile / across
        let top = row &* tileSide &- w.padding
        let left = (tile &- row &* across) &* tileSide &- w.padding
        let p = patch(x, w.H, w.W, w.C, top, left, patchSide, channels, copy)
        var strip = to
        var start = 0
        while start < channels {
            let from = p.base + start
            sweep(min(planes.width, channels &- start)) { c, n in
                transform(from + c, p.rowStride, p.columnStride, strip + c, planes.planeStride, n)
            }
            start &+= planes.width
            strip += planes.stripStride
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
    let a = inputPoints(loadSix(p, rowStride, n))
    let b = inputPoints(loadSix(p + columnStride, rowStride, n))
    let c = inputPoints(loadSix(p + 2 &* columnStride, rowStride, n))
    let d = inputPoints(loadSix(p + 3 &* columnStride, rowStride, n))
    let e = inputPoints(loadSix(p + 4 &* columnStride, rowStride, n))
    let f = inputPoints(loadSix(p + 5 &* columnStride, rowStride, n))
    let row = 6 &* planeStride
    storeSix(inputPoints((a.0, b.0, c.0, d.0, e.0, f.0)), to, planeStride, n)
    storeSix(inputPoints((a.1, b.1, c.1, d.1, e.1, f.1)), to + row, planeStride, n)
    storeSix(inputPoints((a.2, b.2, c.2, d.2, e.2, f.2)), to + 2 &* row, planeStride, n)
    storeSix(inputPoints((a.3, b.3, c.3, d.3, e.3, f.3)), to + 3 &* row, planeStride, n)
    storeSix(inputPoints((a.4, b.4, c.4, d.4, e.4, f.4)), to + 4 &* row, planeStride, n)
    storeSix(inputPoints((a.5, b.5, c.5, d.5, e.5, f.5)), to + 5 &* row, planeStride, n)
}
