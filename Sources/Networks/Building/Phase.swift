/// What a forward pass is for.
public enum Phase: Sendable {
    /// Batch norms use the batch's statistics and note them; dropout drops.
    case training(TrainingContext)
    /// Batch norms use running statistics; nothing is dropped, nothing remembered.
    case evaluation
}

/// Which part of which step a training pass computes.
public struct TrainingContext: Sendable {
    /// Seed of the run.
    public var seed: UInt64
    /// Number of the step, from 0.
    public var step: UInt64
    /// Position of the first photo of the slice in the global batch.
    public var firstPosition: Int
    /// Weight of this slice's batch statistics in those of the step; the slices' add up to 1.
    public var statisticsWeight: Float

    /// Describes a pass over the photos from `firstPosition` on.
    public init(seed: UInt64, step: UInt64, firstPosition: Int, statisticsWeight: Float) {
        self.seed = seed
        self.step = step
        self.firstPosition = firstPosition
        self.statisticsWeight = statisticsWeight
    }
}

/// What a network is built for, which decides how much memory it has.
public enum Purpose: Sendable {
    /// Forward and backward: activations are kept, gradients exist.
    case training
    /// Forward alone: the memory of activations is used again as soon as they are read.
    case evaluation
}
