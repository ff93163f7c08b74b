import KernelTable

typealias Nine = (a: Three, b: Three, c: Three)

/// Adds the gradient of a depthwise convolution's filters from some output rows.
///
/// The sums of nine taps, or of a row of five or seven, stay in registers while some rows are gone through.
func depthwiseWeights(
    _ x: Floats,
    _ dy: Floats,
    _ w: Window,
    _ rows: Range<Int>,
    _ sums: MutableFloats
) {
    guard w.C >= registerLanes, [3, 5, 7].contains(w.kernel) else {
        return anyDepthwiseWeights(x, dy, w, rows, sums)
    }
    if hasTiles(w.C, w.kernel, w.stride, left: w.left, columns: w.W, outputs: w.OW) {
        if w.kernel == 7 { return walkWeights(x, dy, w, rows, sums) }
        return tileWeights(x, dy, w, rows, sums)
    }
    // Some columns of some rows go through all channels before the next, so that maps are read in runs.
    let together = max(1, 2 &* columnsTogether / max(w.OW, 1))
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: together) {
        let group = first..<min(first &+ together, rows.upperBound)
        for left in stride(from: 0, to: w.OW, by: columnsTogether) {
            let columns = left..<min(left &+ columnsTogether, w.OW)
            forEachRegister(w.C) { c in
                // A register that overlaps the one before leaves its channels alone.
                let kept = c % registerLanes == 0 ? 0 : registerLanes &- w.C % registerLanes
                if w.kernel == 3 {
                    addNine(x + c, dy + c, w, group, columns, sums + c, kept)
                } else {
                    for kh in 0..<w.kernel {
                        let to = sums + kh &* w.kernel &* w.C + c
                        addSeven(x + c, dy + c, w, kh, group, columns, to, kept)
                    }
                }
            }
        }
    }
}

/// 7×7 windows, row by row, a register of channels at a time.
@inline(__always)
private func walkWeights(
    _ x: Floats,
    _ dy: Floats,
    _ w: Window,
    _ rows: Range<Int>,
    _ sums: MutableFloats
) {
    let row = w.W &* w.C
    for oh in rows {
        let top = oh &- w.top
        let vertical = inside(top, w.kernel, w.H)
        forEachRegister(w.C) { c in
            for kh in vertical {
                let k = WeightWalk(
                    x: x + (top &+ kh) &* row + c,
                    columns: w.W,
                    dy: dy + oh &* w.OW &* w.C + c,
                    outputs: w.OW,
                    C: w.C,
                    left: w.left,
                    sums: sums + kh &* w.kernel &* w.C + c,
                    kept: c % registerLanes == 0 ? 0 : registerLanes &- w.C % registerLanes,
                    nextInput: x + (top &+ w.kernel) &* row + c &* w.W,
                    nextOutput: dy + ((oh &+ 1) &* w.OW &* w.C &+ c &* w.OW)
                )
                walkWeights7(k)
            }
        }
    }
}

/// Outputs of a row that are added while sums are in registers.
private let columnsTogether = 14

/// All taps of a 3×3 window.
@inline(__always)
private func addNine(
    _ x: Floats,
    _ dy: Floats,
    _ w: Window,
    _ rows: Range<Int>,
    _ columns: Range<Int>,
    _ sums: MutableFloats,
    _ kept: Int
) {
    let (C, row) = (w.C, w.W &* w.C)
    var s: Nine = (readThree(sums, C), readThree(sums + 3 &* C, C), readThree(sums + 6 &* C, C))
    let interior = columnsInside(w)
    for oh in rows {
        let top = oh &* w.stride &- w.top
        let vertical = inside(top, 3, w.H)
        let whole = vertical.count == 3
        var d = dy + (oh &* w.OW &+ columns.lowerBound) &* C
        var p = x + (top &* w.W &+ columns.lowerBound &* w.stride &- w.left) &* C
        for ow in columns {
            let gradient = read(d)
            if whole, ow >= interior.lowerBound, ow < interior.upperBound {
                addThree(&s.a, gradient, p, C)
                addThree(&s.b, gradient, p + row, C)
                addThree(&s.c, gradient, p + 2 &* row, C)
            } else {
                let valid = inside(ow &* w.stride &- w.left, 3, w.W)
                if vertical.contains(0) { addThree(&s.a, gradient, p, C, valid) }
                if vertical.contains(1) { addThree(&s.b, gradient, p + row, C, valid) }
                if vertical.contains(2) { addThree(&s.c, gradient, p + 2 &* row, C, valid) }
            }
            d += C
            p += w.stride &* C
        }
    }
    put(s.a, sums, C, kept)
    put(s.b, sums + 3 &* C, C, kept)
    put(s.c, sums + 6 &* C, C, kept)
}

