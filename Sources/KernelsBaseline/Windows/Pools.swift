import CVectorShim
import KernelTable

/// Maxima of the windows of some output rows; padding is never the maximum.
func maximum(
    _ x: Floats,
    _ w: Window,
    _ rows: Range<Int>,
    _ y: MutableFloats,
    _ argmax: MutableBytes?
) {
    if let argmax {
        pool(x, w, rows) { best, place, to, n in
            store(best, y + to, n)
            storeBytes(place, argmax + to, n)
        }
    } else {
        pool(x, w, rows) { best, _, to, n in store(best, y + to, n) }
    }
}

/// Adds each window's gradient to the pixel of its maximum.
///
/// If windows do not overlap, every pixel is written once. If they do, a row is cleared when the first window
/// reaches it, so it is in cache when gradients are added.
func maximumGradient(
    _ argmax: Bytes,
    _ dy: Floats,
    _ w: Window,
    _ dx: MutableFloats,
    _ streams: Bool
) {
    guard w.stride == w.kernel, w.top == 0, w.left == 0 else {
        return overlapping(argmax, dy, w, dx)
    }
    if streams, fillsLines(dx, w.C) {
        apart(argmax, dy, w, dx) { v, to, _ in stream(v, to) }
        vectorshim_fence()
    } else {
        apart(argmax, dy, w, dx) { v, to, n in store(v, to, n) }
    }
}

/// Calls `write(maxima, positions in their windows, offset of the output, lanes)`.
@inline(__always)
private func pool(
    _ x: Floats,
    _ w: Window,
    _ rows: Range<Int>,
    _ write: (Vector, Vector, Int, Int) -> Void
) {
    for oh in rows {
        let top = oh &* w.stride &- w.top
        let vertical = inside(top, w.kernel, w.H)
        for ow in 0..<w.OW {
            let left = ow &* w.stride &- w.left
            let horizontal = inside(left, w.kernel, w.W)
            let to = (oh &* w.OW &+ ow) &* w.C
            let first = vertical.lowerBound &* w.kernel &+ horizontal.lowerBound
            sweep(w.C) { c, n in
                var best = Vector(repeating: -.infinity)
                // As floats, because Swift compares integers lane by lane.
                var place = Vector(repeating: Float(first))
                for kh in vertical {
                    var p = x + ((top &+ kh) &* w.W &+ left &+ horizontal.lowerBound) &* w.C + c
                    for kw in horizontal {
                        let v = load(p, n)
                        // This form of the comparison propagates NaN.
                        let better = (v .> best) .| (v .!= v)
                        best.replace(with: v, where: better)
                        place.replace(with: Float(kh &* w.kernel &+ kw), where: better)
                        p += w.C
                    }
                }
                write(best, place, to &+ c, n)
            }
        }
    }
}

/// The gradient of windows that do not overlap.
@inline(__always)
private func apart(
    _ argmax: Bytes,
    _ dy: Floats,
    _ w: Window,
    _ dx: MutableFloats,
    _ write: (Vector, MutableFloats, Int) -> Void
) {
    let row = w.W &* w.C
    for oh in 0..<w.OH {
        let top = oh &* w.stride
        let vertical = inside(top, w.kernel, w.H)
        for ow in 0..<w.OW {
            let left = ow &* w.stride
            let from = (oh &* w.OW &+ ow) &* w.C
            sweep(w.C) { c, n in
                let given = load(dy + from + c, n)
                let place = loadBytes(argmax + from + c, n)
                for kh in vertical {
                    var to = dx + (top &+ kh) &* row + left &* w.C + c
                    for kw in inside(left, w.kernel, w.W) {
                        let here = Vector(repeating: Float(kh &* w.kernel &+ kw))
                        write(Vector().replacing(with: given, where: place .== here), to, n)
                        to += w.C
                    }
                }
            }
        }
        let covered = min(w.OW &* w.stride, w.W) &* w.C
        for kh in vertical { clear(dx + (top &+ kh) &* row + covered, row &- covered) }
    }
    let covered = min(w.OH &* w.stride, w.H)
    clear(dx + covered &* row, (w.H &- covered) &* row)
}

/// The gradient of windows that overlap.
private func overlapping(_ argmax: Bytes, _ dy: Floats, _ w: Window, _ dx: MutableFloats) {
    let row = w.W &* w.C
    var cleared = 0
    for oh in 0..<w.OH {
        let top = oh &* w.stride &- w.top
        let vertical = inside(top, w.kernel, w.H)
        let reached = max(cleared, min(w.H, top &+ w.kernel))
        clear(dx + cleared &* row, (reached &- cleared) &* row)
        cleared = reached
        for ow in 0..<w.OW {
            let left = ow &* w.stride &- w.left
            let horizontal = inside(left, w.kernel, w.W)
            let from = (oh &* w.OW &+ ow) &* w.C
            sweep(w.C) { c, n in
                let given = load(dy + from + c, n)
                let place = loadBytes(argmax + from + c, n)
                for kh in vertical {
                    var to = dx + ((top &+ kh) &* w.W &+ left &+ horizontal.lowerBound) &* w.C + c
                    for kw in horizontal {
                        let here = Vector(repeating: Float(kh &* w.kernel &+ kw))
                        let share = Vector().replacing(with: given, where: place .== here)
                        store(load(to, n) + share, to, n)
                        to += w.C
                    }
                }
            }
        }
    }
    clear(dx + cleared &* row, (w.H &- cleared) &* row)
}

