import KernelTable

/// Mean and Σ (x − mean)² of values that come in parts (Chan, Golub and LeVeque, 1979).
struct Moments {
    private var count = 0.0
    private(set) var mean = 0.0
    private(set) var squares = 0.0

    /// Takes in `count` values of a mean and Σ (x − mean)² of their own.
    mutating func add(count size: Int, mean other: Float, squares more: Float) {
        let size = Double(size)
        let delta = Double(other) - mean
        let total = count + size
        mean += delta * size / total
        squares += Double(more) + delta * delta * count * size / total
        count = total
    }

    /// Σ (x − mean)² over the count; 0 where there is none.
    var variance: Double { squares / max(count, 1) }
}

/// The moments of a convolution's outputs, which its output pass records for the batch norm behind it.
///
/// For each group of pixels and each channel: a pivot p, Σ (x − p) and Σ (x − p)². Groups, which are tiles or bands
/// of rows, never span images, so the moments of a slice depend on the slice alone.
struct MomentPlan: Sendable {
    /// Pixels of each group of an image.
    fileprivate let pixels: [Double]
    /// Channels.
    fileprivate let C: Int

    /// Channels that are summed up together.
    private static let lanes = 16

    /// Plans bands of `rows` rows of maps of `shape`.
    init(bandsOf shape: Shape, rows: Int) {
        C = shape.C
        pixels = stride(from: 0, to: shape.H, by: rows).map {
            Double(min(rows, shape.H - $0) * shape.W)
        }
    }

    /// Plans groups of tiles of maps of `shape`; nil where the tiles form no whole groups or the channels fill no
    /// vectors, which are not noted.
    init?(tilesOf shape: Shape) {
        let side = WinogradConvolution.tileSide
        let tiles = WinogradConvolution.tiles(shape)
        let together = WinogradKernels.notedTiles
        guard tiles.count % together == 0, shape.C % Self.lanes == 0 else { return nil }
        C = shape.C
        pixels = (0..<tiles.count / together).map { group in
            (group * together..<(group + 1) * together).reduce(0) { sum, tile in
                let (row, column) = tile.quotientAndRemainder(dividingBy: tiles.across)
                let rows = min(side, shape.H - row * side)
                return sum + Double(rows * min(side, shape.W - column * side))
            }
        }
    }

    /// Floats that the notes of an image take.
    var perImage: Int { pixels.count * 3 * C }
}

/// The notes of a batch.
public struct RecordedMoments {
    let plan: MomentPlan
    let base: UnsafeMutablePointer<Float>

    /// Channels of the maps.
    var channels: Int { plan.C }

    /// Where the notes of a group of an image begin.
    func group(_ index: Int, ofImage image: Int) -> UnsafeMutablePointer<Float> {
        self.image(image) + index * 3 * plan.C
    }

    /// Where the notes of an image begin.
    func image(_ index: Int) -> UnsafeMutablePointer<Float> { base + index * plan.perImage }

    /// Mean and biased variance of some channels of a slice, [C] each.
    func sum(
        images: Range<Int>,
        channels: Range<Int>,
        mean: UnsafeMutablePointer<Float>,
        variance: UnsafeMutablePointer<Float>
    ) {
        let C = plan.C
        let share = 1 / max(Double(images.count) * plan.pixels.reduce(0, +), 1)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * channels.count) { sums in
            guard let means = sums.baseAddress else { return }
            let squares = means + channels.count
            means.update(repeating: 0, count: 2 * channels.count)
            forEachGroup(images, from: channels.lowerBound) { group, size in
                for c in 0..<channels.count {
                    means[c] += size * Double(group[c]) + Double(group[C + c])
                }
            }
            for c in 0..<channels.count { means[c] *= share }
            // Σ (x − mean)² = Σ (x − p)² + 2 (p − mean) Σ (x − p) + n (p − mean)².
            forEachGroup(images, from: channels.lowerBound) { group, size in
                for c in 0..<channels.count {
                    let d = Double(group[c]) - means[c]
                    squares[c] +=
                        Double(group[2 * C + c]) + d * (2 * Double(group[C + c]) + size * d)
                }
            }
            for (index, c) in channels.enumerated() {
                mean[c] = Float(means[index])
                variance[c] = Float(max(squares[index] * share, 0))
            }
        }
    }

    /// Calls `body` with the notes of each group, from a channel on, and with its pixels.
    @inline(__always)
    private func forEachGroup(
        _ images: Range<Int>,
        from channel: Int,
        _ body: (_ group: UnsafePointer<Float>, _ pixels: Double) -> Void
    ) {
        var group = UnsafePointer(image(images.lowerBound) + channel)
        for _ in images {
            for size in plan.pixels {
                body(group, size)
                group += 3 * plan.C
            }
        }
    }
}

/// The rows of all slices of a batch of maps, cut into fixed blocks, so that the summation order is fixed.
struct RowBlocks {
    /// The slice of each block and its rows in the batch.
    private(set) var blocks: [(slice: Int, rows: Range<Int>)] = []
    /// The blocks of each slice.
    private(set) var ofSlice: [Range<Int>] = []

    /// Cuts the pixels of `slices` into blocks of at most `size` rows.
    init(_ slices: Slices, pixelsPerImage: Int, size: Int) {
        for (slice, images) in slices.images.enumerated() {
            let first = blocks.count
            let end = images.upperBound * pixelsPerImage
            for row in stride(from: images.lowerBound * pixelsPerImage, to: end, by: size) {
                blocks.append((slice, row..<min(row + size, end)))
            }
            ofSlice.append(first..<blocks.count)
        }
    }

    /// Rows of a slice.
    func rows(_ slice: Int) -> Int { blocks[ofSlice[slice]].reduce(0) { $0 + $1.rows.count } }
}
