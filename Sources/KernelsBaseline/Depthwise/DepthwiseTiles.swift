import KernelTable

// Windows of sides and steps that have no tiles of their own (`RowTiles`): every tap is one filter, seven inputs that are read in
// place, and seven multiply-adds, whatever the window's side and step. A tile goes through all channels before the next.

/// Outputs of a tile.
private let tileColumns = 7

typealias Seven = (Register, Register, Register, Register, Register, Register, Register)

/// Calls `body` with the first channel of each register of C channels; the last may overlap the one before.
@inline(__always)
func forEachRegister(_ C: Int, _ body: (Int) -> Void) {
    var c = 0
    while c < C {
        body(min(c, C &- registerLanes))
        c &+= registerLanes
    }
}

/// The depthwise convolution of some output rows; bound by memory, with larger windows by the multipliers.
func depthwise(
    _ x: Floats,
    _ w: Window,
    _ rows: Range<Int>,
    _ filters: Floats,
    _ y: MutableFloats,
    _ later: Floats?
) {
    guard w.C >= registerLanes else { return anyDepthwise(x, w, rows, filters, y) }
    let row = w.W &* w.C
    let isTiled = hasTiles(
        w.C,
        w.kernel,
        w.stride,
        left: w.left,
        columns: w.W,
        outputs: w.OW
    )
    for oh in rows {
        let top = oh &* w.stride &- w.top
        let vertical = inside(top, w.kernel, w.H)
        if isTiled {
            computeRow(
                TileRow(
                    x: x + (top &+ vertical.lowerBound) &* row,
                    rows: vertical.count,
                    rowDistance: row,
                    columns: w.W,
                    C: w.C,
                    filters: filters + vertical.lowerBound &* w.kernel &* w.C,
                    filterDistance: w.C,
                    filterRowDistance: w.kernel &* w.C,
                    y: y + oh &* w.OW &* w.C,
                    outputs: w.OW,
                    left: w.left,
                    nextInput: x + (top &+ w.kernel) &* row,
                    nextOutput: y + (oh &+ 1) &* w.OW &* w.C,
                    later: later.map { $0 + (oh &- rows.lowerBound) &* w.stride &* row }
                ),
                w.kernel,
                w.stride
            )
            continue
        }
        gather(
            x + (top &+ vertical.lowerBound) &* row,
            filters + vertical.lowerBound &* w.kernel &* w.C,
            y + oh &* w.OW &* w.C,
            w.C,
            outputs: w.OW,
            first: -w.left,
            step: w.stride,
            apart: 1,
            rows: vertical.count,
            rowDistance: row,
            filterRowDistance: w.kernel &* w.C,
            taps: w.kernel,
            direction: 1,
            filterDistance: w.C,
            extent: w.W
        )
    }
}

// The pixel at distance u = s · m + r from where the first window begins is reached by the taps s · e + r, that one
// from output m − e: the pixels of each remainder r are a convolution of the outputs, taken backwards.

