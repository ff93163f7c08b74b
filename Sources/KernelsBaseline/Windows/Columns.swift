import KernelTable

/// The part of a window's side that is inside the map.
@inline(__always)
func inside(_ start: Int, _ kernel: Int, _ extent: Int) -> Range<Int> {
    let low = max(0, -start)
    return low..<max(low, min(kernel, extent &- start))
}

/// im2col of some output rows of one image; a window's row of pixels is one run of floats.
func gather(_ x: Floats, _ w: Window, _ rows: Range<Int>, _ columns: MutableFloats) {
    let run = w.kernel &* w.C
    var to = columns
    for oh in rows {
        let top = oh &* w.stride &- w.top
        for ow in 0..<w.OW {
            let left = ow &* w.stride &- w.left
            let valid = inside(left, w.kernel, w.W)
            for kh in 0..<w.kernel {
                let h = top &+ kh
                if h < 0 || h >= w.H || valid.isEmpty {
                    clear(to, run)
                } else if valid.count == w.kernel {
                    copy(to, x + (h &* w.W &+ left) &* w.C, run)
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
