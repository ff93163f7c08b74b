import KernelTable

/// Aᵀ m A + bias into the pixels of one image of OH × OW × C.
func winogradOutput(
    _ planes: WinogradKernels.Planes,
    _ bias: Floats?,
    _ w: Window,
    _ tiles: Range<Int>,
    _ y: MutableFloats
) {
    let across = (w.OW &+ tileSide &- 1) / tileSide
    var from = Floats(planes.base)
    for tile in tiles {
        let row = tile / across
        let top = row &* tileSide
        let left = (tile &- row &* across) &* tileSide
        let to = y + (top &* w.OW &+ left) &* w.C
        let rows = min(tileSide, w.OH &- top)
        let columns = min(tileSide, w.OW &- left)
        sweep(w.C) { c, n in
            transform(
                from + c,
                planes.planeStride,
                bias.map { load($0 + c, n) } ?? Vector(),
                to + c,
                w.OW &* w.C,
                w.C,
                rows,
                columns,
                n
            )
        }
        from += planes.width
    }
}

@inline(__always)
private func transform(
    _ p: Floats,
    _ planeStride: Int,
    _ bias: Vector,
    _ to: MutableFloats,
    _ rowStride: Int,
    _ columnStride: Int,
    _ rows: Int,
    _ columns: Int,
    _ n: Int
) {
    let row = 6 &* planeStride
    let a = outputPoints(loadSix(p, row, n))
    let b = outputPoints(loadSix(p + planeStride, row, n))
    let c = outputPoints(loadSix(p + 2 &* planeStride, row, n))
    let d = outputPoints(loadSix(p + 3 &* planeStride, row, n))
    let e = outputPoints(loadSix(p + 4 &* planeStride, row, n))
    let f = outputPoints(loadSix(p + 5 &* planeStride, row, n))
    let first = outputPoints((a.0, b.0, c.0, d.0, e.0, f.0))
    write(first, bias, to, columnStride, columns, n)
    if rows > 1 {
        let second = outputPoints((a.1, b.1, c.1, d.1, e.1, f.1))
        write(second, bias, to + rowStride, columnStride, columns, n)
    }
    if rows > 2 {
        let third = outputPoints((a.2, b.2, c.2, d.2, e.2, f.2))
        write(third, bias, to + 2 &* rowStride, columnStride, columns, n)
    }
    if rows > 3 {
        let fourth = outputPoints((a.3, b.3, c.3, d.3, e.3, f.3))
        write(fourth, bias, to + 3 &* rowStride, columnStride, columns, n)
    }
}

@inline(__always)
private func write(
    _ v: Four,
    _ bias: Vector,
    _ to: MutableFloats,
    _ stride: Int,
    _ columns: Int,
    _ n: Int
) {
    store(v.0 + bias, to, n)
    if columns > 1 { store(v.1 + bias, to + stride, n) }
    if columns > 2 { store(v.2 + bias, to + 2 &* stride, n) }
    if columns > 3 { store(v.3 + bias, to + 3 &* stride, n) }
}
