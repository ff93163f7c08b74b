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
