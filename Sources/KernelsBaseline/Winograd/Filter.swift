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
    let tap = lanes &* stripWidth
    let block = 9 &* tap
    withUnsafeTemporaryAllocation(of: Float.self, capacity: block) { buffer in
        guard let turned = buffer.baseAddress else { return }
        if outputs < stripWidth { clear(turned, block) }
        var start = 0
        while start < I {
            let inputs = min(lanes, I &- start)
            for o in 0..<outputs {
                for place in 0..<9 {
                    let from = weights + (((first &+ o) &* 9 &+ place) &* I &+ start)
                    var cell = turned + (place &* tap &+ o)
                    for i in 0..<inputs {
                        cell[0] = from[i]
                        cell += stripWidth
                    }
                }
            }
            for i in 0..<inputs {
                let row = to + (start &+ i) &* stripWidth
                var o = 0
                while o < stripWidth {
                    let from = Floats(turned) + (i &* stripWidth &+ o)
                    transform((from, 3 &* tap, tap), row + o, planeStride)
                    o &+= registerLanes
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
        var i = 0
        while i &+ registerLanes <= inputs {
            transform((last + i, -3 &* I, -I), row + i, planeStride)
            i &+= registerLanes
        }
        if i < inputs { rest((last + i, -3 &* I, -I), row + i, planeStride, inputs &- i) }
    }
}

@inline(__always)
private func transform(_ p: Square, _ to: MutableFloats, _ planeStride: Int) {
    let a = filterPoints(readThree(p.base, p.rowStride))
    let b = filterPoints(readThree(p.base + p.columnStride, p.rowStride))
    let c = filterPoints(readThree(p.base + 2 &* p.columnStride, p.rowStride))
    let row = 6 &* planeStride
    writeSix(filterPoints((a.0, b.0, c.0)), to, planeStride)
    writeSix(filterPoints((a.1, b.1, c.1)), to + row, planeStride)
    writeSix(filterPoints((a.2, b.2, c.2)), to + 2 &* row, planeStride)
    writeSix(filterPoints((a.3, b.3, c.3)), to + 3 &* row, planeStride)
    writeSix(filterPoints((a.4, b.4, c.4)), to + 4 &* row, planeStride)
    writeSix(filterPoints((a.5, b.5, c.5)), to + 5 &* row, planeStride)
}

@inline(__always)
private func readThree(_ p: Floats, _ stride: Int) -> Three {
    (read(p), read(p + stride), read(p + 2 &* stride))
}

/// The last inputs, fewer than a register's lanes.
@inline(never)
private func rest(_ p: Square, _ to: MutableFloats, _ planeStride: Int, _ n: Int) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 &* bufferFloats) {
        guard let filled = $0.baseAddress else { return }
        fillRegisters(p, side: 3, n, filled)
        transform(filledSquare(filled), filled + bufferFloats, registerLanes)
        copyPlanes(filled + bufferFloats, n, to, planeStride)
    }
}
