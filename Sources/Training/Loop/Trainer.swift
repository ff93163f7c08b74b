public import Distributed
import Foundation
import Images
public import Networks
import TensorFiles
public import Tensors

/// One rank's part of a training run, from the first step or a checkpoint to the last.
public final class Trainer {
    /// Steps, epochs and what falls due when.
    public let course: Course
    /// The network.
    public let model: Model
    let values: NodeStorage
    let configuration: TrainingConfiguration
    let communicator: any Communicator
    let photos: TrainingSet
    let plan: BatchPlan
    let plans: PhotoPlans
    let tree: SliceTree
    let reducer: GradientReducer
    let update: WeightUpdate
    let run: RunFolder
    let pool: ThreadPool
    let report: (TrainingEvent) -> Void
    let step: TrainingStep
    private let schedule: LearningRateSchedule
    let signals: StopSignals?
    /// The right to write in the run folder; rank 0 alone has it, where there is a folder to share.
    let lock: RunLock?
    /// The lines of the run folder; rank 0 alone has it, while it trains.
    var journal: RunJournal?
    /// Why this rank cannot go on; it is told to all at the next point where they meet.
    var trouble: (any Error)?
    var progress = Progress()
    /// When a checkpoint was written last in this launch, or the launch began to train.
    var savedAt = ContinuousClock.now
    /// The step whose checkpoint lies in the run folder; nil = none of this launch's.
    var savedStep: Int?
    /// A checkpoint that has its name but may not be on the disk yet; on rank 0 alone.
    var unsynced: SafetensorsWriter?
    /// What the last evaluation of this launch found, on every rank; nil before the first.
    public internal(set) var findings: Evaluator.Findings?
    /// Photos that were reported as unreadable.
    var reported = Set<String>()

    /// What changes from step to step besides the weights.
    struct Progress {
        var step = 0
        /// Places of the epoch so far whose photo could not be read.
        var badPhotos = 0
        /// The best evaluation, of the weights at hand or earlier ones.
        var best: CheckpointMetadata.Best?
        /// Whether the weights at hand were evaluated.
        var isEvaluated = false
    }

    /// Builds the network with random weights and everything around it; every rank with the same
    /// arguments.
    ///
    /// - Parameters:
    ///   - configuration: what to do, one that passes `check`; slices that are not set are as many
    ///     as the ranks.
    ///   - photos: the same on all ranks.
    ///   - run: where rank 0 keeps lines and checkpoints; the folder is there.
    ///   - signals: wishes to stop; nil = none come.
    ///   - lock: what lets rank 0 write in the folder of `run`; nil = nobody else could.
    ///   - report: told on rank 0 what happens, on the thread that called `train`.
    public init(
        configuration: TrainingConfiguration,
        communicator: any Communicator,
        photos: TrainingSet,
        run: RunFolder,
        pool: ThreadPool,
        signals: StopSignals? = nil,
        lock: RunLock? = nil,
        report: @escaping (TrainingEvent) -> Void = { _ in }
    ) throws {
        var configuration = configuration
        let slices = configuration.slices ?? communicator.size
        configuration.slices = slices
        try configuration.check(ranks: communicator.size)
        let description = configuration.description(classes: photos.classes.count)
        try description.check()
        self.configuration = configuration
        self.communicator = communicator
        self.photos = photos
        self.run = run
        self.pool = pool
        self.signals = signals
        self.lock = lock
        self.report = report
        course = try Course(configuration, photos: photos.training.count)
        plan = BatchPlan(configuration, photos, course, slices: slices)
        try plan.checkNorms(description, pool: pool)
        plans = PhotoPlans(configuration)
        schedule = LearningRateSchedule(configuration, course)
        let replica = try Replica(
            configuration,
            description,
            loss: BatchLoss(configuration, photos),
            communicator: communicator,
            pool: pool
        )
        tree = replica.tree
        model = replica.model
        values = replica.values
        reducer = replica.reducer
        update = replica.update
        step = replica.step
        step.interruption = signals?.leave
    }

    /// Bytes that this rank comes to hold: network, with its share of the values, optimizer, sums of
    /// slices, photos being read.
    public var memory: Int {
        let photos = tree.slices(of: communicator.rank).count * (configuration.batch / tree.slices)
        let batches = BatchLoader.slots * photos * plans.imageSize * plans.imageSize * 3
        let states = update.shards.reduce(0) { $0 + $1.values.count }
        return model.memory.bytes + step.memory
            + (reducer.memory - values.others(of: communicator.rank) + states + batches)
            * MemoryLayout<Float>.stride
    }

