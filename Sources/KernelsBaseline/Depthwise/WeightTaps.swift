import KernelTable

/// The gradients of four outputs side by side.
typealias Gradients = (Register, Register, Register, Register)

/// The gradients of some rows of taps: sums that stay in registers.
protocol TapSums {
    /// Side of the window.
    static var kernel: Int { get }
    /// Rows of taps.
    static var rows: Int { get }

    /// Those at `p`, tap by tap, C floats apart.
    init(_ p: Floats, _ C: Int)

    /// Adds the products of gradients with the pixels that their windows, `stride` apart, see in the rows, which are `row` floats
    /// apart; `x` are those in the first.
    mutating func add<P: RowPixels>(_ d: Gradients, _ x: P, _ row: Int, by stride: Int)

    /// Writes them but for the first `kept` lanes.
    func put(_ p: MutableFloats, _ C: Int, _ kept: Int)
}

// Pixel by pixel from the left: each meets the gradients of all outputs whose windows it is in.

/// The sums of a row of three taps.
struct ThreeSums: TapSums {
    @inline(__always) static var kernel: Int { 3 }
    @inline(__always) static var rows: Int { 1 }
    private var s: (Register, Register, Register)

    @inline(__always)
    init(_ p: Floats, _ C: Int) { s = (read(p), read(p + C), read(p + 2 &* C)) }

    @inline(__always)
    mutating func add<P: RowPixels>(_ d: Gradients, _ x: P, _ row: Int, by stride: Int) {
        if stride == 1 { addBy1(d, x) } else { addBy2(d, x) }
    }

    @inline(__always)
    mutating func addBy1<P: RowPixels>(_ d: Gradients, _ x: P) {
        s.0 = plus(s.0, d.0, x.at(0))
        var v = x.at(1)
        s.1 = plus(s.1, d.0, v)
        s.0 = plus(s.0, d.1, v)
        v = x.at(2)
        s.2 = plus(s.2, d.0, v)
        s.1 = plus(s.1, d.1, v)
        s.0 = plus(s.0, d.2, v)
        v = x.at(3)
        s.2 = plus(s.2, d.1, v)
        s.1 = plus(s.1, d.2, v)
        s.0 = plus(s.0, d.3, v)
        v = x.at(4)
        s.2 = plus(s.2, d.2, v)
        s.1 = plus(s.1, d.3, v)
        s.2 = plus(s.2, d.3, x.at(5))
    }

    @inline(__always)
    mutating func addBy2<P: RowPixels>(_ d: Gradients, _ x: P) {
        s.0 = plus(s.0, d.0, x.at(0))
        s.1 = plus(s.1, d.0, x.at(1))
        var v = x.at(2)
        s.2 = plus(s.2, d.0, v)
        s.0 = plus(s.0, d.1, v)
        s.1 = plus(s.1, d.1, x.at(3))
        v = x.at(4)
        s.2 = plus(s.2, d.1, v)
        s.0 = plus(s.0, d.2, v)
        s.1 = plus(s.1, d.2, x.at(5))
        v = x.at(6)
        s.2 = plus(s.2, d.2, v)
        s.0 = plus(s.0, d.3, v)
        s.1 = plus(s.1, d.3, x.at(7))
        s.2 = plus(s.2, d.3, x.at(8))
    }

    @inline(__always)
    func put(_ p: MutableFloats, _ C: Int, _ kept: Int) {
        putLanes(s.0, p, kept)
        putLanes(s.1, p + C, kept)
        putLanes(s.2, p + 2 &* C, kept)
    }
}

/// The sums of three rows of three taps.
struct NineSums: TapSums {
    @inline(__always) static var kernel: Int { 3 }
    @inline(__always) static var rows: Int { 3 }
    private var a, b, c: ThreeSums

    @inline(__always)
    init(_ p: Floats, _ C: Int) {
        a = ThreeSums(p, C)
        b = ThreeSums(p + 3 &* C, C)
        c = ThreeSums(p + 6 &* C, C)
    }

    @inline(__always)
    mutating func add<P: RowPixels>(_ d: Gradients, _ x: P, _ row: Int, by stride: Int) {
        if stride == 1 {
            a.addBy1(d, x)
            b.addBy1(d, x.down(row))
            c.addBy1(d, x.down(2 &* row))
        } else {
            a.addBy2(d, x)
            b.addBy2(d, x.down(row))
            c.addBy2(d, x.down(2 &* row))
        }
    }

    @inline(__always)
    func put(_ p: MutableFloats, _ C: Int, _ kept: Int) {
        a.put(p, C, kept)
        b.put(p + 3 &* C, C, kept)
        c.put(p + 6 &* C, C, kept)
    }
}

/// The sums of a row of five taps.
struct FiveSums: TapSums {
    @inline(__always) static var kernel: Int { 5 }
    @inline(__always) static var rows: Int { 1 }
    private var s: (Register, Register, Register, Register, Register)

