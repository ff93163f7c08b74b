import CVectorShim
import KernelTable

// Transforms work on vectors of one register each, because they hold a dozen at a time.

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

// F(4×4, 3×3) on the points 0, ±1/√2, ±√2, ∞ (Toom and Cook; Lavin and Gray, 2016), which halve the
// rounding error of the usual 0, ±1, ±2. With f = x(x² − ½)(x² − 2):
// Bᵀ: f / (x − p) of each point, A: powers of each point, G: powers over f'(p).

let root: Float = 1.414_213_6
private let half: Float = 0.707_106_8

typealias Six = (Register, Register, Register, Register, Register, Register)
typealias Four = (Register, Register, Register, Register)
typealias Three = (Register, Register, Register)

@inline(__always)
private func plus(_ x: Register, _ factor: Float, _ y: Register) -> Register {
    plus(x, Register(repeating: factor), y)
}

/// Bᵀ d.
@inline(__always)
func inputPoints(_ d: Six) -> Six {
    let evenA = plus(d.4, -2, d.2)
    let oddA = plus(d.3, -2, d.1)
    let evenB = plus(d.4, -0.5, d.2)
    let oddB = plus(d.3, -0.5, d.1)
    return (
        plus(d.0 + d.4, -2.5, d.2),
        plus(evenA, half, oddA),
        plus(evenA, -half, oddA),
        plus(evenB, root, oddB),
        plus(evenB, -root, oddB),
        plus(d.1 + d.5, -2.5, d.3)
    )
}

/// Aᵀ m.
@inline(__always)
func outputPoints(_ m: Six) -> Four {
    let evenA = m.1 + m.2
    let oddA = m.1 - m.2
    let evenB = m.3 + m.4
    let oddB = m.3 - m.4
    return (
        m.0 + evenA + evenB,
        plus(oddA * half, root, oddB),
        plus(evenA * 0.5, 2, evenB),
        plus(plus(m.5, half / 2, oddA), root * 2, oddB)
    )
}

/// A y.
@inline(__always)
func gradientPoints(_ y: Four) -> Six {
    let evenA = plus(y.0, 0.5, y.2)
    let oddA = plus(y.1, 0.5, y.3)
    let evenB = plus(y.0, 2, y.2)
    let oddB = plus(y.1, 2, y.3)
    return (
        y.0,
        plus(evenA, half, oddA),
        plus(evenA, -half, oddA),
        plus(evenB, root, oddB),
        plus(evenB, -root, oddB),
        y.3
    )
}

/// G g.
@inline(__always)
func filterPoints(_ g: Three) -> Six {
    let evenA = plus(g.0, 0.5, g.2) * (-2 / 3)
    let oddA = g.1 * (-2 / 3 * half)
    let evenB = plus(g.0, 2, g.2) * (1 / 6)
    let oddB = g.1 * (root / 6)
    return (g.0, evenA + oddA, evenA - oddA, evenB + oddB, evenB - oddB, g.2)
}

/// Gᵀ u.
@inline(__always)
func weightPoints(_ u: Six) -> Three {
    let evenA = u.1 + u.2
    let oddA = u.1 - u.2
    let evenB = u.3 + u.4
    let oddB = u.3 - u.4
    return (
        plus(plus(u.0, -2 / 3, evenA), 1 / 6, evenB),
        plus(oddA * (-2 / 3 * half), root / 6, oddB),
        plus(plus(u.5, -1 / 3, evenA), 1 / 3, evenB)
    )
}

// A transform is two passes, over columns into a small buffer in the first-level cache and then over its rows.
// Each pass needs no more values than there are registers; as one expression, the compiler spills dozens of
// them to the stack.

/// A square of pixels, taps or planes: element (row, column) is at `base + row · rowStride + column ·
/// columnStride`.
typealias Square = (base: Floats, rowStride: Int, columnStride: Int)

/// Floats of 36 registers in rows of six.
let squareFloats = 36 * registerLanes

