import CVectorShim
import KernelTable

// A row of the gradient of 7×7 filters is summed on a walk along a row of outputs, in registers: each pixel that is read meets
// the gradients of all outputs that it reaches, which slide along. Tiles as of smaller windows take 1.1 to 1.2 times as long.

/// What a walk reads, and where its sums are added.
struct WeightWalk {
    /// Pixel 0 of a row of the input, and its pixels.
    var x: Floats
    var columns: Int
    /// Output 0 of the row, and its outputs.
    var dy: Floats
    var outputs: Int
    var C: Int
    /// Columns of zeros before the first.
    var left: Int
    /// The sums of the first tap of the row; the others are C floats apart.
    var sums: MutableFloats
    /// Lanes of the register that belong to the one before.
    var kept: Int
    /// What to prefetch.
    var nextInput: Floats
    var nextOutput: Floats
}

@inline(__always)
private func add(_ sum: Register, _ k: WeightWalk, _ tap: Int) {
    let to = k.sums + tap &* k.C
    if k.kept == 0 {
        write(read(to) + sum, to)
    } else {
        for lane in k.kept..<registerLanes { to[lane] += sum[lane] }
    }
}

/// The gradient of output `o`, zero where there is none.
@inline(__always)
private func gradient(_ k: WeightWalk, _ o: Int) -> Register {
    o < k.outputs ? read(k.dy + o &* k.C) : Register()
}

@inline(__always)
private func prefetchNext(_ k: WeightWalk, _ step: Int) {
    vectorshim_prefetch(k.nextInput + step &* registerLanes)
    vectorshim_prefetch(k.nextOutput + step &* registerLanes)
}

@inline(never)
func walkWeights7(_ k: WeightWalk) {
    var (d0, d1, d2, d3) = (Register(), Register(), Register(), Register())
    var (d4, d5, d6) = (Register(), Register(), Register())
    for o in 0..<k.left {
        (d6, d5, d4, d3, d2, d1, d0) = (d5, d4, d3, d2, d1, d0, gradient(k, o))
    }
    var (s0, s1, s2, s3) = (Register(), Register(), Register(), Register())
    var (s4, s5, s6) = (Register(), Register(), Register())
    var p = k.x
    for column in 0..<k.columns {
        prefetchNext(k, column)
        (d6, d5, d4, d3, d2, d1, d0) = (d5, d4, d3, d2, d1, d0, gradient(k, column &+ k.left))
        let v = read(p)
        s0 = plus(s0, d0, v)
        s1 = plus(s1, d1, v)
        s2 = plus(s2, d2, v)
        s3 = plus(s3, d3, v)
        s4 = plus(s4, d4, v)
        s5 = plus(s5, d5, v)
        s6 = plus(s6, d6, v)
        p += k.C
    }
    add(s0, k, 0)
    add(s1, k, 1)
    add(s2, k, 2)
    add(s3, k, 3)
    add(s4, k, 4)
    add(s5, k, 5)
    add(s6, k, 6)
}
