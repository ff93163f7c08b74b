import CVectorShim
import KernelTable

/// The epilogue for one register of results: where its scale, shift and first pixel's residual are, and the lower bound.
///
/// Not the registers themselves: those of an argument go through memory in parts.
private typealias Last = (scale: Floats?, shift: Floats?, residual: Floats?, floor: Float)

/// The epilogue in registers.
///
/// With an upper bound as well, of ReLU6, the compiler no longer inlined `put`: VGG-19's steps took 1.07 times as long.
private typealias Epilogue = (scale: Register, shift: Register, residual: Floats?, floor: Register)

/// The pixels of a tile: position, strides, and how many of them are inside the map.
private typealias Pixels = (
    base: MutableFloats, rowStride: Int, columnStride: Int, rows: Int, columns: Int
)

/// Where the moments of a group of tiles are accumulated for a register's channels, and whether this tile is
/// the first of the group.
private typealias Notes = (place: MutableFloats, C: Int, isFirst: Bool)

/// Aᵀ m A with the epilogue, written to the pixels of one image of OH × OW × C.
///
/// Batch norm's moments are fused into this pass: they are computed while results are in registers, relative
/// to one of them as the pivot, which avoids cancellation.
func winogradOutput(
    _ planes: WinogradKernels.Planes,
    _ finish: Finish,
    _ w: Window,
    _ tiles: Range<Int>,
    _ y: MutableFloats,
    _ notes: MutableFloats?
) {
    let across = (w.OW &+ tileSide &- 1) / tileSide
    let floor = bound(finish.activation)
    let isCurved = finish.activation != .none && finish.activation != .relu
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
            let noted = notes.map { $0 + tile / WinogradKernels.notedTiles &* 3 &* w.C }
            let isFirst = tile % WinogradKernels.notedTiles == 0
            var c = 0
            while c &+ registerLanes <= w.C {
                forEachLine(next, c) { vectorshim_prefetch($0) }
                prefetchPlanes(from, c)
                let last: Last = (
                    scale: finish.scale.map { $0 + c },
                    shift: finish.shift.map { $0 + c },
                    residual: finish.residual.map { $0 + (start &+ c) },
                    floor: floor
                )
                if let noted {
                    transform(from, last, to, buffer, (noted + c, w.C, isFirst))
                } else {
                    transform(from, last, to, buffer, nil)
                }
                from.base += registerLanes
                to.base += registerLanes
                c &+= registerLanes
            }
            if c < w.C { rest(from, finish.advanced(by: start), c, to, buffer, w.C &- c) }
            if isCurved {
                // The tile's pixels, which are still in cache.
                for row in 0..<to.rows {
                    let pixels = y + (start &+ row &* to.rowStride)
                    activate(finish.activation, pixels, pixels, to.columns &* w.C)
                }
            }
            base += planes.width
        }
    }
}

/// The lower bound that a ReLU is; all other activations are applied to the written pixels.
@inline(__always)
private func bound(_ f: ElementFunction) -> Float { f == .relu ? 0 : -.infinity }

/// Rows of planes that a register prefetches: all of them if it fills a cache line; if two registers share a
/// line, half of them each.
private let prefetchedRows = registerLanes < lineFloats ? patchSide / 2 : patchSide

/// Prefetches the line after the register's in some of the planes.
@inline(__always)
private func prefetchPlanes(_ p: Square, _ c: Int) {
    let first = c / registerLanes &* prefetchedRows % patchSide
    for row in first..<first &+ prefetchedRows {
        let line = p.base + (row &* p.rowStride &+ lineFloats)
        for column in 0..<patchSide { vectorshim_prefetch(line + column &* p.columnStride) }
    }
}

@inline(__always)
private func transform(
    _ p: Square,
    _ last: Last,
    _ to: Pixels,
    _ buffer: MutableFloats,
    _ notes: Notes?
) {
    for column in 0..<patchSide {
        let v = outputPoints(readSix(p.base + column &* p.columnStride, p.rowStride))
        let place = buffer + column &* registerLanes
        write(v.0, registerRow(place, 0))
        write(v.1, registerRow(place, 1))
        write(v.2, registerRow(place, 2))
        write(v.3, registerRow(place, 3))
    }
    let last: Epilogue = (
        scale: last.scale.map(read) ?? Register(repeating: 1),
        shift: last.shift.map(read) ?? Register(),
        residual: last.residual,
        floor: Register(repeating: last.floor)
    )
    var sums: Sums = (Register(), Register(), Register())
    if let notes, !notes.isFirst {
        sums.value = read(notes.place)
        sums.one = read(notes.place + notes.C)
        sums.two = read(notes.place + 2 &* notes.C)
    }
    let isNoted = notes != nil
    for row in 0..<to.rows {
        let v = outputPoints(readSix(registerRow(buffer, row), registerLanes))
        let start = row &* to.rowStride
        let first = put(v.0, start, last, to.base)
        if let notes, notes.isFirst, row == 0 { sums.value = first }
        if isNoted { add(first, &sums) }
        if to.columns > 1 {
            let y = put(v.1, start &+ to.columnStride, last, to.base)
            if isNoted { add(y, &sums) }
        }
        if to.columns > 2 {
            let y = put(v.2, start &+ 2 &* to.columnStride, last, to.base)
            if isNoted { add(y, &sums) }
        }
        if to.columns > 3 {
            let y = put(v.3, start &+ 3 &* to.columnStride, last, to.base)
            if isNoted { add(y, &sums) }
        }
    }
    if let notes {
        write(sums.value, notes.place)
        write(sums.one, notes.place + notes.C)
        write(sums.two, notes.place + 2 &* notes.C)
    }
}

/// The pivot, the sum of differences from it, and the sum of their squares.
private typealias Sums = (value: Register, one: Register, two: Register)

@inline(__always)
private func add(_ y: Register, _ sums: inout Sums) {
    let d = y - sums.value
    sums.one += d
    sums.two = plus(sums.two, d, d)
}

/// Applies the epilogue to a register of results, writes it and returns it.
@inline(__always)
private func put(_ v: Register, _ offset: Int, _ last: Epilogue, _ to: MutableFloats) -> Register {
    var s = plus(last.shift, last.scale, v)
    if let residual = last.residual { s += read(residual + offset) }
    s.replace(with: last.floor, where: s .< last.floor)
    write(s, to + offset)
    return s
}

/// The remaining channels, fewer than a register's lanes.
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
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 3 &* squareFloats) { memory in
        guard let residual = memory.baseAddress else { return }
        func filledUp(_ p: Floats, _ place: MutableFloats) -> Floats {
            fillRegisters((p + c, 0, 0), 1, 1, n, place)
            return Floats(place)
        }
        if let base = finish.residual {
            let pixels: Square = (base + c, to.rowStride, to.columnStride)
            fillRegisters(pixels, to.rows, to.columns, n, residual)
        }
        let last: Last = (
            scale: finish.scale.map { filledUp($0, residual + squareFloats) },
            shift: finish.shift.map { filledUp($0, residual + 2 &* squareFloats) },
            residual: finish.residual.map { _ in Floats(residual) },
            floor: bound(finish.activation)
        )
        fillRegisters(from, patchSide, patchSide, n, filled)
        let whole: Pixels = (filled, 6 &* registerLanes, registerLanes, to.rows, to.columns)
        transform(registers(filled), last, whole, buffer, nil)
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
