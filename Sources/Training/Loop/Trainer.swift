public import Distributed
import Files
public import Images
public import Networks
public import Tensors

/// One rank's part of a training run, from the first step or a checkpoint to the last.
///
/// Every call that throws is collective.
public final class Trainer {
    /// Steps, epochs and what falls due when.
    public var course: Course { setup.course }
    /// The network.
    public var model: Model { replica.model }
    /// Steps done so far, those before a resume included.
    public var stepsDone: Int { loop.progress.step }
    /// What the last evaluation of this launch found, on every rank; nil before the first.
    public var findings: Evaluator.Findings? { loop.findings }

    private let setup: RunSetup
    private let replica: Replica
    private let step: TrainingStep
    private let recorder: RunRecorder
    private let validation: Validation
    private let features: FeatureCache?
    private var checkpoints: CheckpointKeeper
    private var loop: TrainingLoop

    /// Builds the network with random weights and everything around it; every rank with the same
    /// arguments.
    ///
    /// - Parameters:
    ///   - configuration: what to do; slices that are not set are as many as the ranks.
    ///   - photos: the same on all ranks.
    ///   - run: where rank 0 keeps lines and checkpoints; the folder is there.
    ///   - signals: requests to stop; nil = none come.
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
        setup = try communicator.together {
            try RunSetup(configuration, photos, run, signals, communicator, pool)
        }
        replica = try Replica(
            setup.configuration,
            setup.description,
            communicator: communicator,
            pool: pool
        )
        step = try TrainingStep(
            replica,
            loss: BatchLoss(setup.configuration, photos),
            seed: setup.configuration.seed,
            interruption: signals?.leave
        )
        recorder = RunRecorder(run, lock: lock, report: report)
        features = FeatureCache(setup, replica, recorder)
        validation = Validation(setup, replica, recorder, features)
        (checkpoints, loop) = Trainer.loop(setup, replica, step, recorder, validation, features)
    }

    /// Trains to the end of the course, or until a rank receives a signal.
    ///
    /// On a signal a rank leaves the step at hand wherever it is, and the state after the last whole step is
    /// kept. What the step computed is dropped on all ranks; a run that goes on computes it anew, to the same
    /// bits.
    ///
    /// - Returns: the signal that ended the run early, with a checkpoint written; nil at the end.
    public func train() throws -> Int32? { try loop.run() }

    /// Puts on the disk what was kept in a hurry.
    public func flush() throws { try checkpoints.flush() }

    /// Takes up the state in a checkpoint of this run, or in the latest of a run folder; rank 0
    /// reads, the others are told.
    ///
    /// Throws on all ranks where the checkpoint is damaged, or belongs to other photos or to
    /// settings that a run cannot change.
    public func resume(from path: String) throws {
        var opened: CheckpointFile?
        let progress = try setup.communicator.fromRoot {
            let file = try CheckpointFile(path, latest: true)
            opened = file
            recorder.tell(file.remarks)
            let metadata = try setup.resumable(file)
            return TrainingLoop.Progress(
                step: metadata.step,
                badPhotos: metadata.badPhotos,
                best: setup.run.best(upTo: metadata.step, or: metadata.best),
                isEvaluated: setup.run.isEvaluated(step: metadata.step)
            )
        }
        try replica.load(state: opened, step: progress.step)
        try setup.communicator.together {
            guard replica.isRoot else { return }
            recorder.tell(try setup.run.restore(step: progress.step, best: progress.best?.step))
        }
        (checkpoints, loop) = Trainer.loop(
            setup,
            replica,
            step,
            recorder,
            validation,
            features,
            from: progress
        )
    }

    /// Starts from the weights in a file, such as torchvision's; rank 0 reads, the others are told.
    ///
    /// A last layer that does not fit, or that is for other landmarks, starts at zero. Throws where
    /// others do that would stay at random, since they are frozen.
    ///
    /// - Parameter ignoreSurplus: leave out tensors that the network has no place for.
    /// - Returns: what was made of the file, on all ranks.
    public func start(
        fromWeights path: String,
        ignoreSurplus: Bool = false
    ) throws -> WeightsReport {
        let classes = setup.photos.classes
        let report = try replica.load(weights: path, ignoreSurplus: ignoreSurplus) { claims in
            if let others = claims.classes, others.count == classes.count, others != classes {
                return .kept("is for other landmarks")
            }
            return .ifItFits
        }
        let kept = Set(report.kept)
        let random = model.store.parameters.first { kept.contains($0.name) && !$0.isHead }
        if let random, setup.configuration.freezing == .trunk {
            throw TrainingError.checkpoint(
                "\(path.shown) has no \(random.name), which --freeze trunk would leave at random; leave "
                    + "--freeze out or give a file that has it"
            )
        }
        return report
    }

    /// Evaluates the finished network once on photos that had no part in training: with the weights of
    /// the best checkpoint, or the last ones where none was evaluated.
    ///
    /// The network holds those weights afterwards, so that training cannot go on.
    ///
    /// - Parameters:
    ///   - photos: the same on all ranks, with labels among the classes of the run.
    ///   - progress: told on rank 0 how many photos are done.
    /// - Returns: what came out, on all ranks.
    public func test(
        _ photos: any Dataset,
        progress: (Int) -> Void = { _ in }
    ) throws -> EvaluationResult {
        try validation.test(photos, lastStep: stepsDone, progress: progress)
    }

    /// About how long the run will take, measured on some random photos on all ranks at the same time; neither
    /// weights nor random numbers change.
    ///
    /// Photos that are read more slowly than the network takes them, and a network between nodes that is
    /// slow, come on top.
    public func estimate() throws -> RunEstimate {
        try RunEstimate(setup, replica, features, stepsDone: stepsDone)
    }

    /// Bytes that this rank comes to hold: network, with its part of the values, optimizer, sums of
    /// slices, photos being read, features that are computed once.
    public var memory: Int {
        let side = setup.configuration.imageSize
        let photos = replica.ownSlices.count * (setup.configuration.batch / replica.tree.slices)
        let batches = features == nil ? BatchLoader.slots * photos * side * side * 3 : 0
        let states = replica.update.shards.reduce(0) { $0 + $1.values.count }
        let others = replica.values.others(of: setup.communicator.rank)
        return model.memory.bytes + step.memory + (features?.memory ?? 0)
            + (replica.reducer.memory - others + states + batches) * MemoryLayout<Float>.stride
    }

    /// Bytes of a checkpoint.
    public var checkpointBytes: Int {
        (model.store.count + replica.update.shards.count * model.store.trainable.count)
            * MemoryLayout<Float>.stride
    }

    /// The loop from the first step, or from where a checkpoint has it.
    private static func loop(
        _ setup: RunSetup,
        _ replica: Replica,
        _ step: TrainingStep,
        _ recorder: RunRecorder,
        _ validation: Validation,
        _ features: FeatureCache?,
        from resumed: TrainingLoop.Progress? = nil
    ) -> (CheckpointKeeper, TrainingLoop) {
        let checkpoints = CheckpointKeeper(
            replica,
            setup.run,
            recorder,
            setup.configuration,
            leave: setup.signals?.leave,
            savedStep: resumed?.step
        )
        let progress = resumed ?? TrainingLoop.Progress()
        let loop = TrainingLoop(
            setup,
            step,
            recorder,
            checkpoints,
            validation,
            features,
            from: progress
        )
        return (checkpoints, loop)
    }
}
