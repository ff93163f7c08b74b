import Foundation
public import Tensors

/// A random horizontal flip.
public struct HorizontalFlip: Augmentation, Equatable {
    /// Probability, 0…1.
    public let probability: Float

    /// Makes the augmentation.
    public init(probability: Float) { self.probability = probability }

    /// Decides whether to flip.
    public func apply(to plan: inout SamplePlan, using random: inout Random) {
        if random.uniform() < probability { plan.flip.toggle() }
    }
}

/// Random brightness, contrast and saturation, each a factor uniform in 1 ± strength.
///
/// The three changes are linear and, cut off at black and white only at the end, give the same in
/// any order; so their factors multiply, and none is drawn.
public struct ColourJitter: Augmentation, Equatable {
    /// Largest relative change of brightness.
    public let brightness: Float
    /// Largest relative change of contrast.
    public let contrast: Float
    /// Largest relative change of saturation.
    public let saturation: Float

    /// Makes the augmentation.
    public init(brightness: Float, contrast: Float, saturation: Float) {
        self.brightness = brightness
        self.contrast = contrast
        self.saturation = saturation
    }

    /// Draws the three factors.
    public func apply(to plan: inout SamplePlan, using random: inout Random) {
        plan.brightness *= ColourJitter.factor(brightness, &random)
        plan.contrast *= ColourJitter.factor(contrast, &random)
        plan.saturation *= ColourJitter.factor(saturation, &random)
    }

    private static func factor(_ strength: Float, _ random: inout Random) -> Float {
        random.uniform(max(0, 1 - strength), 1 + strength)
    }
}

/// Random erasing of a rectangle (Zhong et al., "Random erasing data augmentation",
/// 2017), drawn as torchvision's `RandomErasing` draws it.
public struct RandomErasing: Augmentation, Equatable {
    /// Probability, 0…1.
    public let probability: Float
    /// Share of the square's area, uniform.
    public let scale: ClosedRange<Double>
    /// Height over width, log-uniform.
    public let ratio: ClosedRange<Double>

    /// Makes the augmentation.
    public init(
        probability: Float,
        scale: ClosedRange<Double> = 0.02...0.33,
        ratio: ClosedRange<Double> = 0.3...3.3
    ) {
        self.probability = probability
        self.scale = scale
        self.ratio = ratio
    }

    /// Decides whether and where to erase.
    public func apply(to plan: inout SamplePlan, using random: inout Random) {
        guard random.uniform() < probability else { return }
        let side = plan.imageSize
        for _ in 0..<10 {
            let share =
                scale.lowerBound + random.uniformDouble() * (scale.upperBound - scale.lowerBound)
            let area = Double(side * side) * share
            let low = log(ratio.lowerBound)
            let aspect = exp(low + random.uniformDouble() * (log(ratio.upperBound) - low))
            let height = Int((area * aspect).squareRoot().rounded(.toNearestOrEven))
            let width = Int((area / aspect).squareRoot().rounded(.toNearestOrEven))
            guard width > 0, width < side, height > 0, height < side else { continue }
            let y = random.integer(below: side - height + 1)
            let x = random.integer(below: side - width + 1)
            plan.erasing = .init(columns: x..<x + width, rows: y..<y + height)
            return
        }
    }
}
