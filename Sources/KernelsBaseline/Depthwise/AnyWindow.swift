import KernelTable

// Windows of any side and step, and channels that fill no register.

/// The depthwise convolution of some output rows, tap by tap.
func anyDepthwise(
    _ x: Floats,
    _ w: Window,
    _ rows: Range<Int>,
    _ filters: Floats,
    _ y: MutableFloats
) {
    for oh in rows {
        let top = oh &* w.stride &- w.top
        let vertical = inside(top, w.kernel, w.H)
        for ow in 0..<w.OW {
            let left = ow &* w.stride &- w.left
            let horizontal = inside(left, w.kernel, w.W)
            let to = y + (oh &* w.OW &+ ow) &* w.C
            sweep(w.C) { c, n in
                var s = Vector()
                for kh in vertical {
                    for kw in horizontal {
                        let from = x + ((top &+ kh) &* w.W &+ left &+ kw) &* w.C + c
                        accumulate(
                            &s,
                            load(filters + (kh &* w.kernel &+ kw) &* w.C + c, n),
                            load(from, n)
                        )
                    }
                }
                store(s, to + c, n)
            }
        }
    }
}

/// The gradient of some input rows: each pixel sums over the windows that reach it.
func anyDepthwiseData(
    _ dy: Floats,
    _ w: Window,
    _ rows: Range<Int>,
    _ filters: Floats,
    _ dx: MutableFloats
) {
    for h in rows {
        for column in 0..<w.W {
            let to = dx + (h &* w.W &+ column) &* w.C
            sweep(w.C) { c, n in
                var s = Vector()
                for kh in 0..<w.kernel {
                    guard let oh = reached(h &+ w.top &- kh, w.stride, w.OH) else { continue }
                    for kw in 0..<w.kernel {
                        guard let ow = reached(column &+ w.left &- kw, w.stride, w.OW) else {
                            continue
                        }
                        let from = dy + (oh &* w.OW &+ ow) &* w.C + c
                        accumulate(
                            &s,
                            load(filters + (kh &* w.kernel &+ kw) &* w.C + c, n),
                            load(from, n)
                        )
                    }
                }
                store(s, to + c, n)
            }
        }
    }
}

/// The output whose window begins `distance` pixels behind the border, if there is one.
@inline(__always)
private func reached(_ distance: Int, _ stride: Int, _ outputs: Int) -> Int? {
    guard distance >= 0, distance % stride == 0, distance / stride < outputs else { return nil }
    return distance / stride
}

/// Adds the gradient of the filters from some output rows.
func anyDepthwiseWeights(
    _ x: Floats,
    _ dy: Floats,
    _ w: Window,
    _ rows: Range<Int>,
    _ sums: MutableFloats
) {
    for oh in rows {
        let top = oh &* w.stride &- w.top
        for kh in inside(top, w.kernel, w.H) {
            for kw in 0..<w.kernel {
                let to = sums + (kh &* w.kernel &+ kw) &* w.C
                for ow in 0..<w.OW {
                    let column = ow &* w.stride &- w.left &+ kw
                    guard column >= 0, column < w.W else { continue }
                    let from = x + ((top &+ kh) &* w.W &+ column) &* w.C
                    let gradient = dy + (oh &* w.OW &+ ow) &* w.C
                    sweep(w.C) { c, n in
                        var s = load(to + c, n)
                        accumulate(&s, load(gradient + c, n), load(from + c, n))
                        store(s, to + c, n)
                    }
                }
            }
        }
    }
}
