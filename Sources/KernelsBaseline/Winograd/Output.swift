import CVectorShim
import KernelTable

/// What a register of results is finished with: factor, term, what is added from where the first pixel
/// lies on, and lower bound.
private typealias Last = (scale: Register, shift: Register, residual: Floats?, floor: Register)

/// Where the pixels of a tile lie, and how many of them the map has.
private typealias Pixels = (
    base: MutableFloats, rowStride: Int, columnStride: Int, rows: Int, columns: Int
)

/// Aᵀ m A, finished, into the pixels of one image of OH × OW × C.
func winogradOutput(
    _ planes: WinogradKernels.Planes,
    _ finish: Finish,
    _ w: Window,
    _ tiles: Range<Int>,
    _ y: MutableFloats
) {
    let across = (w.OW &+ tileSide &- 1) / tileSide
    let floor = Register(repeating: finish.relu ? 0 : -.infinity)
    var base = Floats(planes.base)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: bufferFloats) { buffer in
        guard let buffer = buffer.baseAddress else { return }
        for tile in tiles {
            let row = tile / across
            let top = row &* tileSide
            let left = (tile &- row &* across) &* tileSide
            let start = (top &* w.OW &+ left) &* w.C
            var from: Square = (base, 6 &* planes.planeStride, planes.planeStride)
            var to: Pixels = (
                base: y + start,
                rowStride: w.OW &* w.C,
                columnStride: w.C,
                rows: min(tileSide, w.OH &- top),
                columns: min(tileSide, w.OW &- left)
            )
            let next = nextPixels(Floats(y), w.OH, w.OW, w.C, tile &+ 1, across: across, offset: 0)
            var c = 0
            while c &+ registerLanes <= w.C {
                forEachLine(next, c) { vectorshim_prefetch_to_write($0) }
                prefetchPlanes(from, c)
                let last: Last = (
                    scale: finish.scale.map { read($0 + c) } ?? Register(repeating: 1),
                    shift: finish.shift.map { read($0 + c) } ?? Register(),
                    residual: finish.residual.map { $0 + (start &+ c) },
                    floor: floor
                )
                transform(from, last, to, buffer)
                from.base += registerLanes
                to.base += registerLanes
                c &+= registerLanes
            }
            if c < w.C { rest(from, finish.advanced(by: start), c, to, buffer, w.C &- c) }
            base += planes.width
        }
    }
}

/// Rows of planes that a register prefetches: all where it fills a line, of two registers of a line each
/// half of them.
private let prefetchedRows = registerLanes < lineFloats ? patchSide / 2 : patchSide

/// Prefetches the line behind the register's in some of the planes.
@inline(__always)
private func prefetchPlanes(_ p: Square, _ c: Int) {
    let first = c / registerLanes &* prefetchedRows % patchSide
    for row in first..<first &+ prefetchedRows {
        let line = p.base + (row &* p.rowStride &+ lineFloats)
        for column in 0..<patchSide { vectorshim_prefetch(line + column &* p.columnStride) }
    }
}

@inline(__always)
private func transform(_ p: Square, _ last: Last, _ to: Pixels, _ buffer: MutableFloats) {
    for column in 0..<patchSide {
        let v = outputPoints(readSix(p.base + column &* p.columnStride, p.rowStride))
        let place = buffer + column &* registerLanes
        write(v.0, registerRow(place, 0))
        write(v.1, registerRow(place, 1))
        write(v.2, registerRow(place, 2))
        write(v.3, registerRow(place, 3))
    }
    for row in 0..<to.rows {
        let v = outputPoints(readSix(registerRow(buffer, row), registerLanes))
        let start = row &* to.rowStride
        put(v.0, start, last, to.base)
        if to.columns > 1 { put(v.1, start &+ to.columnStride, last, to.base) }
        if to.columns > 2 { put(v.2, start &+ 2 &* to.columnStride, last, to.base) }
        if to.columns > 3 { put(v.3, start &+ 3 &* to.columnStride, last, to.base) }
    }
}

@inline(__always)
private func put(_ v: Register, _ offset: Int, _ last: Last, _ to: MutableFloats) {
    var s = plus(last.shift, last.scale, v)
    if let residual = last.residual { s += read(residual + offset) }
    write(s.replacing(with: last.floor, where: s .< last.floor), to + offset)
}

/// The last channels, fewer than a register's lanes.
@inline(never)
private func rest(
    _ from: Square,
    _ finish: Finish,
    _ c: Int,
    _ to: Pixels,
    _ buffer: MutableFloats,
    _ n: Int
) {
    let filled = buffer + squareFloats
    withUnsafeTemporaryAllocation(of: Float.self, capacity: bufferFloats) { memory in
        guard let residual = memory.baseAddress else { return }
        let vector = residual + squareFloats
        func filledUp(_ p: Floats) -> Register {
            fillRegisters((p + c, 0, 0), 1, 1, n, vector)
            return read(vector)
        }
        if let base = finish.residual {
            let pixels: Square = (base + c, to.rowStride, to.columnStride)
            fillRegisters(pixels, to.rows, to.columns, n, residual)
        }
        let last: Last = (
            scale: finish.scale.map(filledUp) ?? Register(repeating: 1),
            shift: finish.shift.map(filledUp) ?? Register(),
            residual: finish.residual.map { _ in Floats(residual) },
            floor: Register(repeating: finish.relu ? 0 : -.infinity)
        )
        fillRegisters(from, patchSide, patchSide, n, filled)
        let whole: Pixels = (filled, 6 &* registerLanes, registerLanes, to.rows, to.columns)
        transform(registers(filled), last, whole, buffer)
        copySquare(
            registers(filled),
            to.rows,
            to.columns,
            n,
            to.base,
            to.rowStride,
            to.columnStride
        )
    }
}
