public import Tensors

/// Left and right change places now and then.
public struct HorizontalFlip: Augmentation, Equatable {
    /// How often.
    public let probability: Float

    /// Makes the augmentation.
    public init(probability: Float) { self.probability = probability }

    /// Decides whether to flip.
    public func apply(to plan: inout SamplePlan, using random: inout Random) {
        if random.uniform() < probability { plan.flip.toggle() }
    }
}
