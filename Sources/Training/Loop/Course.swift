/// Which step lies in which epoch, and where checkpoints and evaluations fall.
public struct Course: Sendable, Equatable {
    /// Steps of one epoch.
    public let stepsPerEpoch: Int
    /// Steps of the whole run.
    public let totalSteps: Int
    /// Whether a last batch that is not full is left out.
    let dropsLast: Bool
    private let evaluateEvery: Int
    private let checkpointEvery: Int?

    /// Lays out a run over `photos` training photos.
    ///
    /// An epoch of fewer photos than a batch is one step, whether or not smaller batches are left
    /// out.
    public init(_ configuration: TrainingConfiguration, photos: Int) throws {
        guard photos > 0 else {
            throw TrainingError.data("there are no photos to learn from; check --data")
        }
        let batch = configuration.batch
        dropsLast = configuration.dropLast && photos >= batch
        stepsPerEpoch = dropsLast ? photos / batch : (photos + batch - 1) / batch
        totalSteps = configuration.steps ?? stepsPerEpoch * configuration.epochs
        evaluateEvery = configuration.evaluateEvery
        checkpointEvery = configuration.checkpointEvery
    }

    /// The epoch of a step, from 0.
    public func epoch(of step: Int) -> Int { step / stepsPerEpoch }

    /// The place of a step in its epoch, from 0.
    public func stepInEpoch(_ step: Int) -> Int { step % stepsPerEpoch }

    /// Whether an epoch, or the run, ends when `done` steps are done.
    public func epochEnds(after done: Int) -> Bool {
        done == totalSteps || done % stepsPerEpoch == 0
    }

    /// Whether a checkpoint is due when `done` steps are done.
    public func checkpointIsDue(after done: Int) -> Bool {
        epochEnds(after: done)
            || (checkpointEvery.map { done % $0 == 0 } ?? false)
    }

    /// Whether an evaluation is due when `done` steps are done.
    public func evaluationIsDue(after done: Int) -> Bool {
        guard done < totalSteps else { return true }
        guard evaluateEvery > 0, done % stepsPerEpoch == 0 else { return false }
        return (done / stepsPerEpoch) % evaluateEvery == 0
    }
}
