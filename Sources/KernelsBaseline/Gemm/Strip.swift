import KernelTable

// No type here is a struct: the metadata of structs brings functions that the linker shares between
// modules, and the copy it keeps may be one with instructions that the processor lacks.
//
// A strip is as many columns as the registers allow beside the rows of a tile: 12 × 32 floats in the
// 32 registers of AVX-512, 6 × 16 in the 16 of AVX2 or the 32 short ones of NEON, 3 × 16 in SSE2.

#if WIDE_REGISTERS
    let stripWidth = 32
    let tileRows = 12

    typealias Strip = (low: Vector, high: Vector)

    @inline(__always)
    func emptyStrip() -> Strip { (Vector(), Vector()) }

    @inline(__always)
    func loadStrip(_ p: Floats) -> Strip { (load(p), load(p + lanes)) }

    @inline(__always)
    func accumulate(_ s: inout Strip, _ a: Float, _ b: Strip) {
        let a = Vector(repeating: a)
        accumulate(&s.low, a, b.low)
        accumulate(&s.high, a, b.high)
    }

    @inline(__always)
    func storeStrip(_ s: Strip, _ p: MutableFloats, _ columns: Int, _ adding: Bool) {
        if columns == stripWidth {
            store(adding ? load(p) + s.low : s.low, p)
            store(adding ? load(p + lanes) + s.high : s.high, p + lanes)
        } else {
            storeHalf(s.low, p, min(columns, lanes), adding)
            if columns > lanes { storeHalf(s.high, p + lanes, columns &- lanes, adding) }
        }
    }
#else
    let stripWidth = 16
    #if FUSED_MULTIPLY_ADD
        let tileRows = 6
    #else
        let tileRows = 3
    #endif

    typealias Strip = Vector

    @inline(__always)
    func emptyStrip() -> Strip { Vector() }

    @inline(__always)
    func loadStrip(_ p: Floats) -> Strip { load(p) }

    @inline(__always)
    func accumulate(_ s: inout Strip, _ a: Float, _ b: Strip) {
        accumulate(&s, Vector(repeating: a), b)
    }

    @inline(__always)
    func storeStrip(_ s: Strip, _ p: MutableFloats, _ columns: Int, _ adding: Bool) {
        storeHalf(s, p, columns, adding)
    }
#endif

@inline(__always)
private func storeHalf(_ v: Vector, _ p: MutableFloats, _ n: Int, _ adding: Bool) {
    store(adding ? load(p, n) + v : v, p, n)
}