/// The gradient of some input rows of a depthwise convolution.
func depthwiseData(
    _ dy: Floats,
    _ w: Window,
    _ rows: Range<Int>,
    _ filters: Floats,
    _ dx: MutableFloats,
    _ later: Floats?
) {
    guard w.C >= registerLanes else { return anyDepthwiseData(dy, w, rows, filters, dx) }
    let (S, row) = (w.stride, w.OW &* w.C)
    let left = w.kernel &- 1 &- w.left
    if S == 1, hasTiles(w.C, w.kernel, 1, left: left, columns: w.OW, outputs: w.W) {
        return tileBack(dy, w, rows, filters, dx, later)
    }
    let isTiled = hasTiles(w.C, w.kernel, S, left: w.left, columns: w.W, outputs: w.OW)
    for h in rows {
        let (last, start) = (h &+ w.top).quotientAndRemainder(dividingBy: S)
        // The windows of the outputs last, last − 1, … reach the row by the taps start, start + s, ….
        let reaching = start < w.kernel ? (w.kernel &- start &+ S &- 1) / S : 0
        let skipped = max(0, last &- w.OH &+ 1)
        let count = max(0, min(reaching, last &+ 1) &- skipped)
        if isTiled {
            computeRowBackBy2(
                TileRow(
                    x: dy + (last &- skipped) &* row,
                    rows: count,
                    rowDistance: -row,
                    columns: w.OW,
                    C: w.C,
                    filters: filters + (start &+ skipped &* 2) &* w.kernel &* w.C,
                    filterDistance: w.C,
                    filterRowDistance: 2 &* w.kernel &* w.C,
                    y: dx + h &* w.W &* w.C,
                    outputs: w.W,
                    left: w.left,
                    nextInput: dy + (last &+ 1) &* row,
                    nextOutput: dx + (h &+ 1) &* w.W &* w.C,
                    later: later.map { $0 + (h &- rows.lowerBound) &* w.W &* w.C }
                ),
                w.kernel
            )
            continue
        }
        for column in 0..<min(S, w.W) {
            let (m, r) = (column &+ w.left).quotientAndRemainder(dividingBy: S)
            gather(
                dy + (last &- skipped) &* row,
                filters + ((start &+ skipped &* S) &* w.kernel &+ r) &* w.C,
                dx + (h &* w.W &+ column) &* w.C,
                w.C,
                outputs: (w.W &- column &+ S &- 1) / S,
                first: m,
                step: 1,
                apart: S,
                rows: count,
                rowDistance: -row,
                filterRowDistance: S &* w.kernel &* w.C,
                taps: r < w.kernel ? (w.kernel &- r &+ S &- 1) / S : 0,
                direction: -1,
                filterDistance: S &* w.C,
                extent: w.OW
            )
        }
    }
}

/// The same at steps of one: the convolution of the outputs' gradient with the filters turned round.
@inline(__always)
private func tileBack(
    _ dy: Floats,
    _ w: Window,
    _ rows: Range<Int>,
    _ filters: Floats,
    _ dx: MutableFloats,
    _ later: Floats?
) {
    let (row, last) = (w.OW &* w.C, w.kernel &- 1)
    for h in rows {
        let top = h &+ w.top &- last
        let vertical = inside(top, w.kernel, w.OH)
        computeRow(
            TileRow(
                x: dy + (top &+ vertical.lowerBound) &* row,
                rows: vertical.count,
                rowDistance: row,
                columns: w.OW,
                C: w.C,
                filters: filters + ((last &- vertical.lowerBound) &* w.kernel &+ last) &* w.C,
                filterDistance: -w.C,
                filterRowDistance: -w.kernel &* w.C,
                y: dx + h &* w.W &* w.C,
                outputs: w.W,
                left: last &- w.left,
                nextInput: dy + (top &+ w.kernel) &* row,
                nextOutput: dx + (h &+ 1) &* w.W &* w.C,
                later: later.map { $0 + (h &- rows.lowerBound) &* w.W &* w.C }
            ),
            w.kernel,
            1
        )
    }
}

