import CVectorShim
import KernelTable

// The gradient of the input at steps of two: the even columns of a window, counted from its first, and the odd ones
// take turns. A tile is eight columns of it side by side, which the gradients of four outputs and those before them reach.

/// One row of the gradient of the input at steps of two: `x` is the gradient of the output and `y` that of the input, whose
/// columns 2 m − left and 2 m − left + 1 are reached from the columns m, m − 1, … of the output by the even taps and by the
/// odd ones.
@inline(__always)
func computeRowBackBy2(_ k: TileRow, _ kernel: Int) {
    if kernel == 3 { backBy2(k, ThreeBack.self) } else { backBy2(k, FiveBack.self) }
}

private typealias Eight = (
    Register, Register, Register, Register, Register, Register, Register, Register
)

private protocol BackTaps {
    /// Outputs before a tile's first that reach it.
    static var before: Int { get }

    /// Adds what a row of the output's gradient, from the first of those on, gives to the tile.
    static func add<P: RowPixels>(_ s: inout Eight, _ dy: P, _ f: Floats, _ d: Int)
}

/// Outputs whose windows begin in a tile.
private let backColumns = 4

@inline(never)
private func backBy2<T: BackTaps>(_ k: TileRow, _: T.Type) {
    let end = (k.outputs &- 1 &+ k.left) / 2 &+ 1
    forEachRegister(k.C) { c in
        let nextInput = k.nextInput + c &* k.columns
        let nextOutput = k.nextOutput + c &* k.outputs
        var m = k.left / 2
        while m < end {
            prefetchColumns(backColumns, nextInput + m &* registerLanes)
            prefetchColumns(2 &* backColumns, nextOutput + 2 &* m &* registerLanes)
            if let later = k.later {
                let place = later + (c &* k.outputs &+ 2 &* m &* registerLanes)
                prefetchColumns(2 &* backColumns, place)
            }
            let first = m &- T.before
            let s = sums(
                k,
                x: k.x + (first &* k.C &+ c),
                first: first,
                filters: k.filters + c,
                T.self
            )
            put(s, k, column: 2 &* m &- k.left, c)
            m &+= backColumns
        }
    }
}

/// The sums of the tile whose first output before it is column `first`.
@inline(__always)
private func sums<T: BackTaps>(
    _ k: TileRow,
    x: Floats,
    first: Int,
    filters: Floats,
    _: T.Type
) -> Eight {
    var s: Eight = (
        Register(), Register(), Register(), Register(),
        Register(), Register(), Register(), Register()
    )
    var (p, f) = (x, filters)
    if first >= 0, first &+ T.before &+ backColumns <= k.columns {
        for _ in 0..<k.rows {
            T.add(&s, PixelsInside(p: p, C: k.C), f, k.filterDistance)
            p += k.rowDistance
            f += k.filterRowDistance
        }
    } else {
        for _ in 0..<k.rows {
            let dy = PixelsAround(p: p, C: k.C, first: first, columns: k.columns)
            T.add(&s, dy, f, k.filterDistance)
            p += k.rowDistance
            f += k.filterRowDistance
        }
    }
    return s
}

/// Prefetches as many floats as so many columns of a register are.
@inline(__always)
private func prefetchColumns(_ columns: Int, _ p: Floats) {
    var i = 0
    while i < columns &* registerLanes {
        vectorshim_prefetch(p + i)
        i &+= lineFloats
    }
}

/// Writes the sums where there are columns; the first is `column`.
@inline(__always)
private func put(_ s: Eight, _ k: TileRow, column: Int, _ c: Int) {
    let to = k.y + (column &* k.C &+ c)
    guard column >= 0, column &+ 2 &* backColumns <= k.outputs else {
        put(s.0, k, column, to)
        put(s.1, k, column &+ 1, to + k.C)
        put(s.2, k, column &+ 2, to + 2 &* k.C)
        put(s.3, k, column &+ 3, to + 3 &* k.C)
        put(s.4, k, column &+ 4, to + 4 &* k.C)
        put(s.5, k, column &+ 5, to + 5 &* k.C)
        put(s.6, k, column &+ 6, to + 6 &* k.C)
        put(s.7, k, column &+ 7, to + 7 &* k.C)
        return
    }
    write(s.0, to)
    write(s.1, to + k.C)
    write(s.2, to + 2 &* k.C)
    write(s.3, to + 3 &* k.C)
    write(s.4, to + 4 &* k.C)
    write(s.5, to + 5 &* k.C)
    write(s.6, to + 6 &* k.C)
    write(s.7, to + 7 &* k.C)
}

@inline(__always)
private func put(_ sum: Register, _ k: TileRow, _ column: Int, _ to: MutableFloats) {
    if UInt(bitPattern: column) < UInt(bitPattern: k.outputs) { write(sum, to) }
}

private enum ThreeBack: BackTaps {
    @inline(__always) static var before: Int { 1 }

    @inline(__always)
    static func add<P: RowPixels>(_ s: inout Eight, _ dy: P, _ f: Floats, _ d: Int) {
        let (f0, f1, f2) = (read(f), read(f + d), read(f + 2 &* d))
        s.0 = plus(s.0, f2, dy.at(0))
        var v = dy.at(1)
        s.0 = plus(s.0, f0, v)
        s.1 = plus(s.1, f1, v)
        s.2 = plus(s.2, f2, v)
        v = dy.at(2)
        s.2 = plus(s.2, f0, v)
        s.3 = plus(s.3, f1, v)
        s.4 = plus(s.4, f2, v)
        v = dy.at(3)
        s.4 = plus(s.4, f0, v)
        s.5 = plus(s.5, f1, v)
        s.6 = plus(s.6, f2, v)
        v = dy.at(4)
        s.6 = plus(s.6, f0, v)
        s.7 = plus(s.7, f1, v)
    }
}

private enum FiveBack: BackTaps {
    @inline(__always) static var before: Int { 2 }

    @inline(__always)
    static func add<P: RowPixels>(_ s: inout Eight, _ dy: P, _ f: Floats, _ d: Int) {
        let (f0, f1, f2) = (read(f), read(f + d), read(f + 2 &* d))
        let (f3, f4) = (read(f + 3 &* d), read(f + 4 &* d))
        s.0 = plus(s.0, f4, dy.at(0))
        var v = dy.at(1)
        s.0 = plus(s.0, f2, v)
        s.1 = plus(s.1, f3, v)
        s.2 = plus(s.2, f4, v)
        v = dy.at(2)
        s.0 = plus(s.0, f0, v)
        s.1 = plus(s.1, f1, v)
        s.2 = plus(s.2, f2, v)
        s.3 = plus(s.3, f3, v)
        s.4 = plus(s.4, f4, v)
        v = dy.at(3)
        s.2 = plus(s.2, f0, v)
        s.3 = plus(s.3, f1, v)
        s.4 = plus(s.4, f2, v)
        s.5 = plus(s.5, f3, v)
        s.6 = plus(s.6, f4, v)
        v = dy.at(4)
        s.4 = plus(s.4, f0, v)
        s.5 = plus(s.5, f1, v)
        s.6 = plus(s.6, f2, v)
        s.7 = plus(s.7, f3, v)
        v = dy.at(5)
        s.6 = plus(s.6, f0, v)
        s.7 = plus(s.7, f1, v)
    }
}
