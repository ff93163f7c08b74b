import KernelTable

// A transform goes down the columns into a small buffer in the first cache, then along its rows, each time
// in as many values as there are registers. Left to the compiler in one piece, its dozens of values spent
// most of the time on their way to the stack and back.

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
    #if FUSED_MULTIPLY_ADD
        x.addingProduct(factor, y)
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

/// Where a square of pixels or planes lies: element (row, column) at `row · rowStride + column ·
/// columnStride`.
typealias Square = (base: Floats, rowStride: Int, columnStride: Int)

/// Floats of the buffer between the two passes, and of the room for channels that fill no register.
let bufferFloats = 36 * registerLanes

/// Six registers of the buffer that lie in a row.
@inline(__always)
func bufferRow(_ buffer: MutableFloats, _ row: Int) -> MutableFloats {
    buffer + row &* 6 &* registerLanes
}

/// Copies the first `n` channels of a square into registers that zeros fill up, in rows of six.
///
/// Transforms take whole registers alone: code for any number of lanes slowed down that of all.
func fillRegisters(_ from: Square, side: Int, _ n: Int, _ to: MutableFloats) {
    clear(to, bufferFloats)
    copy(from, side, n, to, 6 &* registerLanes, registerLanes)
}

/// Where `fillRegisters` left the square.
@inline(__always)
func filledSquare(_ base: Floats) -> Square { (base, 6 &* registerLanes, registerLanes) }

/// Copies the first `n` channels of 36 registers in rows of six to planes.
func copyPlanes(_ from: Floats, _ n: Int, _ to: MutableFloats, _ planeStride: Int) {
    copy(filledSquare(from), 6, n, to, 6 &* planeStride, planeStride)
}

private func copy(
    _ from: Square,
    _ side: Int,
    _ n: Int,
    _ to: MutableFloats,
    _ rowStride: Int,
    _ columnStride: Int
) {
    for row in 0..<side {
        for column in 0..<side {
            let a = from.base + (row &* from.rowStride &+ column &* from.columnStride)
            let b = to + (row &* rowStride &+ column &* columnStride)
            for lane in 0..<n { b[lane] = a[lane] }
        }
    }
}