/// A row of outputs: output t is the sum over taps k of all rows of the pixel
/// first + t · step + k · direction, where that is in 0 ..< extent, times filter k.
///
/// - Parameters:
///   - x: pixel 0 of the first row.
///   - filters: filter 0 of the first row.
///   - y: output 0; the others are `apart` pixels apart.
///   - rowDistance: from one row to the next.
///   - filterRowDistance: from the filters of one row to the next.
///   - filterDistance: from one filter to the next.
@inline(__always)
private func gather(
    _ x: Floats,
    _ filters: Floats,
    _ y: MutableFloats,
    _ C: Int,
    outputs: Int,
    first: Int,
    step: Int,
    apart: Int,
    rows: Int,
    rowDistance: Int,
    filterRowDistance: Int,
    taps: Int,
    direction: Int,
    filterDistance: Int,
    extent: Int
) {
    let width = min(outputs, tileColumns)
    let reach = (taps &- 1) &* direction
    let between = step &* C
    var next = 0
    while next < outputs {
        // The last tile overlaps the one before.
        let t = min(next, outputs &- width)
        let left = first &+ t &* step
        let right = left &+ (tileColumns &- 1) &* step
        let distance = apart &* C
        if width == tileColumns, left &+ min(reach, 0) >= 0, right &+ max(reach, 0) < extent {
            forEachRegister(C) { c in
                var s: Seven = (
                    Register(), Register(), Register(), Register(), Register(), Register(),
                    Register()
                )
                let to = y + t &* distance + c
                var (line, filterLine) = (x + left &* C + c, filters + c)
                for _ in 0..<rows {
                    var (p, f) = (line, filterLine)
                    for _ in 0..<taps {
                        let filter = read(f)
                        s.0 = plus(s.0, filter, read(p))
                        s.1 = plus(s.1, filter, read(p + between))
                        s.2 = plus(s.2, filter, read(p + 2 &* between))
                        s.3 = plus(s.3, filter, read(p + 3 &* between))
                        s.4 = plus(s.4, filter, read(p + 4 &* between))
                        s.5 = plus(s.5, filter, read(p + 5 &* between))
                        s.6 = plus(s.6, filter, read(p + 6 &* between))
                        p += direction &* C
                        f += filterDistance
                    }
                    line += rowDistance
                    filterLine += filterRowDistance
                }
                write(s.0, to)
                write(s.1, to + distance)
                write(s.2, to + 2 &* distance)
                write(s.3, to + 3 &* distance)
                write(s.4, to + 4 &* distance)
                write(s.5, to + 5 &* distance)
                write(s.6, to + 6 &* distance)
            }
        } else {
            forEachRegister(C) { c in
                var s: Seven = (
                    Register(), Register(), Register(), Register(), Register(), Register(),
                    Register()
                )
                let to = y + t &* distance + c
                border(
                    &s,
                    x + c,
                    filters + c,
                    C,
                    left: left,
                    step: step,
                    rows: rows,
                    rowDistance: rowDistance,
                    filterRowDistance: filterRowDistance,
                    taps: taps,
                    direction: direction,
                    filterDistance: filterDistance,
                    extent: extent
                )
                write(s.0, to)
                if width > 1 { write(s.1, to + distance) }
                if width > 2 { write(s.2, to + 2 &* distance) }
                if width > 3 { write(s.3, to + 3 &* distance) }
                if width > 4 { write(s.4, to + 4 &* distance) }
                if width > 5 { write(s.5, to + 5 &* distance) }
                if width > 6 { write(s.6, to + 6 &* distance) }
            }
        }
        next &+= tileColumns
    }
}

@inline(__always)
private func isInside(_ pixel: Int, _ extent: Int) -> Bool {
    UInt(bitPattern: pixel) < UInt(bitPattern: extent)
}

/// The sums of a tile over the border, and of one that is not whole.
@inline(__always)
private func border(
    _ s: inout Seven,
    _ x: Floats,
    _ filters: Floats,
    _ C: Int,
    left: Int,
    step: Int,
    rows: Int,
    rowDistance: Int,
    filterRowDistance: Int,
    taps: Int,
    direction: Int,
    filterDistance: Int,
    extent: Int
) {
    let between = step &* C
    var (line, filterLine) = (x, filters)
    for _ in 0..<rows {
        var f = filterLine
        for tap in 0..<taps {
            let pixel = left &+ tap &* direction
            let p = line + pixel &* C
            let filter = read(f)
            if isInside(pixel, extent) { s.0 = plus(s.0, filter, read(p)) }
            if isInside(pixel &+ step, extent) { s.1 = plus(s.1, filter, read(p + between)) }
            if isInside(pixel &+ 2 &* step, extent) {
                s.2 = plus(s.2, filter, read(p + 2 &* between))
            }
            if isInside(pixel &+ 3 &* step, extent) {
                s.3 = plus(s.3, filter, read(p + 3 &* between))
            }
            if isInside(pixel &+ 4 &* step, extent) {
                s.4 = plus(s.4, filter, read(p + 4 &* between))
            }
            if isInside(pixel &+ 5 &* step, extent) {
                s.5 = plus(s.5, filter, read(p + 5 &* between))
            }
            if isInside(pixel &+ 6 &* step, extent) {
                s.6 = plus(s.6, filter, read(p + 6 &* between))
            }
            f += filterDistance
        }
        line += rowDistance
        filterLine += filterRowDistance
    }
}
