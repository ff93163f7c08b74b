import KernelTable

/// What a convolution's output pass notes of its results for the batch norm behind it.
///
/// Of some tiles at a time a value p of each channel, Σ (x − p) and Σ (x − p)². They are cut by the image alone, so
/// the moments of a slice depend on the slice alone. Only maps are noted whose tiles come in whole groups, and
/// whose channels fill vectors.
public struct NotedMoments: Sendable {
    /// Pixels of each group of tiles of an image.
    private let pixels: [Double]
    /// Channels.
    private let C: Int

    /// Channels that are summed up together.
    private static let lanes = 16
    private static let tileSide = 4

    /// Plans maps of `shape`; nil where they are not noted.
    init?(_ shape: Shape) {
        let side = Self.tileSide
        let (across, down) = ((shape.W + side - 1) / side, (shape.H + side - 1) / side)
        let together = WinogradKernels.notedTiles
        guard across * down % together == 0, shape.C % Self.lanes == 0 else { return nil }
        C = shape.C
        pixels = (0..<across * down / together).map { group in
            let tiles = group * together..<(group + 1) * together
            return tiles.reduce(0) { sum, tile in
                let (row, column) = tile.quotientAndRemainder(dividingBy: across)
                let rows = min(side, shape.H - row * side)
                return sum + Double(rows * min(side, shape.W - column * side))
            }
        }
    }

    /// Floats that the notes of an image take.
    var perImage: Int { pixels.count * 3 * C }

    /// Mean and biased variance of some channels of a slice: [C] each, from `notes` of the whole batch.
    func sum(
        _ notes: UnsafePointer<Float>,
        images: Range<Int>,
        channels: Range<Int>,
        mean: UnsafeMutablePointer<Float>,
        variance: UnsafeMutablePointer<Float>
    ) {
        let total = Double(images.count) * pixels.reduce(0, +)
        let share = 1 / max(total, 1)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * channels.count) { sums in
            guard let means = sums.baseAddress else { return }
            let squares = means + channels.count
            means.update(repeating: 0, count: 2 * channels.count)
            forEachGroup(notes + channels.lowerBound, images) { group, size in
                for c in 0..<channels.count {
                    means[c] += size * Double(group[c]) + Double(group[C + c])
                }
            }
            for c in 0..<channels.count { means[c] *= share }
            // Σ (x − mean)² = Σ (x − p)² + 2 (p − mean) Σ (x − p) + n (p − mean)².
            forEachGroup(notes + channels.lowerBound, images) { group, size in
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

    @inline(__always)
    private func forEachGroup(
        _ notes: UnsafePointer<Float>,
        _ images: Range<Int>,
        _ body: (_ group: UnsafePointer<Float>, _ pixels: Double) -> Void
    ) {
        var group = notes + images.lowerBound * perImage
        for _ in images {
            for size in pixels {
                body(group, size)
                group += 3 * C
            }
        }
    }
}
