public import Tensors

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
