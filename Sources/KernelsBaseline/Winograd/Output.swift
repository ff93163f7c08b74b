import KernelTable

/// What a vector of results is finished with: factor, term and lower bound.
private typealias Last = (scale: Vector, shift: Vector, floor: Vector)

/// Aᵀ m A, finished, into the pixels of one image of OH × OW × C.
func winogradOutput(
    _ planes: WinogradKernels.Planes,
    _ finish: Finish,
    _ w: Window,
    _ tiles: Range<Int>,
    _ y: MutableFloats
) {
    let across = (w.OW &+ tileSide &- 1) / tileSide
    let floor = Vector(repeating: finish.relu ? 0 : -.infinity)
    var from = Floats(planes.base)
    for tile in tiles {
        let row = tile / across
        let top = row &* tileSide
        let left = (tile &- row &* across) &* tileSide
        let start = (top &* w.OW &+ left) &* w.C
        let rows = min(tileSide, w.OH &- top)
        let columns = min(tileSide, w.OW &- left)
        sweep(w.C) { c, n in
            let last: Last = (
                scale: finish.scale.map { load($0 + c, n) } ?? Vector(repeating: 1),
                shift: finish.shift.map { load($0 + c, n) } ?? Vector(),
                floor: floor
            )
            transform(
                from + c,
                planes.planeStride,
                last,
                finish.residual.map { $0 + (start &+ c) },
                y + (start &+ c),
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
    _ last: Last,
    _ residual: Floats?,
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
    write(first, last, residual, to, columnStride, columns, n)
    if rows > 1 {
        let second = outputPoints((a.1, b.1, c.1, d.1, e.1, f.1))
        write(
            second,
            last,
            residual.map { $0 + rowStride },
            to + rowStride,
            columnStride,
            columns,
            n
        )
    }
    if rows > 2 {
        let third = outputPoints((a.2, b.2, c.2, d.2, e.2, f.2))
        let start = 2 &* rowStride
        write(third, last, residual.map { $0 + start }, to + start, columnStride, columns, n)
    }
    if rows > 3 {
        let fourth = outputPoints((a.3, b.3, c.3, d.3, e.3, f.3))
        let start = 3 &* rowStride
        write(fourth, last, residual.map { $0 + start }, to + start, columnStride, columns, n)
    }
}

@inline(__always)
private func write(
    _ v: Four,
    _ last: Last,
    _ residual: Floats?,
    _ to: MutableFloats,
    _ stride: Int,
    _ columns: Int,
    _ n: Int
) {
    write(v.0, last, residual, to, 0, n)
    if columns > 1 { write(v.1, last, residual, to, stride, n) }
    if columns > 2 { write(v.2, last, residual, to, 2 &* stride, n) }
    if columns > 3 { write(v.3, last, residual, to, 3 &* stride, n) }
}

@inline(__always)
private func write(
    _ v: Vector,
    _ last: Last,
    _ residual: Floats?,
    _ to: MutableFloats,
    _ offset: Int,
    _ n: Int
) {
    var s = last.shift
    accumulate(&s, v, last.scale)
    if let residual { s += load(residual + offset, n) }
    store(s.replacing(with: last.floor, where: s .< last.floor), to + offset, n)
}
