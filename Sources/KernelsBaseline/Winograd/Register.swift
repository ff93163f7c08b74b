import CVectorShim
import KernelTable

// Transforms work on vectors of one register: they hold a dozen at a time.

#if WIDE_REGISTERS
    typealias Register = SIMD16<Float>
#elseif FUSED_MULTIPLY_ADD && arch(x86_64)
    typealias Register = SIMD8<Float>
#else
    typealias Register = SIMD4<Float>
#endif

/// Lanes of a `Register`.
let registerLanes = Register.scalarCount

/// The register at `p`.
@inline(__always)
func read(_ p: Floats) -> Register { UnsafeRawPointer(p).loadUnaligned(as: Register.self) }

/// Writes the register to `p`.
@inline(__always)
func write(_ v: Register, _ p: MutableFloats) {
    UnsafeMutableRawPointer(p).storeBytes(of: v, as: Register.self)
}

/// x + factor · y.
@inline(__always)
func plus(_ x: Register, _ factor: Register, _ y: Register) -> Register {
    #if WIDE_REGISTERS
        vectorshim_fused16(x, factor, y)
    #elseif FUSED_MULTIPLY_ADD && arch(x86_64)
        vectorshim_fused8(x, factor, y)
    #elseif FUSED_MULTIPLY_ADD
        vectorshim_fused4(x, factor, y)
    #else
        x + factor * y
    #endif
}

/// Reads six registers, `stride` apart.
@inline(__always)
func readSix(_ p: Floats, _ stride: Int) -> Six {
    (
        read(p), read(p + stride), read(p + 2 &* stride),
        read(p + 3 &* stride), read(p + 4 &* stride), read(p + 5 &* stride)
    )
}

/// Writes six registers, `stride` apart.
@inline(__always)
func writeSix(_ v: Six, _ p: MutableFloats, _ stride: Int) {
    write(v.0, p)
    write(v.1, p + stride)
    write(v.2, p + 2 &* stride)
    write(v.3, p + 3 &* stride)
    write(v.4, p + 4 &* stride)
    write(v.5, p + 5 &* stride)
}
