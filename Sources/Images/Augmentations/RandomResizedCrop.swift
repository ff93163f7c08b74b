import Foundation
public import Tensors

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