    @inline(__always)
    init(_ p: Floats, _ C: Int) {
        s = (read(p), read(p + C), read(p + 2 &* C), read(p + 3 &* C), read(p + 4 &* C))
    }

    @inline(__always)
    mutating func add<P: RowPixels>(_ d: Gradients, _ x: P, _ row: Int, by stride: Int) {
        if stride == 1 { addBy1(d, x) } else { addBy2(d, x) }
    }

    @inline(__always)
    mutating func addBy1<P: RowPixels>(_ d: Gradients, _ x: P) {
        s.0 = plus(s.0, d.0, x.at(0))
        var v = x.at(1)
        s.1 = plus(s.1, d.0, v)
        s.0 = plus(s.0, d.1, v)
        v = x.at(2)
        s.2 = plus(s.2, d.0, v)
        s.1 = plus(s.1, d.1, v)
        s.0 = plus(s.0, d.2, v)
        v = x.at(3)
        s.3 = plus(s.3, d.0, v)
        s.2 = plus(s.2, d.1, v)
        s.1 = plus(s.1, d.2, v)
        s.0 = plus(s.0, d.3, v)
        v = x.at(4)
        s.4 = plus(s.4, d.0, v)
        s.3 = plus(s.3, d.1, v)
        s.2 = plus(s.2, d.2, v)
        s.1 = plus(s.1, d.3, v)
        v = x.at(5)
        s.4 = plus(s.4, d.1, v)
        s.3 = plus(s.3, d.2, v)
        s.2 = plus(s.2, d.3, v)
        v = x.at(6)
        s.4 = plus(s.4, d.2, v)
        s.3 = plus(s.3, d.3, v)
        s.4 = plus(s.4, d.3, x.at(7))
    }

    @inline(__always)
    mutating func addBy2<P: RowPixels>(_ d: Gradients, _ x: P) {
        s.0 = plus(s.0, d.0, x.at(0))
        s.1 = plus(s.1, d.0, x.at(1))
        var v = x.at(2)
        s.2 = plus(s.2, d.0, v)
        s.0 = plus(s.0, d.1, v)
        v = x.at(3)
        s.3 = plus(s.3, d.0, v)
        s.1 = plus(s.1, d.1, v)
        v = x.at(4)
        s.4 = plus(s.4, d.0, v)
        s.2 = plus(s.2, d.1, v)
        s.0 = plus(s.0, d.2, v)
        v = x.at(5)
        s.3 = plus(s.3, d.1, v)
        s.1 = plus(s.1, d.2, v)
        v = x.at(6)
        s.4 = plus(s.4, d.1, v)
        s.2 = plus(s.2, d.2, v)
        s.0 = plus(s.0, d.3, v)
        v = x.at(7)
        s.3 = plus(s.3, d.2, v)
        s.1 = plus(s.1, d.3, v)
        v = x.at(8)
        s.4 = plus(s.4, d.2, v)
        s.2 = plus(s.2, d.3, v)
        s.3 = plus(s.3, d.3, x.at(9))
        s.4 = plus(s.4, d.3, x.at(10))
    }

    @inline(__always)
    func put(_ p: MutableFloats, _ C: Int, _ kept: Int) {
        putLanes(s.0, p, kept)
        putLanes(s.1, p + C, kept)
        putLanes(s.2, p + 2 &* C, kept)
        putLanes(s.3, p + 3 &* C, kept)
        putLanes(s.4, p + 4 &* C, kept)
    }
}

/// The sums of two rows of five taps.
struct TenSums: TapSums {
    @inline(__always) static var kernel: Int { 5 }
    @inline(__always) static var rows: Int { 2 }
    private var a, b: FiveSums

    @inline(__always)
    init(_ p: Floats, _ C: Int) {
        a = FiveSums(p, C)
        b = FiveSums(p + 5 &* C, C)
    }

    @inline(__always)
    mutating func add<P: RowPixels>(_ d: Gradients, _ x: P, _ row: Int, by stride: Int) {
        if stride == 1 {
            a.addBy1(d, x)
            b.addBy1(d, x.down(row))
        } else {
            a.addBy2(d, x)
            b.addBy2(d, x.down(row))
        }
    }

    @inline(__always)
    func put(_ p: MutableFloats, _ C: Int, _ kept: Int) {
        a.put(p, C, kept)
        b.put(p + 5 &* C, C, kept)
    }
}

/// Writes the register but for its first `kept` lanes.
@inline(__always)
private func putLanes(_ v: Register, _ p: MutableFloats, _ kept: Int) {
    guard kept > 0 else { return write(v, p) }
    var v = v
    withUnsafeBytes(of: &v) {
        guard let floats = $0.baseAddress?.assumingMemoryBound(to: Float.self) else { return }
        for lane in kept..<registerLanes { p[lane] = floats[lane] }
    }
}
