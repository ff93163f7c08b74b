import CVectorShim
import KernelTable

/// G g Gᵀ of a strip of outputs, packed [I][width] in 36 planes.
///
/// Outputs are 9 · I apart in memory, so sixteen inputs at a time are transposed first.
func winogradFilter(
    _ weights: Floats,
    _ O: Int,
    _ I: Int,
    _ strip: Int,
    _ planeStride: Int,
    _ streams: Bool,
    _ to: MutableFloats
) {
    let first = strip &* stripWidth
    let outputs = min(stripWidth, O &- first)
    let tap = lanes &* stripWidth
    let block = 9 &* tap
    withUnsafeTemporaryAllocation(
        of: Float.self,
        capacity: bufferFloats &+ 36 &* stripWidth &+ block
    ) { memory in
        guard let buffer = memory.baseAddress else { return }
        let turned = buffer + bufferFloats + 36 &* stripWidth
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
                let filter: Square = (Floats(turned) + i &* stripWidth, 3 &* tap, tap)
                let row = to + (start &+ i) &* stripWidth
                transform(filter, stripWidth, row, planeStride, streams, buffer)
            }
            start &+= inputs
        }
    }
    if streams { vectorshim_fence() }
}

/// G g Gᵀ of a strip of inputs of the filters rotated by 180°, packed [O][width] in 36 planes.
func winogradRotatedFilter(
    _ weights: Floats,
    _ O: Int,
    _ I: Int,
    _ strip: Int,
    _ planeStride: Int,
    _ streams: Bool,
    _ to: MutableFloats
) {
    let first = strip &* stripWidth
    let inputs = min(stripWidth, I &- first)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: bufferFloats &+ 36 &* stripWidth) {
        memory in
        guard let buffer = memory.baseAddress else { return }
        for o in 0..<O {
            let row = to + o &* stripWidth
            let last = weights + ((o &* 9 &+ 8) &* I &+ first)
            if inputs < stripWidth {
                for plane in 0..<36 { clear(row + plane &* planeStride, stripWidth) }
            }
            transform((last, -3 &* I, -I), inputs, row, planeStride, streams, buffer)
        }
    }
    if streams { vectorshim_fence() }
}

/// Transforms a filter of `channels` channels of a strip.
@inline(__always)
private func transform(
    _ filter: Square,
    _ channels: Int,
    _ to: MutableFloats,
    _ planeStride: Int,
    _ streams: Bool,
    _ buffer: MutableFloats
) {
    guard streams, channels == stripWidth, fillsLines(to, planeStride) else {
        points(filter, channels, to, planeStride, buffer)
        return
    }
    let lines = buffer + bufferFloats
    points(filter, channels, lines, stripWidth, buffer)
    for plane in 0..<36 {
        for i in 0..<stripWidth / lineFloats {
            let place = i &* lineFloats
            vectorshim_stream(
                to + (plane &* planeStride &+ place),
                lines + (plane &* stripWidth &+ place)
            )
        }
    }
}

@inline(__always)
private func points(
    _ filter: Square,
    _ channels: Int,
    _ to: MutableFloats,
    _ planeStride: Int,
    _ buffer: MutableFloats
) {
    transformToPlanes(filter, side: 3, channels, to, planeStride, buffer) { p, stride in
        filterPoints((read(p), read(p + stride), read(p + 2 &* stride)))
    } ahead: { _ in
    }
}

/// The weight gradient of some inputs of one output: dweights [3][3][I] (+)= Gᵀ u G.
func winogradWeights(
    _ planes: Floats,
    _ planeStride: Int,
    _ inputs: Int,
    _ I: Int,
    _ adding: Bool,
    _ dweights: MutableFloats
) {
    withUnsafeTemporaryAllocation(of: Float.self, capacity: bufferFloats) { buffer in
        guard let buffer = buffer.baseAddress else { return }
        var i = 0
        while i &+ registerLanes <= inputs {
            let square: Square = (planes + i, 6 &* planeStride, planeStride)
            transform(square, I, adding, dweights + i, buffer)
            i &+= registerLanes
        }
        if i < inputs {
            rest(planes + i, planeStride, I, adding, dweights + i, buffer, inputs &- i)
        }
    }
}

@inline(__always)
private func transform(
    _ p: Square,
    _ I: Int,
    _ adding: Bool,
    _ to: MutableFloats,
    _ buffer: MutableFloats
) {
    for column in 0..<patchSide {
        let v = weightPoints(readSix(p.base + column &* p.columnStride, p.rowStride))
        let place = buffer + column &* registerLanes
        write(v.0, registerRow(place, 0))
        write(v.1, registerRow(place, 1))
        write(v.2, registerRow(place, 2))
    }
    for row in 0..<3 {
        let v = weightPoints(readSix(registerRow(buffer, row), registerLanes))
        let cell = to + row &* 3 &* I
        put(v.0, cell, adding)
        put(v.1, cell + I, adding)
        put(v.2, cell + 2 &* I, adding)
    }
}

@inline(__always)
private func put(_ v: Register, _ p: MutableFloats, _ adding: Bool) {
    write(adding ? read(p) + v : v, p)
}

/// The remaining inputs, fewer than a register's lanes.
@inline(never)
private func rest(
    _ p: Floats,
    _ planeStride: Int,
    _ I: Int,
    _ adding: Bool,
    _ to: MutableFloats,
    _ buffer: MutableFloats,
    _ n: Int
) {
    let filled = buffer + squareFloats
    fillRegisters((p, 6 &* planeStride, planeStride), patchSide, patchSide, n, filled)
    transform(registers(filled), registerLanes, false, filled, buffer)
    for tap in 0..<9 {
        for lane in 0..<n {
            let v = filled[tap &* registerLanes &+ lane]
            let cell = to + (tap &* I &+ lane)
            cell[0] = adding ? cell[0] + v : v
        }
    }
}
