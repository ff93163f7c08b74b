import CVectorShim
import KernelTable

/// Sixteen lanes: one AVX-512 register, two of AVX, four of SSE or NEON.
typealias Vector = SIMD16<Float>

/// Lanes of a `Vector`.
let lanes = 16

/// s += x · y.
///
/// Without an FMA instruction a fused product would be a library call for each lane.
@inline(__always)
func accumulate(_ s: inout Vector, _ x: Vector, _ y: Vector) {
    #if FUSED_MULTIPLY_ADD
        s.addProduct(x, y)
    #else
        s += x * y
    #endif
}

/// The first `n` floats from `p`, followed by zeros.
@inline(__always)
func load(_ p: Floats, _ n: Int = lanes) -> Vector {
    if n == lanes { return UnsafeRawPointer(p).loadUnaligned(as: Vector.self) }
    return loadFirst(p, n)
}

/// Writes the first `n` lanes to `p`.
@inline(__always)
func store(_ v: Vector, _ p: MutableFloats, _ n: Int = lanes) {
    if n == lanes {
        UnsafeMutableRawPointer(p).storeBytes(of: v, as: Vector.self)
    } else {
        storeFirst(v, p, n)
    }
}

#if WIDE_REGISTERS
    @inline(__always)
    private func loadFirst(_ p: Floats, _ n: Int) -> Vector {
        vectorshim_load_first16(p, Int32(truncatingIfNeeded: n))
    }

    @inline(__always)
    private func storeFirst(_ v: Vector, _ p: MutableFloats, _ n: Int) {
        vectorshim_store_first16(p, v, Int32(truncatingIfNeeded: n))
    }
#elseif FUSED_MULTIPLY_ADD && arch(x86_64)
    @inline(__always)
    private func loadFirst(_ p: Floats, _ n: Int) -> Vector {
        let n = Int32(truncatingIfNeeded: n)
        return Vector(
            lowHalf: vectorshim_load_first8(p, n),
            highHalf: n > 8 ? vectorshim_load_first8(p + 8, n &- 8) : SIMD8()
        )
    }

    @inline(__always)
    private func storeFirst(_ v: Vector, _ p: MutableFloats, _ n: Int) {
        let n = Int32(truncatingIfNeeded: n)
        vectorshim_store_first8(p, v.lowHalf, n)
        if n > 8 { vectorshim_store_first8(p + 8, v.highHalf, n &- 8) }
    }
#else
    // Partial vectors are assembled in memory: for a subscript that is not constant, the compiler moves the whole
    // vector to memory and back for each lane.

    @inline(__always)
    private func loadFirst(_ p: Floats, _ n: Int) -> Vector {
        var v = Vector()
        withUnsafeMutableBytes(of: &v) {
            guard let floats = $0.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
            for lane in 0..<n { floats[lane] = p[lane] }
        }
        return v
    }

    @inline(__always)
    private func storeFirst(_ v: Vector, _ p: MutableFloats, _ n: Int) {
        var v = v
        withUnsafeBytes(of: &v) {
            guard let floats = $0.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
            for lane in 0..<n { p[lane] = floats[lane] }
        }
    }
#endif

/// Whether rows of `C` floats from `p` are whole cache lines; only those get non-temporal stores.
@inline(__always)
func fillsLines(_ p: MutableFloats, _ C: Int) -> Bool {
    C % lineFloats == 0 && Int(bitPattern: p) % 64 == 0
}

/// Writes the vector to the cache line at `p` with a non-temporal store.
@inline(__always)
func stream(_ v: Vector, _ p: MutableFloats) {
    var v = v
    withUnsafeBytes(of: &v) {
        if let floats = $0.baseAddress?.assumingMemoryBound(to: Float.self) {
            vectorshim_stream(p, floats)
        }
    }
}

/// Calls `body(offset, lanes)` for 0 ..< count in steps of a vector; only the last may be short.
@inline(__always)
func sweep(_ count: Int, _ body: (Int, Int) -> Void) {
    var i = 0
    while i &+ lanes <= count {
        body(i, lanes)
        i &+= lanes
    }
    if i < count { body(i, count &- i) }
}

// Panels and maps come from the last-level cache or memory, where a miss takes as long as dozens of
// multiply-adds. So the next part is prefetched while the current one is computed.

/// Floats of a cache line.
let lineFloats = 16

/// Floats of a page of memory: how far ahead passes over large maps prefetch, since the hardware's streams end with each page.
let pageFloats = 1024

/// Prefetches the lines of `count` floats that will be read.
@inline(__always)
func prefetch(_ p: Floats, _ count: Int) {
    var i = 0
    while i < count {
        vectorshim_prefetch(p + i)
        i &+= lineFloats
    }
}
