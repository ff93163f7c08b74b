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
    /// - Parameter stepsDone: steps that are not to be done again.
    init(
        _ setup: RunSetup,
        _ replica: Replica,
        _ features: FeatureCache?,
        stepsDone: Int
    ) throws {
        let (configuration, communicator) = (setup.configuration, replica.communicator)
        let model = features?.makeTrunk() ?? replica.model
        let operations = Double(max(model.summary().multiplyAdds, 1))
        let first = max(1, min(model.input.N, Int(Self.sample / operations)))
        let perPhoto = try model.withConstantWeights {
            // In the first pass filters are packed, and memory is met for the first time.
            _ = try Self.passSeconds(setup, replica, model, photos: first)
            let rate =
                Double(first)
                / max(
                    try Self.passSeconds(setup, replica, model, photos: first),
                    1e-6
                )
            let count = max(first, min(model.input.N, Int(Self.patience * rate)))
            return try communicator.maximum(
                Self.passSeconds(setup, replica, model, photos: count) / Double(count)
            )
        }
        let own = replica.ownSlices.count * (configuration.batch / replica.tree.slices)
        let updated = Double(model.store.live.count * (3 + replica.update.shards.count)) * 4
        let ranksOnNode = communicator.machines.count {
            $0 == communicator.machines[communicator.rank]
        }
        let updating =
            updated * Double(ranksOnNode) / Double(communicator.size) / Self.updateRate
        // A frozen part is computed once a step, as in evaluation.
        let frozen = setup.description.frozenShare(configuration.freezing)
        let passes = Self.perStep * (1 - frozen) + (features == nil ? frozen : 0)
        let step = try communicator.maximum(perPhoto * passes * Double(own) + updating)
        let perPhotoOfAll = perPhoto / Double(communicator.size)
        let most = configuration.evaluateAtMost
        let held = setup.photos.held.count
        let sampled = most > 0 ? min(held, most) : held
        let steps = max(0, setup.course.totalSteps - stepsDone)
        let every = configuration.evaluateEvery
        // The last evaluation, which is of all, is none of these.
        let evaluations =
            every > 0 && steps > 0 ? (steps - 1) / setup.course.stepsPerEpoch / every : 0
        self.step = step
        guard let features else {
            evaluation = perPhotoOfAll * Double(sampled)
            whole = Double(steps) * step + perPhotoOfAll * Double(evaluations * sampled + held)
            return
        }
        // The trunk sees each photo once, in the first launch.
        evaluation = perPhotoOfAll * (1 - frozen) * Double(sampled)
        whole =
            Double(steps) * step + evaluation * Double(evaluations + 1)
            + (stepsDone == 0 ? perPhotoOfAll * Double(features.photos) : 0)
    }

    /// Seconds of a pass of `count` random photos on this rank, while the others compute as well.
    private static func passSeconds(
        _ setup: RunSetup,
        _ replica: Replica,
        _ model: Model,
        photos count: Int
    ) throws -> Double {
        let noise = randomPhotos(
            0..<count,
            imageSize: setup.configuration.imageSize,
            classes: setup.photos.classes.count
        )
        try replica.communicator.barrier()
        return measureSeconds { _ = model.forward(noise.images, .evaluation) }
    }
}
