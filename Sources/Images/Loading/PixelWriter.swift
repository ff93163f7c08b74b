/// Lays resampled rows of the stored photo into the upright square of the batch, [S, S, 3] floats.
struct PixelWriter {
    private let base: UnsafeMutablePointer<Float>
    private let columnStep: Int
    private let rowStep: Int
    private let width: Int
    private let scale: SIMD4<Float>
    private let offset: SIMD4<Float>

    /// Prepares to write a square of `size` pixels a side at `target`.
    ///
    /// - Parameters:
    ///   - flip: whether left and right of the upright square change places.
    ///   - scale, offset: applied to each channel on the way.
    init(
        _ target: UnsafeMutablePointer<Float>,
        size: Int,
        orientation: Orientation,
        flip: Bool,
        scale: SIMD3<Float>,
        offset: SIMD3<Float>
    ) {
        let mirrorsColumns = orientation.mirrorsColumns != flip
        let right = mirrorsColumns ? -3 : 3
        let down = orientation.mirrorsRows ? -3 * size : 3 * size
        base =
            target + (mirrorsColumns ? 3 * (size - 1) : 0)
            + (orientation.mirrorsRows ? 3 * size * (size - 1) : 0)
        columnStep = orientation.transposed ? down : right
        rowStep = orientation.transposed ? right : down
        width = size
        self.scale = SIMD4(scale, 0)
        self.offset = SIMD4(offset, 0)
    }

    /// Writes row `y` of the stored photo.
    @inline(__always)
    func write(_ y: Int, _ pixels: UnsafePointer<SIMD4<Float>>) {
        var to = base + y * rowStep
        for x in 0..<width {
            let value = pixels[x] * scale + offset
            to[0] = value.x
            to[1] = value.y
            to[2] = value.z
            to += columnStep
        }
    }
}
