import KernelTable

/// Maxima of the windows of some output rows; the border does not take part.
func maximum(_ x: Floats, _ w: Window, _ rows: Range<Int>, _ y: MutableFloats) {
    for oh in rows {
        let top = oh &* w.stride &- w.padding
        let vertical = inside(top, w.kernel, w.H)
        for ow in 0..<w.OW {
            let left = ow &* w.stride &- w.padding
            let horizontal = inside(left, w.kernel, w.W)
            let to = y + (oh &* w.OW &+ ow) &* w.C
            sweep(w.C) { c, n in
                var best = Vector(repeating: -.infinity)
                for kh in vertical {
                    var p = x + ((top &+ kh) &* w.W &+ left &+ horizontal.lowerBound) &* w.C + c
                    for _ in horizontal {
                        let v = load(p, n)
                        best.replace(with: v, where: (v .> best) .| (v .!= v))
                        p += w.C
                    }
                }
                store(best, to + c, n)
            }
        }
    }
}

/// Each window's gradient goes to its first maximum in scan order.
///
/// Rows are cleared when the first window reaches them, so that they are in cache when gradients are added.
func maximumGradient(
    _ x: Floats,
    _ y: Floats,
    _ dy: Floats,
    _ w: Window,
    _ dx: MutableFloats
) {
    let row = w.W &* w.C
    var cleared = 0
    for oh in 0..<w.OH {
        let top = oh &* w.stride &- w.padding
        let vertical = inside(top, w.kernel, w.H)
        let reached = max(cleared, min(w.H, top &+ w.kernel))
        clear(dx + cleared &* row, (reached &- cleared) &* row)
        cleared = reached
        for ow in 0..<w.OW {
            let left = ow &* w.stride &- w.padding
            let horizontal = inside(left, w.kernel, w.W)
            let out = (oh &* w.OW &+ ow) &* w.C
            sweep(w.C) { c, n in
                let best = load(y + out + c, n)
                var rest = load(dy + out + c, n)
                for kh in vertical {
                    var i = ((top &+ kh) &* w.W &+ left &+ horizontal.lowerBound) &* w.C &+ c
                    for _ in horizontal {
                        let hit = load(x + i, n) .== best
                        let given = Vector().replacing(with: rest, where: hit)
                        store(load(dx + i, n) + given, dx + i, n)
                        rest.replace(with: 0, where: hit)
                        i &+= w.C
                    }
                }
            }
        }
    }
    clear(dx + cleared &* row, (w.H &- cleared) &* row)
}
