import CVectorShim
import KernelTable

// A tile is seven outputs side by side and a register of channels: maps of 224, 112, 56, 28, 14 and 7 pixels a side are
// whole tiles, and seven chains cover the latency of multiply-adds. Each pixel of a row of the windows is read once and goes
// into all outputs of the tile that it reaches, the filters of the row are in registers meanwhile, so that multiply-adds
// and not loads are the limit.
//
// A row of outputs of a register of channels is gone through before the next register. Lines of one register are a pixel
// apart, which prefetchers do not follow; so tiles prefetch their share of the rows that the next row of outputs needs, in
// the order of memory.

/// Outputs of a tile.
private let tileColumns = 7

/// A row of outputs, and what it is computed from.
struct TileRow {
    /// Pixel 0 of the first row that the windows see.
    var x: Floats
    /// Rows that they see, and the distance between them.
    var rows: Int
    var rowDistance: Int
    /// Columns of these, and channels of each.
    var columns: Int
    var C: Int
    /// Filter 0 of the first row, and the distances to the next filter and the next row of filters.
    var filters: Floats
    var filterDistance: Int
    var filterRowDistance: Int
    /// Output 0, and the number of outputs.
    var y: MutableFloats
    var outputs: Int
    /// Columns of zeros before the first.
    var left: Int
    /// What to prefetch: to be read, and to be written.
    var nextInput: Floats
    var nextOutput: MutableFloats
    /// Where the floats begin that whoever runs next reads from memory, as many as the row adds to what windows see, or in
    /// backward as the row of the input's gradient has.
    var later: Floats?
}

/// Whether tiles compute the outputs of windows of that side and step, `left` columns of zeros before the first input:
/// each output must reach an input.
@inline(__always)
func hasTiles(_ C: Int, _ kernel: Int, _ stride: Int, left: Int, columns: Int, outputs: Int) -> Bool
{
    // Fewer channels are left to the other loops for every width of registers, so that all have the same bits.
    guard C >= lanes, left >= 0, left < kernel, (outputs &- 1) &* stride &- left < columns
    else { return false }
    if stride == 1 { return kernel == 3 || kernel == 5 || kernel == 7 }
    return stride == 2 && (kernel == 3 || kernel == 5)
}

/// Computes a row of outputs for which there are tiles.
@inline(__always)
func computeRow(_ k: TileRow, _ kernel: Int, _ stride: Int) {
    switch (kernel, stride) {
    case (3, 1): tiles(k, ThreeTaps.self)
    case (5, 1): tiles(k, FiveTaps.self)
    case (7, 1): tiles(k, SevenTaps.self)
    case (3, _): tiles(k, ThreeTapsBy2.self)
    default: tiles(k, FiveTapsBy2.self)
    }
}

/// The pixels that a tile's windows see in a row.
protocol RowPixels {
    /// That of column `j` from the left.
    func at(_ j: Int) -> Register

    /// Those of a row that lies so many floats further on.
    func down(_ floats: Int) -> Self
}

/// All of them are inside the map.
struct PixelsInside: RowPixels {
    let p: Floats
    let C: Int

    @inline(__always)
    func at(_ j: Int) -> Register { read(p + j &* C) }

    @inline(__always)
    func down(_ floats: Int) -> PixelsInside { PixelsInside(p: p + floats, C: C) }
}

/// Some are zeros outside; the first is column `first` of `columns`.
struct PixelsAround: RowPixels {
    let p: Floats
    let C: Int
    let first: Int
    let columns: Int

    @inline(__always)
    func at(_ j: Int) -> Register {
        UInt(bitPattern: first &+ j) < UInt(bitPattern: columns) ? read(p + j &* C) : Register()
    }

    @inline(__always)
    func down(_ floats: Int) -> PixelsAround {
        PixelsAround(p: p + floats, C: C, first: first, columns: columns)
    }
}

/// The same of a whole tile, whose middle is inside.
private struct PixelsBeside<T: RowTaps>: RowPixels {
    let p: Floats
    let C: Int
    let first: Int
    let columns: Int

    @inline(__always)
    func at(_ j: Int) -> Register {
        if j < T.kernel &- 1, first &+ j < 0 { return Register() }
        if j > (tileColumns &- 1) &* T.stride, first &+ j >= columns { return Register() }
        return read(p + j &* C)
    }

