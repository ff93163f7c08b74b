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
    ///   - flip: whether the upright square is flipped horizontally.
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

/// Changes of brightness, contrast and saturation, composed, and normalisation in the same pass.
///
/// With luminance L and its mean m over the crop, a value v in 0…255 becomes
/// b·c·(s·v + (1−s)·L) + b·(1−c)·m, cut off at 0 and 255.
struct Recolouring {
    /// ITU-R 601 luminance.
    private static let luminance = SIMD3<Float>(0.299, 0.587, 0.114)

    private let own: Float
    private let gray: Float
    private let common: Float

    /// Composes the changes of `plan`.
    init(_ plan: SamplePlan) {
        own = plan.brightness * plan.contrast * plan.saturation
        gray = plan.brightness * plan.contrast * (1 - plan.saturation)
        common = plan.brightness * (1 - plan.contrast)
    }

    /// Changes `count` pixels of values in 0…255 in place, then multiplies by `scale` and adds
    /// `offset`.
    func apply(
        to pixels: UnsafeMutablePointer<Float>,
        count: Int,
        scale: SIMD3<Float>,
        offset: SIMD3<Float>
    ) {
        var total = 0.0
        for pixel in 0..<count {
            let value = SIMD3(pixels[3 * pixel], pixels[3 * pixel + 1], pixels[3 * pixel + 2])
            total += Double((value * Recolouring.luminance).sum())
        }
        let base = common * Float(total / Double(max(count, 1)))
        for pixel in 0..<count {
            let at = pixels + 3 * pixel
            let value = SIMD3(at[0], at[1], at[2])
            let light = gray * (value * Recolouring.luminance).sum() + base
            let changed = (own * value + light).clamped(
                lowerBound: SIMD3(repeating: 0),
                upperBound: SIMD3(repeating: 255)
            )
            let result = changed * scale + offset
            at[0] = result.x
            at[1] = result.y
            at[2] = result.z
        }
    }
}
