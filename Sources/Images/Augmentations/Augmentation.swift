public import Tensors

/// A change of how a photo is seen, decided before any pixel is read.
public protocol Augmentation: Sendable {
    /// Edits `plan`, drawing what is random from `random`.
    func apply(to plan: inout SamplePlan, using random: inout Random)
}
