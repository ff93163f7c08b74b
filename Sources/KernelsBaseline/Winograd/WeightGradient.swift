import KernelTable

/// The gradient of some inputs' weights of one output: dweights [3][3][I] (+)= Gᵀ u G.
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

/// The last inputs, fewer than a register's lanes.
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
