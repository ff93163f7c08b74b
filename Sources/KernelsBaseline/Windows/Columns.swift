import KernelTable

/// The part of a window's side that is inside the map.
@inline(__always)
func inside(_ start: Int, _ kernel: Int, _ extent: Int) -> Range<Int> {
    let low = max(0, -start)
    return low..<max(low, min(kernel, extent &- start))
}

/// im2col of some output rows of one image; a window's row of pixels is one run of floats.
func gather(_ x: Floats, _ w: Window, _ rows: Range<Int>, _ columns: MutableFloats) {
    let perPixel = w.kernel &* w.kernel &* w.C
    let vectors = (w.kernel &* w.C &+ lanes &- 1) / lanes
    var to = columns
    for oh in rows {
        let whole = wholeWindows(w, oh, vectors, pixels: (rows.upperBound &- oh) &* w.OW)
        gatherBorder(x, w, oh, 0..<whole.lowerBound, to)
        let row: Int = (oh &* w.stride &- w.top) &* w.W
        let corner = row &+ whole.lowerBound &* w.stride &- w.left
        let (from, place) = (x + corner &* w.C, to + whole.lowerBound &* perPixel)
        switch vectors {
        case 1: gatherWhole(from, w, whole.count, 1, place)
        case 2: gatherWhole(from, w, whole.count, 2, place)
        default: gatherWhole(from, w, whole.count, vectors, place)
        }
        gatherBorder(x, w, oh, whole.upperBound..<w.OW, to + whole.upperBound &* perPixel)
        to += w.OW &* perPixel
    }
}

/// The windows of a row of outputs that may be copied as whole vectors: they lie inside the map, no vector ends behind the
/// map, and none behind the columns of the `pixels` outputs from this row on.
@inline(__always)
private func wholeWindows(_ w: Window, _ oh: Int, _ vectors: Int, pixels: Int) -> Range<Int> {
    let run = w.kernel &* w.C
    let top = oh &* w.stride &- w.top
    // Floats from the beginning of the windows' last row to the end of the map.
    let rest = (w.H &- top &- w.kernel &+ 1) &* w.W &* w.C &- vectors &* lanes
    let first = (w.left &+ w.stride &- 1) / w.stride
    guard top >= 0, top &+ w.kernel <= w.H, rest >= 0 else { return 0..<0 }
    let last = min(w.W &- w.kernel, rest / w.C) &+ w.left
    let behind = (vectors &* lanes &- run &+ w.kernel &* run &- 1) / (w.kernel &* run)
    let end = min(w.OW, pixels &- behind, last < 0 ? 0 : last / w.stride &+ 1)
    return first < end ? first..<end : 0..<0
}

/// Copies runs as whole vectors, whose ends the next run overwrites: runs are short, and a branch for each or a call of
/// memcpy costs more.
@inline(__always)
private func gatherWhole(
    _ x: Floats,
    _ w: Window,
    _ count: Int,
    _ vectors: Int,
    _ columns: MutableFloats
) {
    let (run, line, step) = (w.kernel &* w.C, w.W &* w.C, w.stride &* w.C)
    var to = columns
    var window = x
    for _ in 0..<count {
        var from = window
        for _ in 0..<w.kernel {
            for i in 0..<vectors { store(load(from + i &* lanes), to + i &* lanes) }
            from += line
            to += run
        }
        window += step
    }
}

/// Windows over the border, outside of which there are zeros.
private func gatherBorder(
    _ x: Floats,
    _ w: Window,
    _ oh: Int,
    _ windows: Range<Int>,
    _ columns: MutableFloats
) {
    let run = w.kernel &* w.C
    let top = oh &* w.stride &- w.top
    var to = columns
    for ow in windows {
        let left = ow &* w.stride &- w.left
        let valid = inside(left, w.kernel, w.W)
        for kh in 0..<w.kernel {
            let h = top &+ kh
            if h < 0 || h >= w.H || valid.isEmpty {
                clear(to, run)
            } else {
                clear(to, valid.lowerBound &* w.C)
                copy(
                    to + valid.lowerBound &* w.C,
                    x + (h &* w.W &+ left &+ valid.lowerBound) &* w.C,
                    valid.count &* w.C
                )
                clear(to + valid.upperBound &* w.C, (w.kernel &- valid.upperBound) &* w.C)
            }
            to += run
        }
    }
}

/// col2im, the adjoint of `gather`: adds each window's floats to the pixels they were gathered from.
func scatter(_ columns: Floats, _ w: Window, _ rows: Range<Int>, _ dx: MutableFloats) {
    let run = w.kernel &* w.C
    var from = columns
    for oh in rows {
        let top = oh &* w.stride &- w.top
        for ow in 0..<w.OW {
            let left = ow &* w.stride &- w.left
            let valid = inside(left, w.kernel, w.W)
            for kh in 0..<w.kernel {
                let h = top &+ kh
                if h >= 0, h < w.H, !valid.isEmpty {
                    addRun(
                        dx + (h &* w.W &+ left &+ valid.lowerBound) &* w.C,
                        from + valid.lowerBound &* w.C,
                        valid.count &* w.C
                    )
                }
                from += run
            }
        }
    }
}

/// A copy by vectors, the last of which may overlap the one before: runs are short, and a call of memcpy costs
/// more.
@inline(__always)
private func copy(_ to: MutableFloats, _ from: Floats, _ count: Int) {
    if count >= lanes {
        var i = 0
        while i &+ lanes <= count {
            store(load(from + i), to + i)
            i &+= lanes
        }
        if i < count { store(load(from + (count &- lanes)), to + (count &- lanes)) }
    } else if count >= 8 {
        copyEight(from, to)
        copyEight(from + (count &- 8), to + (count &- 8))
    } else {
        for i in 0..<count { to[i] = from[i] }
    }
}

/// A register at a time, and the remainder one by one: a partial vector would go through memory.
@inline(__always)
private func addRun(_ to: MutableFloats, _ from: Floats, _ count: Int) {
    var i = 0
    while i &+ registerLanes <= count {
        write(read(to + i) + read(from + i), to + i)
        i &+= registerLanes
    }
    while i < count {
        to[i] += from[i]
        i &+= 1
    }
}

@inline(__always)
func clear(_ to: MutableFloats, _ count: Int) {
    sweep(count) { i, n in store(Vector(), to + i, n) }
}
