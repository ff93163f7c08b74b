import KernelTable

// A transform goes down the columns into a small buffer in the first cache, then along its rows, each time
// in as many values as there are registers. Left to the compiler in one piece, its dozens of values spent
// most of the time on their way to the stack and back.

/// Where a square of pixels, taps or planes lies: element (row, column) at `row · rowStride + column ·
/// columnStride`.
typealias Square = (base: Floats, rowStride: Int, columnStride: Int)

/// Floats of 36 registers in rows of six.
let squareFloats = 36 * registerLanes

/// Floats of the buffer of a transform: what lies between the passes, and channels that fill no register.
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
///   - buffer: scratch for `bufferFloats`.
///   - points: the transform of a column or row of registers, given its first float and its stride.
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

/// The same for channels that lie in strips side by side.
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

/// Copies the first `n` channels of some rows and columns into registers that zeros fill up, in rows of six.
///
/// Transforms take whole registers alone: code for any number of lanes slowed down that of all.
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
