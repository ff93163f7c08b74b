import Distributed
import Images
import Networks
import Tensors

/// About how long a run will take.
public struct RunEstimate: Sendable, Equatable {
    /// Seconds of a step.
    public var step: Double
    /// Seconds of an evaluation on the way.
    public var evaluation: Double
    /// Seconds of all that is left of the run.
    public var whole: Double
}

extension Trainer {
    /// Multiply-adds of the photos that are measured with first: a fraction of a second.
    private static let sample = 6e9
    /// Seconds of the pass that counts, of as many photos as that takes: a few photos leave a processor
    /// idle that a batch does not.
    private static let patience = 0.5
    /// What a photo of a training step takes, as a multiple of its evaluation: 3.5 for ResNets, more for
    /// networks whose weights are large beside their photos.
    private static let perStep = 4.0
    /// Bytes a second of an update, which reads and writes the weights and what the optimizer remembers.
    private static let updateRate = 6e9

    /// Measures the network on some random photos, on all ranks at the same time, and reckons with the
    /// slowest; neither weights nor random numbers change.
    ///
    /// Photos that are read more slowly than the network takes them, and a network between nodes that is
    /// slow, come on top.
    public func estimate() throws -> RunEstimate {
        let operations = Double(max(model.summary().operations, 1))
        let first = max(1, min(model.input.N, Int(Self.sample / operations)))
        let perPhoto = try model.withConstantWeights {
            // In the first pass filters are packed, and memory is met for the first time.
            _ = try passSeconds(photos: first)
            let rate = Double(first) / max(try passSeconds(photos: first), 1e-6)
            let count = max(first, min(model.input.N, Int(Self.patience * rate)))
            return try communicator.largest(passSeconds(photos: count) / Double(count))
        }
        let own = tree.slices(of: communicator.rank).count * (configuration.batch / tree.slices)
        let updated = Double(model.store.count * (3 + update.shards.count)) * 4
        let ranksOnNode = communicator.machines.count {
            $0 == communicator.machines[communicator.rank]
        }
        let updating =
            updated * Double(ranksOnNode) / Double(communicator.size) / Self.updateRate
        let step = try communicator.largest(perPhoto * Self.perStep * Double(own) + updating)
        let share = perPhoto / Double(communicator.size)
        let most = configuration.evaluateAtMost
        let held = photos.held.count
        let sampled = most > 0 ? min(held, most) : held
        let steps = max(0, course.totalSteps - stepsDone)
        let every = configuration.evaluateEvery
        // The last evaluation, which is of all, is none of these.
        let evaluations = every > 0 && steps > 0 ? (steps - 1) / course.stepsPerEpoch / every : 0
        return RunEstimate(
            step: step,
            evaluation: share * Double(sampled),
            whole: Double(steps) * step + share * Double(evaluations * sampled + held)
        )
    }

    /// Seconds of a pass of `count` random photos on this rank, while the others compute as well.
    private func passSeconds(photos count: Int) throws -> Double {
        let noise = randomPhotos(
            0..<count,
            imageSize: configuration.imageSize,
            classes: photos.classes.count
        )
        try communicator.barrier()
        return measureSeconds { _ = model.forward(noise.images, .evaluation) }
    }
}
