import Foundation
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

/// A crop of random area and aspect (Szegedy et al., "Going deeper with convolutions", 2014), drawn
/// as torchvision's `RandomResizedCrop` draws it.
public struct RandomResizedCrop: Augmentation, Equatable {
    /// Share of the photo's area, uniform.
    public let scale: ClosedRange<Double>
    /// Width over height, log-uniform.
    public let ratio: ClosedRange<Double>

    /// Makes the augmentation; areas and aspects must be positive.
    public init(scale: ClosedRange<Double>, ratio: ClosedRange<Double> = 3.0 / 4...4.0 / 3) {
        self.scale = scale
        self.ratio = ratio
    }

    /// Chooses the crop.
    public func apply(to plan: inout SamplePlan, using random: inout Random) {
        let area = Double(plan.photoWidth * plan.photoHeight)
        for _ in 0..<10 {
            let target =
                area
                * (scale.lowerBound + random.uniformDouble() * (scale.upperBound - scale.lowerBound))
            let low = log(ratio.lowerBound)
            let aspect = exp(low + random.uniformDouble() * (log(ratio.upperBound) - low))
            let width = Int((target * aspect).squareRoot().rounded(.toNearestOrEven))
            let height = Int((target / aspect).squareRoot().rounded(.toNearestOrEven))
            guard (1...plan.photoWidth).contains(width), (1...plan.photoHeight).contains(height)
            else { continue }
            plan.crop = CropBox(
                x: Double(random.integer(below: plan.photoWidth - width + 1)),
                y: Double(random.integer(below: plan.photoHeight - height + 1)),
                width: Double(width),
                height: Double(height)
            )
            return
        }
        plan.crop = largestCentred(in: plan)
    }

    /// The largest central crop of an allowed aspect, for photos too long for any of the draws.
    private func largestCentred(in plan: SamplePlan) -> CropBox {
        let whole = Double(plan.photoWidth) / Double(plan.photoHeight)
        let aspect = min(max(whole, ratio.lowerBound), ratio.upperBound)
        var width = plan.photoWidth
        var height = plan.photoHeight
        if aspect > whole {
            height = max(Int((Double(width) / aspect).rounded(.toNearestOrEven)), 1)
        } else if aspect < whole {
            width = max(Int((Double(height) * aspect).rounded(.toNearestOrEven)), 1)
        }
        return CropBox(
            x: Double((plan.photoWidth - width) / 2),
            y: Double((plan.photoHeight - height) / 2),
            width: Double(width),
            height: Double(height)
        )
    }
}
