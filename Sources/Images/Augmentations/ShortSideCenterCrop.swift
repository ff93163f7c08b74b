public import Tensors

/// The middle of the photo after its short side is brought to `resize` pixels, as torchvision's
/// `Resize` and `CenterCrop`: the usual way to look at a photo in evaluation.
public struct ShortSideCenterCrop: Augmentation, Equatable {
    /// Short side of the resized photo; at least `crop`.
    public let resize: Int
    /// Side of the square cut from it.
    public let crop: Int

    /// Makes the augmentation.
    public init(resize: Int, crop: Int) {
        self.crop = max(crop, 1)
        self.resize = max(resize, self.crop)
    }

    /// Sets the crop.
    public func apply(to plan: inout SamplePlan, using random: inout Random) {
        let short = min(plan.photoWidth, plan.photoHeight)
        let long = max(plan.photoWidth, plan.photoHeight)
        let resizedLong = resize * long / short
        let isWide = plan.photoWidth >= plan.photoHeight
        let width = isWide ? resizedLong : resize
        let height = isWide ? resize : resizedLong
        let dx = Double(plan.photoWidth) / Double(width)
        let dy = Double(plan.photoHeight) / Double(height)
        plan.crop = CropBox(
            x: (Double(width - crop) / 2).rounded(.toNearestOrEven) * dx,
            y: (Double(height - crop) / 2).rounded(.toNearestOrEven) * dy,
            width: Double(crop) * dx,
            height: Double(crop) * dy
        )
    }
}