    /// Bytes of a checkpoint.
    public var checkpointBytes: Int {
        (model.store.count + update.shards.count * model.store.trainable.count)
            * MemoryLayout<Float>.stride
    }

    /// Steps done so far, those before a resume included.
    public var stepsDone: Int { progress.step }

    /// Trains to the end of the course, or until a rank receives a signal.
    ///
    /// On a signal a rank leaves the step at hand wherever it is, and the state after the last whole step is
    /// kept. What the step computed is dropped on all ranks; a run that goes on computes it anew, to the same
    /// bits.
    ///
    /// - Returns: the signal that ended the run early, with a checkpoint written; nil at the end.
    public func train() throws -> Int32? {
        try openJournal()
        savedAt = .now
        if let signal = try catchUp() { return signal }
        let loader = makeLoader()
        defer { loader.stop() }
        // The photos of a step that was left wait for the next try.
        var held: LoadedBatch?
        while progress.step < course.totalSteps {
            var timer = StepTimer()
            var spent = StepParts()
            let parts = plan.parts(progress.step)
            let photos = Result { try held ?? nextBatch(loader) }
            timer.lap()
            let facts = try step.meet(
                photos,
                parts: parts,
                checkpointIsDue: timeIsUp,
                &spent
            )
            held = try photos.get()
            guard !facts.departure.isWanted, let batch = held else {
                if let signal = try leave(facts.departure) { return signal }
                continue
            }
            let badPhotos = try settle(batch, facts)
            let end = try step.run(
                step: progress.step,
                photos: batch,
                facts: facts,
                parts: parts,
                learningRate: schedule(progress.step),
                spent: spent
            )
            switch end {
            case .left(let departure):
                if let signal = try leave(departure) { return signal }
            case .done(let outcome):
                if course.epochEnds(after: progress.step + 1),
                    update.statisticsLag(after: progress.step + 1)
                {
                    try step.followStatistics(
                        step: progress.step,
                        photos: batch,
                        facts: facts,
                        parts: parts
                    )
                }
                loader.release(batch)
                held = nil
                progress.step += 1
                progress.badPhotos = badPhotos
                progress.isEvaluated = false
                tell(record(outcome, timer))
                if let signal = try keep(timeIsUp: facts.checkpointIsDue) { return signal }
            }
        }
        return nil
    }

    /// The photos of the next step; nil where a signal came first.
    private func nextBatch(_ loader: BatchLoader) throws -> LoadedBatch? {
        if let trouble { throw trouble }
        return try loader.next { [signals] in signals?.leave.isRequested ?? false }
    }

    /// The loader of this rank's photos for all steps that are left.
    private func makeLoader() -> BatchLoader {
        let own = tree.slices(of: communicator.rank)
        return BatchLoader(
            source: photos.training,
            requests: plan.requests(from: progress.step, slices: own),
            maximumBatch: own.count * (configuration.batch / tree.slices),
            imageSize: plans.imageSize,
            augmentations: plans.training,
            normalisation: plans.normalisation,
            seed: configuration.seed,
            threads: pool.threads
        )
    }

    /// The figures of the step just done.
    private func record(_ outcome: TrainingStep.Outcome, _ timer: StepTimer) -> StepRecord {
        let index = progress.step - 1
        let seconds = timer.total
        return StepRecord(
            step: index + 1,
            epoch: course.epoch(of: index) + 1,
            loss: outcome.loss,
            accuracy: outcome.accuracy,
            learningRate: Double(schedule(index)),
            imagesPerSecond: Double(plan.count(index)) / max(seconds, 1e-9),
            stepSeconds: seconds,
            dataSeconds: timer.first,
            communicationSeconds: outcome.parts.exchange,
            totalSteps: course.totalSteps,
            stepsPerEpoch: course.stepsPerEpoch
        )
    }
}

/// The time since the beginning of a step, and its first part.
private struct StepTimer {
    private let begin = ContinuousClock.now
    private(set) var first = 0.0

    /// Seconds since the beginning.
    var total: Double { (ContinuousClock.now - begin).seconds }

    /// Ends the first part.
    mutating func lap() { first = total }
}