/// Floats of a transform's buffer: the values between the passes, and channels padded to a register.
let bufferFloats = 2 * squareFloats

/// The square of registers at `p`, in rows of six.
@inline(__always)
func registers(_ p: Floats) -> Square { (p, 6 &* registerLanes, registerLanes) }

/// The first register of a row of six.
@inline(__always)
func registerRow(_ p: MutableFloats, _ row: Int) -> MutableFloats { p + row &* 6 &* registerLanes }

/// Transforms the first `channels` channels of a square of `side` pixels or taps into 36 planes.
///
/// - Parameters:
///   - buffer: workspace of `bufferFloats`.
///   - points: the transform of a column or row of registers, given a pointer to its first float and its stride.
///   - ahead: called with the first channel of each register before it is transformed, to prefetch.
@inline(__always)
func transformToPlanes(
    _ square: Square,
    side: Int,
    _ channels: Int,
    _ to: MutableFloats,
    _ planeStride: Int,
    _ buffer: MutableFloats,
    _ points: (Floats, Int) -> Six,
    ahead: (Int) -> Void
) {
    var p = square
    var c = 0
    while c &+ registerLanes <= channels {
        ahead(c)
        passToPlanes(p, side: side, to + c, planeStride, buffer, points)
        p.base += registerLanes
        c &+= registerLanes
    }
    guard c < channels else { return }
    let filled = buffer + squareFloats
    fillRegisters(p, side, side, channels &- c, filled)
    passToPlanes(registers(filled), side: side, filled, registerLanes, buffer, points)
    copySquare(
        registers(filled),
        6,
        6,
        channels &- c,
        to + c,
        6 &* planeStride,
        planeStride
    )
}

/// `transformToPlanes` for channels that are stored in strips.
@inline(__always)
func transformToStrips(
    _ square: Square,
    side: Int,
    _ channels: Int,
    _ to: MutableFloats,
    _ planes: WinogradKernels.Planes,
    _ buffer: MutableFloats,
    _ points: (Floats, Int) -> Six,
    ahead: (Int) -> Void
) {
    var strip = to
    var part = square
    var rest = channels
    while rest > 0 {
        let count = min(planes.width, rest)
        let first = channels &- rest
        transformToPlanes(part, side: side, count, strip, planes.planeStride, buffer, points) {
            ahead(first &+ $0)
        }
        part.base += count
        rest &-= count
        strip += planes.stripStride
    }
}

@inline(__always)
private func passToPlanes(
    _ p: Square,
    side: Int,
    _ to: MutableFloats,
    _ planeStride: Int,
    _ buffer: MutableFloats,
    _ points: (Floats, Int) -> Six
) {
    for column in 0..<side {
        let v = points(p.base + column &* p.columnStride, p.rowStride)
        writeSix(v, buffer + column &* registerLanes, 6 &* registerLanes)
    }
    for row in 0..<6 {
        let v = points(registerRow(buffer, row), registerLanes)
        writeSix(v, to + row &* 6 &* planeStride, planeStride)
    }
}

/// Copies the first `n` channels of some rows and columns into registers padded with zeros, in rows of six.
///
/// Transforms take only whole registers: code for any number of lanes slows down the common case too.
func fillRegisters(_ from: Square, _ rows: Int, _ columns: Int, _ n: Int, _ to: MutableFloats) {
    clear(to, squareFloats)
    copySquare(from, rows, columns, n, to, 6 &* registerLanes, registerLanes)
}

/// Copies the first `n` channels of some rows and columns.
func copySquare(
    _ from: Square,
    _ rows: Int,
    _ columns: Int,
    _ n: Int,
    _ to: MutableFloats,
    _ rowStride: Int,
    _ columnStride: Int
) {
    for row in 0..<rows {
        for column in 0..<columns {
            let a = from.base + (row &* from.rowStride &+ column &* from.columnStride)
            let b = to + (row &* rowStride &+ column &* columnStride)
            for lane in 0..<n { b[lane] = a[lane] }
        }
    }
}
