public import Tensors

/// The whole photo, stretched to the square without regard to its aspect and without antialiasing,
/// as OpenCV's `resize` does by default.
public struct Stretch: Augmentation, Equatable {
    /// Makes the augmentation.
    public init() {}

    /// Sets crop and filter.
    public func apply(to plan: inout SamplePlan, using random: inout Random) {
        plan.crop = CropBox(
            x: 0,
            y: 0,
            width: Double(plan.photoWidth),
            height: Double(plan.photoHeight)
        )
        plan.filter = .bilinear
    }
}