/// Writes the first `n` lanes, whole numbers from 0 to 255, to `to`.
@inline(__always)
private func storeBytes(_ v: Vector, _ to: MutableBytes, _ n: Int) {
    var v = v
    withUnsafeBytes(of: &v) {
        guard let floats = $0.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
        if n == lanes {
            vectorshim_narrow(to, floats)
        } else {
            for lane in 0..<n { to[lane] = UInt8(floats[lane]) }
        }
    }
}

/// The first `n` bytes from `from` as floats, followed by zeros.
@inline(__always)
private func loadBytes(_ from: Bytes, _ n: Int) -> Vector {
    var v = Vector()
    withUnsafeMutableBytes(of: &v) {
        guard let floats = $0.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
        if n == lanes {
            vectorshim_widen(floats, from)
        } else {
            for lane in 0..<n { floats[lane] = Float(from[lane]) }
        }
    }
    return v
}

/// The windows of an adaptive pool: floor(i · extent / outputs) ..< ceil((i + 1) · extent / outputs).
@inline(__always)
private func adaptive(_ i: Int, _ extent: Int, _ outputs: Int) -> Range<Int> {
    i &* extent / outputs..<((i &+ 1) &* extent &+ outputs &- 1) / outputs
}

/// Means over the windows of an adaptive pool.
func adaptiveAverage(_ x: Floats, _ w: Window, _ y: MutableFloats) {
    average(x, w, y) { adaptive($0, $1, $2) }
}

/// Adds each output's gradient, divided by the window's area, to every pixel of the window.
func adaptiveAverageGradient(_ dy: Floats, _ w: Window, _ dx: MutableFloats) {
    averageGradient(dy, w, dx) { adaptive($0, $1, $2) }
}

/// Means over windows without padding; what hangs over the edge does not count.
func average(_ x: Floats, _ w: Window, _ y: MutableFloats) {
    average(x, w, y) { i, extent, _ in sliding(i, w, extent) }
}

/// Adds each output's gradient, divided by what of the window's area is inside, to those pixels.
func averageGradient(_ dy: Floats, _ w: Window, _ dx: MutableFloats) {
    averageGradient(dy, w, dx) { i, extent, _ in sliding(i, w, extent) }
}

/// The part inside the map of window `i`, without padding.
@inline(__always)
private func sliding(_ i: Int, _ w: Window, _ extent: Int) -> Range<Int> {
    i &* w.stride..<min(i &* w.stride &+ w.kernel, extent)
}

/// Means over windows, of which `cut(i, extent, outputs)` is the i-th.
@inline(__always)
private func average(
    _ x: Floats,
    _ w: Window,
    _ y: MutableFloats,
    _ cut: (Int, Int, Int) -> Range<Int>
) {
    for oh in 0..<w.OH {
        let vertical = cut(oh, w.H, w.OH)
        for ow in 0..<w.OW {
            let horizontal = cut(ow, w.W, w.OW)
            let share = 1 / Float(vertical.count &* horizontal.count)
            let to = y + (oh &* w.OW &+ ow) &* w.C
            sweep(w.C) { c, n in
                var s = Vector()
                for h in vertical {
                    var p = x + (h &* w.W &+ horizontal.lowerBound) &* w.C + c
                    for _ in horizontal {
                        s += load(p, n)
                        p += w.C
                    }
                }
                store(s * share, to + c, n)
            }
        }
    }
}

/// Adds each output's gradient, divided by the window's area, to every pixel of the window.
@inline(__always)
private func averageGradient(
    _ dy: Floats,
    _ w: Window,
    _ dx: MutableFloats,
    _ cut: (Int, Int, Int) -> Range<Int>
) {
    clear(dx, w.H &* w.W &* w.C)
    for oh in 0..<w.OH {
        let vertical = cut(oh, w.H, w.OH)
        for ow in 0..<w.OW {
            let horizontal = cut(ow, w.W, w.OW)
            let share = 1 / Float(vertical.count &* horizontal.count)
            let from = dy + (oh &* w.OW &+ ow) &* w.C
            sweep(w.C) { c, n in
                let g = load(from + c, n) * share
                for h in vertical {
                    var p = dx + (h &* w.W &+ horizontal.lowerBound) &* w.C + c
                    for _ in horizontal {
                        store(load(p, n) + g, p, n)
                        p += w.C
                    }
                }
            }
        }
    }
}
