import KernelTable

/// G g Gᵀ of a strip of outputs, packed [I][width] in 36 planes.
///
/// Outputs lie 9 · I apart in memory, so sixteen inputs at a time are turned round first.
func winogradFilter(
    _ weights: Floats,
    _ O: Int,
    _ I: Int,
    _ strip: Int,
    _ planeStride: Int,
    _ to: MutableFloats
) {
    let first = strip &* stripWidth
    let outputs = min(stripWidth, O &- first)
    let block = 9 &* lanes &* stripWidth
    withUnsafeTemporaryAllocation(of: Float.self, capacity: block) { buffer in
        guard let turned = buffer.baseAddress else { return }
        if outputs < stripWidth { clear(turned, block) }
        var start = 0
        while start < I {
            let inputs = min(lanes, I &- start)
            for o in 0..<outputs {
                for tap in 0..<9 {
                    let from = weights + (((first &+ o) &* 9 &+ tap) &* I &+ start)
                    var cell = turned + (tap &* lanes &* stripWidth &+ o)
                    for i in 0..<inputs {
                        cell[0] = from[i]
                        cell += stripWidth
                    }
                }
            }
            for i in 0..<inputs {
                let row = to + (start &+ i) &* stripWidth
                sweep(stripWidth) { o, n in
                    transform(
                        Floats(turned) + (i &* stripWidth &+ o),
                        lanes &* stripWidth,
                        row + o,
                        planeStride,
                        n
                    )
                }
            }
            start &+= inputs
        }
    }
}

/// G g Gᵀ of a strip of inputs of the filters rotated by half a turn, packed [O][width] in 36 planes.
func winogradRotatedFilter(
    _ weights: Floats,
    _ O: Int,
    _ I: Int,
    _ strip: Int,
    _ planeStride: Int,
    _ to: MutableFloats
) {
    let first = strip &* stripWidth
    let inputs = min(stripWidth, I &- first)
    for o in 0..<O {
        let row = to + o &* stripWidth
        let last = weights + ((o &* 9 &+ 8) &* I &+ first)
        if inputs < stripWidth {
            for plane in 0..<36 { clear(row + plane &* planeStride, stripWidth) }
        }
        sweep(inputs) { i, n in transform(last + i, -I, row + i, planeStride, n) }
    }
}

@inline(__always)
private func transform(
    _ p: Floats,
    _ tap: Int,
    _ to: MutableFloats,
    _ planeStride: Int,
    _ n: Int
) {
    let a = filterPoints((load(p, n), load(p + 3 &* tap, n), load(p + 6 &* tap, n)))
    let b = filterPoints((load(p + tap, n), load(p + 4 &* tap, n), load(p + 7 &* tap, n)))
    let c = filterPoints((load(p + 2 &* tap, n), load(p + 5 &* tap, n), load(p + 8 &* tap, n)))
    let row = 6 &* planeStride
    storeSix(filterPoints((a.0, b.0, c.0)), to, planeStride, n)
    storeSix(filterPoints((a.1, b.1, c.1)), to + row, planeStride, n)
    storeSix(filterPoints((a.2, b.2, c.2)), to + 2 &* row, planeStride, n)
    storeSix(filterPoints((a.3, b.3, c.3)), to + 3 &* row, planeStride, n)
    storeSix(filterPoints((a.4, b.4, c.4)), to + 4 &* row, planeStride, n)
    storeSix(filterPoints((a.5, b.5, c.5)), to + 5 &* row, planeStride, n)
}

/// The gradient of some inputs' weights of one output: dweights [3][3][I] (+)= Gᵀ u G.
func winogradWeights(
    _ planes: Floats,
    _ planeStride: Int,
    _ inputs: Int,
    _ I: Int,
    _ adding: Bool,
    _ dweights: MutableFloats
) {
    let row = 6 &* planeStride
    sweep(inputs) { i, n in
        let p = planes + i
        let a = weightPoints(loadSix(p, row, n))
        let b = weightPoints(loadSix(p + planeStride, row, n))
        let c = weightPoints(loadSix(p + 2 &* planeStride, row, n))
        let d = weightPoints(loadSix(p + 3 &* planeStride, row, n))
        let e = weightPoints(loadSix(p + 4 &* planeStride, row, n))
        let f = weightPoints(loadSix(p + 5 &* planeStride, row, n))
        let to = dweights + i
        putThree(weightPoints((a.0, b.0, c.0, d.0, e.0, f.0)), to, I, adding, n)
        putThree(weightPoints((a.1, b.1, c.1, d.1, e.1, f.1)), to + 3 &* I, I, adding, n)
        putThree(weightPoints((a.2, b.2, c.2, d.2, e.2, f.2)), to + 6 &* I, I, adding, n)
    }
}

@inline(__always)
private func putThree(
    _ v: Three,
    _ p: MutableFloats,
    _ stride: Int,
    _ adding: Bool,
    _ n: Int
) {
    if adding {
        store(load(p, n) + v.0, p, n)
        store(load(p + stride, n) + v.1, p + stride, n)
        store(load(p + 2 &* stride, n) + v.2, p + 2 &* stride, n)
    } else {
        store(v.0, p, n)
        store(v.1, p + stride, n)
        store(v.2, p + 2 &* stride, n)
    }
}
