import CVectorShim
import KernelTable

// The sums of one to three rows of taps stay in registers while some rows of outputs are gone through. A tile is the gradients of
// four outputs side by side: each pixel that their windows see is read once and meets those whose windows it is in.

/// Gradients of a tile.
private let tileGradients = 4
/// Outputs, about, that are gone through while sums are in registers.
private let columnsTogether = 56

/// Adds the gradient of 3×3 or 5×5 filters from some output rows.
func tileWeights(
    _ x: Floats,
    _ dy: Floats,
    _ w: Window,
    _ rows: Range<Int>,
    _ sums: MutableFloats
) {
    let together = max(1, columnsTogether / max(w.OW, 1))
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: together) {
        let group = first..<min(first &+ together, rows.upperBound)
        if w.kernel == 3 {
            addGroup(x, dy, w, group, sums, NineSums.self, ThreeSums.self)
        } else {
            addGroup(x, dy, w, group, sums, TenSums.self, FiveSums.self)
        }
    }
}

/// Adds some rows of outputs, several rows of taps at a time where all of the window is inside the map from top to bottom, one
/// by one elsewhere.
@inline(__always)
private func addGroup<Several: TapSums, One: TapSums>(
    _ x: Floats,
    _ dy: Floats,
    _ w: Window,
    _ group: Range<Int>,
    _ sums: MutableFloats,
    _: Several.Type,
    _: One.Type
) {
    let (C, K) = (w.C, w.kernel)
    let whole = rowsInside(w).clamped(to: group)
    forEachRegister(C) { c in
        // A register that overlaps the one before leaves its channels alone.
        let kept = c % registerLanes == 0 ? 0 : registerLanes &- C % registerLanes
        var next = ahead(x, w, group, c)
        for oh in group where !whole.contains(oh) {
            for kh in inside(oh &* w.stride &- w.top, K, w.H) {
                let to = sums + (kh &* K &* C &+ c)
                add(x + c, dy + c, w, kh, oh..<oh &+ 1, to, kept, &next, One.self)
            }
        }
        var kh = 0
        while kh < K, !whole.isEmpty {
            let to = sums + (kh &* K &* C &+ c)
            if kh &+ Several.rows <= K {
                add(x + c, dy + c, w, kh, whole, to, kept, &next, Several.self)
                kh &+= Several.rows
            } else {
                add(x + c, dy + c, w, kh, whole, to, kept, &next, One.self)
                kh &+= 1
            }
        }
    }
}

/// The outputs whose windows are inside the map from top to bottom.
@inline(__always)
private func rowsInside(_ w: Window) -> Range<Int> {
    let first = min(w.OH, max(0, w.top &+ w.stride &- 1) / w.stride)
    let room = w.H &+ w.top &- w.kernel
    return first..<max(first, room < 0 ? 0 : min(w.OH, room / w.stride &+ 1))
}

/// What is prefetched with the tiles of a register of channels: its share of the rows that the next group sees, in the order
/// of memory.
private struct Ahead {
    var p: Floats
    let end: Floats
    let pace: Int

    @inline(__always)
    mutating func advance() {
        guard p < end else { return }
        var i = 0
        while i < pace {
            vectorshim_prefetch(p + i)
            i &+= lineFloats
        }
        p += pace
    }
}

@inline(__always)
private func ahead(_ x: Floats, _ w: Window, _ group: Range<Int>, _ c: Int) -> Ahead {
    let row = (group.upperBound &- 1) &* w.stride &- w.top &+ w.kernel
    let columns = group.count &* w.stride &* w.W
    let first = x + (row &* w.W &* w.C &+ c &* columns)
    return Ahead(
        p: first,
        end: first + columns &* registerLanes,
        pace: tileGradients &* w.stride &* w.stride &* registerLanes
    )
}

@inline(__always)
private func add<T: TapSums>(
    _ x: Floats,
    _ dy: Floats,
    _ w: Window,
    _ kh: Int,
    _ rows: Range<Int>,
    _ sums: MutableFloats,
    _ kept: Int,
    _ next: inout Ahead,
    _ type: T.Type
) {
    // Two functions, so that the steps are known in each.
    if w.stride == 1 {
        addBy1(x, dy, w, kh, rows, sums, kept, &next, type)
    } else {
        addBy2(x, dy, w, kh, rows, sums, kept, &next, type)
    }
}

@inline(never)
private func addBy1<T: TapSums>(
    _ x: Floats,
    _ dy: Floats,
    _ w: Window,
    _ kh: Int,
    _ rows: Range<Int>,
    _ sums: MutableFloats,
    _ kept: Int,
    _ next: inout Ahead,
    _ type: T.Type
) {
    add(x, dy, w, kh, rows, sums, kept, &next, type, by: 1)
}

@inline(never)
private func addBy2<T: TapSums>(
    _ x: Floats,
    _ dy: Floats,
    _ w: Window,
    _ kh: Int,
    _ rows: Range<Int>,
    _ sums: MutableFloats,
    _ kept: Int,
    _ next: inout Ahead,
    _ type: T.Type
) {
    add(x, dy, w, kh, rows, sums, kept, &next, type, by: 2)
}

@inline(__always)
private func add<T: TapSums>(
    _ x: Floats,
    _ dy: Floats,
    _ w: Window,
    _ kh: Int,
    _ rows: Range<Int>,
    _ sums: MutableFloats,
    _ kept: Int,
    _ next: inout Ahead,
    _: T.Type,
    by S: Int
) {
    let (C, row) = (w.C, w.W &* w.C)
    let reach = (tileGradients &- 1) &* S &+ T.kernel
    var s = T(sums, C)
    for oh in rows {
        var d = dy + oh &* w.OW &* C
        var p = x + ((oh &* S &- w.top &+ kh) &* w.W &- w.left) &* C
        var ow = 0
        while ow < w.OW {
            next.advance()
            let (first, left) = (ow &* S &- w.left, w.OW &- ow)
            if first >= 0, first &+ reach <= w.W, left >= tileGradients {
                let four = (read(d), read(d + C), read(d + 2 &* C), read(d + 3 &* C))
                s.add(four, PixelsInside(p: p, C: C), row, by: S)
            } else {
                // Gradients beyond the last output are zero.
                let four = (
                    read(d), left > 1 ? read(d + C) : Register(),
                    left > 2 ? read(d + 2 &* C) : Register(),
                    left > 3 ? read(d + 3 &* C) : Register()
                )
                let x = PixelsAround(p: p, C: C, first: first, columns: w.W)
                s.add(four, x, row, by: S)
            }
            d += tileGradients &* C
            p += tileGradients &* S &* C
            ow &+= tileGradients
        }
    }
    s.put(sums, C, kept)
}