    @inline(__always)
    func down(_ floats: Int) -> PixelsBeside {
        PixelsBeside(p: p + floats, C: C, first: first, columns: columns)
    }
}

@inline(never)
private func tiles<T: RowTaps>(_ k: TileRow, _ taps: T.Type) {
    let width = min(k.outputs, tileColumns)
    let reach = (tileColumns &- 1) &* T.stride &+ T.kernel
    forEachRegister(k.C) { c in
        let nextInput = k.nextInput + c &* k.columns &* T.stride
        let nextOutput = k.nextOutput + c &* k.outputs
        var next = 0
        while next < k.outputs {
            // The last tile overlaps the one before.
            let t = min(next, k.outputs &- width)
            let share = next &* registerLanes
            prefetchLines(nextInput + share &* T.stride &* T.stride, T.stride &* T.stride)
            prefetchLines(nextOutput + share, 1)
            if let later = k.later {
                let place = later + (c &* k.columns &* T.stride &+ share &* T.stride &* T.stride)
                prefetchLines(place, T.stride &* T.stride)
            }
            let first = t &* T.stride &- k.left
            let tile: SevenTile = (
                x: k.x + (first &* k.C &+ c), first: first, y: k.y + (t &* k.C &+ c), width: width,
                filters: k.filters + c
            )
            if first >= 0, first &+ reach <= k.columns {
                inside(k, tile, taps)
            } else if width == tileColumns {
                beside(k, tile, taps)
            } else {
                around(k, tile, taps)
            }
            next &+= tileColumns
        }
    }
}

/// A tile of a row: the first pixel that its windows see, and its column; its first output, and their number.
private typealias SevenTile = (
    x: Floats, first: Int, y: MutableFloats, width: Int, filters: Floats
)

// Calls, because the registers that addresses take in one of the loops would be saved and restored around the others.

@inline(never)
private func inside<T: RowTaps>(_ k: TileRow, _ t: SevenTile, _: T.Type) {
    var s = emptySeven()
    var (p, f) = (t.x, t.filters)
    for _ in 0..<k.rows {
        T.add(&s, PixelsInside(p: p, C: k.C), f, k.filterDistance)
        p += k.rowDistance
        f += k.filterRowDistance
    }
    writeSeven(s, t.y, k.C)
}

@inline(never)
private func beside<T: RowTaps>(_ k: TileRow, _ t: SevenTile, _: T.Type) {
    var s = emptySeven()
    var (p, f) = (t.x, t.filters)
    for _ in 0..<k.rows {
        let x = PixelsBeside<T>(p: p, C: k.C, first: t.first, columns: k.columns)
        T.add(&s, x, f, k.filterDistance)
        p += k.rowDistance
        f += k.filterRowDistance
    }
    writeSeven(s, t.y, k.C)
}

@inline(never)
private func around<T: RowTaps>(_ k: TileRow, _ t: SevenTile, _: T.Type) {
    var s = emptySeven()
    var (p, f) = (t.x, t.filters)
    for _ in 0..<k.rows {
        let x = PixelsAround(p: p, C: k.C, first: t.first, columns: k.columns)
        T.add(&s, x, f, k.filterDistance)
        p += k.rowDistance
        f += k.filterRowDistance
    }
    write(s.0, t.y)
    if t.width > 1 { write(s.1, t.y + k.C) }
    if t.width > 2 { write(s.2, t.y + 2 &* k.C) }
    if t.width > 3 { write(s.3, t.y + 3 &* k.C) }
    if t.width > 4 { write(s.4, t.y + 4 &* k.C) }
    if t.width > 5 { write(s.5, t.y + 5 &* k.C) }
}

@inline(__always)
private func emptySeven() -> Seven {
    (Register(), Register(), Register(), Register(), Register(), Register(), Register())
}

@inline(__always)
private func writeSeven(_ s: Seven, _ y: MutableFloats, _ C: Int) {
    write(s.0, y)
    write(s.1, y + C)
    write(s.2, y + 2 &* C)
    write(s.3, y + 3 &* C)
    write(s.4, y + 4 &* C)
    write(s.5, y + 5 &* C)
    write(s.6, y + 6 &* C)
}

/// Prefetches as many floats as `times` tiles of outputs are.
@inline(__always)
private func prefetchLines(_ p: Floats, _ times: Int) {
    var i = 0
    while i < times &* tileColumns &* registerLanes {
        vectorshim_prefetch(p + i)
        i &+= lineFloats
    }
}
