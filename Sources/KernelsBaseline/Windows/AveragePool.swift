import KernelTable

/// The windows of an adaptive pool: floor(i · extent / outputs) ..< ceil((i + 1) · extent / outputs).
@inline(__always)
private func adaptive(_ i: Int, _ extent: Int, _ outputs: Int) -> Range<Int> {
    i &* extent / outputs..<((i &+ 1) &* extent &+ outputs &- 1) / outputs
}

/// Means over the windows of an adaptive pool.
func average(_ x: Floats, _ w: Window, _ y: MutableFloats) {
    for oh in 0..<w.OH {
        let vertical = adaptive(oh, w.H, w.OH)
        for ow in 0..<w.OW {
            let horizontal = adaptive(ow, w.W, w.OW)
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

/// Each mean's gradient, divided by the window's area, goes to all of its window.
func averageGradient(_ dy: Floats, _ w: Window, _ dx: MutableFloats) {
    clear(dx, w.H &* w.W &* w.C)
    for oh in 0..<w.OH {
        let vertical = adaptive(oh, w.H, w.OH)
        for ow in 0..<w.OW {
            let horizontal = adaptive(ow, w.W, w.OW)
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