/// The outputs whose windows are inside the map from left to right.
@inline(__always)
private func columnsInside(_ w: Window) -> Range<Int> {
    let first = max(0, (w.left &+ w.stride &- 1) / w.stride)
    let room = w.W &+ w.left &- w.kernel
    return first..<max(first, room < 0 ? 0 : min(w.OW, room / w.stride &+ 1))
}

@inline(__always)
private func readThree(_ p: Floats, _ C: Int) -> Three { (read(p), read(p + C), read(p + 2 &* C)) }

@inline(__always)
private func addThree(_ s: inout Three, _ d: Register, _ p: Floats, _ C: Int) {
    s.0 = plus(s.0, d, read(p))
    s.1 = plus(s.1, d, read(p + C))
    s.2 = plus(s.2, d, read(p + 2 &* C))
}

@inline(__always)
private func addThree(_ s: inout Three, _ d: Register, _ p: Floats, _ C: Int, _ valid: Range<Int>) {
    if valid.lowerBound <= 0, valid.upperBound > 0 { s.0 = plus(s.0, d, read(p)) }
    if valid.lowerBound <= 1, valid.upperBound > 1 { s.1 = plus(s.1, d, read(p + C)) }
    if valid.lowerBound <= 2, valid.upperBound > 2 { s.2 = plus(s.2, d, read(p + 2 &* C)) }
}

/// Row `kh` of the taps of a 5×5 or 7×7 window.
@inline(__always)
private func addSeven(
    _ x: Floats,
    _ dy: Floats,
    _ w: Window,
    _ kh: Int,
    _ rows: Range<Int>,
    _ columns: Range<Int>,
    _ sums: MutableFloats,
    _ kept: Int
) {
    let C = w.C
    let seven = w.kernel == 7
    var s: Seven = (
        read(sums), read(sums + C), read(sums + 2 &* C), read(sums + 3 &* C), read(sums + 4 &* C),
        seven ? read(sums + 5 &* C) : Register(), seven ? read(sums + 6 &* C) : Register()
    )
    let interior = columnsInside(w)
    for oh in rows {
        let h = oh &* w.stride &- w.top &+ kh
        if h < 0 || h >= w.H { continue }
        var d = dy + (oh &* w.OW &+ columns.lowerBound) &* C
        var p = x + (h &* w.W &+ columns.lowerBound &* w.stride &- w.left) &* C
        for ow in columns {
            let gradient = read(d)
            if ow >= interior.lowerBound, ow < interior.upperBound {
                s.0 = plus(s.0, gradient, read(p))
                s.1 = plus(s.1, gradient, read(p + C))
                s.2 = plus(s.2, gradient, read(p + 2 &* C))
                s.3 = plus(s.3, gradient, read(p + 3 &* C))
                s.4 = plus(s.4, gradient, read(p + 4 &* C))
                if seven {
                    s.5 = plus(s.5, gradient, read(p + 5 &* C))
                    s.6 = plus(s.6, gradient, read(p + 6 &* C))
                }
            } else {
                let valid = inside(ow &* w.stride &- w.left, w.kernel, w.W)
                let (low, high) = (valid.lowerBound, valid.upperBound)
                if low <= 0, high > 0 { s.0 = plus(s.0, gradient, read(p)) }
                if low <= 1, high > 1 { s.1 = plus(s.1, gradient, read(p + C)) }
                if low <= 2, high > 2 { s.2 = plus(s.2, gradient, read(p + 2 &* C)) }
                if low <= 3, high > 3 { s.3 = plus(s.3, gradient, read(p + 3 &* C)) }
                if low <= 4, high > 4 { s.4 = plus(s.4, gradient, read(p + 4 &* C)) }
                if low <= 5, high > 5 { s.5 = plus(s.5, gradient, read(p + 5 &* C)) }
                if low <= 6, high > 6 { s.6 = plus(s.6, gradient, read(p + 6 &* C)) }
            }
            d += C
            p += w.stride &* C
        }
    }
    put((s.0, s.1, s.2), sums, C, kept)
    put(s.3, sums + 3 &* C, kept)
    put(s.4, sums + 4 &* C, kept)
    if seven {
        put(s.5, sums + 5 &* C, kept)
        put(s.6, sums + 6 &* C, kept)
    }
}

@inline(__always)
private func put(_ s: Three, _ p: MutableFloats, _ C: Int, _ kept: Int) {
    put(s.0, p, kept)
    put(s.1, p + C, kept)
    put(s.2, p + 2 &* C, kept)
}

/// Writes the register but for its first `kept` lanes.
@inline(__always)
private func put(_ v: Register, _ p: MutableFloats, _ kept: Int) {
    guard kept > 0 else { return write(v, p) }
    var v = v
    withUnsafeBytes(of: &v) {
        guard let floats = $0.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
        for lane in kept..<registerLanes { p[lane] = floats[lane] }
    }
}
