public import Tensors

/// What a forward pass is for.
public enum Phase: Sendable {
    /// Batch norms use the batch's statistics and note them; dropout drops.
    case training(TrainingContext)
    /// Batch norms use running statistics; nothing is dropped, nothing remembered.
    case evaluation

    /// The slices of a training pass; nil in evaluation.
    public var slices: Slices? {
        if case .training(let context) = self { return context.slices }
        return nil
    }

    /// Whether a backward pass may follow.
    package var isTraining: Bool {
        if case .training = self { return true }
        return false
    }
}

/// Which part of which step a training pass computes.
public struct TrainingContext: Sendable {
    /// Photos that are computed as if they were alone.
    public struct Slice: Sendable {
        /// Its photos, positions in the pass.
        public var images: Range<Int>
        /// Weight of its batch statistics in those of the step; the slices' add up to 1.
        public var statisticsWeight: Float

        /// The photos `images`, whose statistics weigh `statisticsWeight`.
        public init(images: Range<Int>, statisticsWeight: Float) {
            self.images = images
            self.statisticsWeight = statisticsWeight
        }
    }

    /// Seed of the run.
    public let seed: UInt64
    /// Number of the step, from 0.
    public let step: UInt64
    /// Position of the first photo of the pass in the global batch.
    public let firstPosition: Int
    /// Which photos of the pass belong to which slice.
    public let slices: Slices
    /// Weights of the slices' batch statistics.
    public let statisticsWeights: [Float]

    /// Describes a pass over a single slice, the `photos` photos from `firstPosition` on.
    public init(seed: UInt64, step: UInt64, firstPosition: Int, photos: Int) {
        let slice = Slice(images: 0..<photos, statisticsWeight: 1)
        self.init(seed: seed, step: step, firstPosition: firstPosition, slices: [slice])
    }

    /// Describes a pass over the photos from `firstPosition` on, which are those of `slices`.
    public init(seed: UInt64, step: UInt64, firstPosition: Int, slices: [Slice]) {
        self.seed = seed
        self.step = step
        self.firstPosition = firstPosition
        self.slices = Slices(slices.map(\.images))
        statisticsWeights = slices.map(\.statisticsWeight)
    }
}

/// What a network is built for, which decides how much memory it has.
public enum Purpose: Sendable {
    /// Forward and backward: activations are kept, gradients exist.
    case training
    /// Forward alone: the memory of activations is used again as soon as they are read.
    case evaluation
}
