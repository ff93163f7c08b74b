import Distributed
import Images
import Networks
import Tensors

/// The loop over the steps of a run, and what falls due between them.
final class TrainingLoop {
    private let setup: RunSetup
    private let step: TrainingStep
    private let schedule: LearningRateSchedule
    private let recorder: RunRecorder
    private let checkpoints: CheckpointKeeper
    private let validation: Validation
    /// Features in the place of photos; nil = photos go through the whole network.
    private let features: FeatureCache?
    /// What changes from step to step besides the weights.
    private(set) var progress: Progress
    /// What the last evaluation of this launch found, on every rank; nil before the first.
    private(set) var findings: Evaluator.Findings?

    /// What changes from step to step besides the weights.
    struct Progress: Codable, Sendable {
        var step = 0
        /// Places of the epoch so far whose photo could not be read.
        var badPhotos = 0
        /// The best evaluation, of the weights at hand or earlier ones.
        var best: CheckpointMetadata.Best?
        /// Whether the weights at hand were evaluated.
        var isEvaluated = false
    }

    init(
        _ setup: RunSetup,
        _ step: TrainingStep,
        _ recorder: RunRecorder,
        _ checkpoints: CheckpointKeeper,
        _ validation: Validation,
        _ features: FeatureCache?,
        from progress: Progress
    ) {
        self.setup = setup
        self.step = step
        self.recorder = recorder
        self.checkpoints = checkpoints
        self.validation = validation
        self.features = features
        self.progress = progress
        schedule = LearningRateSchedule(setup.configuration, setup.course)
    }

    /// Trains to the end of the course, or until a rank receives a signal.
    ///
    /// - Returns: the signal that ended the run early, with a checkpoint written; nil at the end.
    func run() throws -> Int32? { try step.withFrozenWeights(begin) }

    private func begin() throws -> Int32? {
        try setup.communicator.together {
            guard setup.communicator.rank == 0 else { return }
            let isEvaluated = progress.isEvaluated || !evaluationIsDue
            try recorder.open(step: progress.step, evaluated: isEvaluated)
        }
        checkpoints.startClock()
        if let signal = try features?.prepare() ?? catchUp() {
            return try leave(Departure(signal))
        }
        let loader = setup.makeLoader(
            from: progress.step,
            slices: step.ownSlices,
            features: features?.tables?.training
        )
        defer { loader.stop() }
        // The photos of a step that was left wait for the next try.
        var held: LoadedBatch?
        while progress.step < setup.course.totalSteps {
            var clock = StepClock()
            let slices = setup.batches.slices(progress.step)
            let loaded = Result { try held ?? nextBatch(loader) }
            clock.photosCame()
            let facts = try step.agree(
                loaded,
                slices,
                checkpointIsDue: checkpoints.timeIsUp,
                &clock.times
            )
            held = try loaded.get()
            guard !facts.departure.isWanted, let photos = held else {
                if let signal = try leave(facts.departure) { return signal }
                continue
            }
            let badPhotos = try noteBadPhotos(photos, facts)
            let batch = GlobalBatch(
                step: progress.step,
                slices: slices,
                photos: photos,
                scale: facts.scale
            )
            switch try step.run(batch, learningRate: schedule(progress.step), &clock.times) {
            case .left(let departure):
                if let signal = try leave(departure) { return signal }
            case .done(let outcome):
                if setup.course.epochEnds(after: progress.step + 1) {
                    try step.followStatistics(batch)
                }
                loader.release(photos)
                held = nil
                progress.step += 1
                progress.badPhotos = badPhotos
                progress.isEvaluated = false
                recorder.tell(record(outcome, clock))
                if let signal = try keep(timeIsUp: facts.checkpointIsDue) { return signal }
            }
        }
        return nil
    }
}

/// What falls due between two steps.
extension TrainingLoop {
    /// The photos of the next step; nil where a signal came first.
    private func nextBatch(_ loader: any BatchSource) throws -> LoadedBatch? {
        try recorder.requireWritten()
        return try loader.next { [setup] in setup.signals?.leave.isRequested ?? false }
    }

    /// Tells of unreadable photos, and ends a run that has too many before the weights are updated by them.
    ///
    /// - Returns: bad photos of the epoch, those of this step included.
    private func noteBadPhotos(_ photos: LoadedBatch, _ facts: StepFacts) throws -> Int {
        if facts.badPlaces > 0 {
            recorder.tell(try setup.communicator.gather(photos.skipped).flatMap { $0 })
        }
        return try setup.badPhotos(facts, step: progress.step, before: progress.badPhotos)
    }

    private var evaluationIsDue: Bool { validation.isDue(after: progress.step) }

    /// Writes a checkpoint and then evaluates, where the course or the clock has one after the steps done.
    ///
    /// - Parameter timeIsUp: write one in any case.
    /// - Returns: the signal that ended the evaluation, which whoever resumes makes up for; nil = go on.
    private func keep(timeIsUp: Bool) throws -> Int32? {
        guard timeIsUp || evaluationIsDue || setup.course.checkpointIsDue(after: progress.step)
        else { return nil }
        try checkpoints.write(metadata, isHurried: false)
        return evaluationIsDue ? try evaluate() : nil
    }

    /// Keeps the state after the last whole step, at once.
    ///
    /// - Returns: the signal that ends the run; nil = go on.
    private func leave(_ departure: Departure) throws -> Int32? {
        if checkpoints.savedStep != progress.step {
            try checkpoints.write(metadata, isHurried: true)
        }
        setup.signals?.leave.withdraw(StopSignals.warning)
        return departure.stop == 0 ? nil : departure.stop
    }

    /// Makes up for the evaluation that a run was stopped before or in, so that its lines are those of a
    /// run that was never stopped.
    ///
    /// - Returns: the signal that ended it; nil = go on.
    private func catchUp() throws -> Int32? {
        guard progress.step > 0, evaluationIsDue, !progress.isEvaluated else { return nil }
        return try evaluate()
    }

    /// Evaluates the held-out photos.
    ///
    /// - Returns: the signal that ended it before its end; nil = it is done.
    private func evaluate() throws -> Int32? {
        switch try validation.run(step: progress.step) {
        case .left(let signal): return signal
        case .done(let record, let findings, let skipped):
            recorder.tell(skipped)
            self.findings = findings
            progress.isEvaluated = true
            if record.comparableTop1 > progress.best?.top1 ?? -1 {
                progress.best = .init(step: progress.step, top1: record.comparableTop1)
            }
            recorder.tell(record)
            try checkpoints.publish(metadata)
            return nil
        }
    }

    private var metadata: CheckpointMetadata { setup.metadata(progress) }

    /// The figures of the step just done.
    private func record(_ outcome: TrainingStep.Outcome, _ clock: StepClock) -> StepRecord {
        let (index, seconds) = (progress.step - 1, clock.seconds)
        return StepRecord(
            step: index + 1,
            epoch: setup.course.epoch(of: index) + 1,
            loss: outcome.loss,
            accuracy: outcome.accuracy,
            learningRate: Double(schedule(index)),
            imagesPerSecond: Double(setup.batches.count(index)) / max(seconds, 1e-9),
            stepSeconds: seconds,
            dataSeconds: clock.dataSeconds,
            communicationSeconds: clock.times.exchange,
            totalSteps: setup.course.totalSteps,
            stepsPerEpoch: setup.course.stepsPerEpoch
        )
    }
}

/// One step of training on this rank: photos in, updated weights out.
///
/// The order of every sum is fixed by the slices, so the weights after a step are the same bits
/// whichever ranks did the work (see `docs/distributed.md`).
final class TrainingStep {
    private let replica: Replica
    private let loss: BatchLoss
    private let passes: GradientPasses
    /// This rank's node where all ranks exchange theirs beside the backward pass; nil where they do so after
    /// the last.
    private let overlapped: SliceNode?
    /// What makes a rank leave the passes of a step; nil = nothing does.
    private let interruption: Interruption?

    /// Makes room for the gradients of this rank's passes; a collective call.
    init(
        _ replica: Replica,
        loss: BatchLoss,
        seed: UInt64,
        interruption: Interruption? = nil
    ) throws {
        self.replica = replica
        self.loss = loss
        self.interruption = interruption
        passes = GradientPasses(replica, loss: loss, seed: seed)
        try replica.reducer.connect(sums: passes.places)
        let node = passes.onlyNode
        let overlaps = replica.reducer.canOverlap && node != nil && !replica.update.clips
        overlapped = try replica.communicator.gather(overlaps).allSatisfy { $0 } ? node : nil
    }

    /// Runs `body`, a course of steps, in which frozen weights stay as they are.
    func withFrozenWeights<T>(_ body: () throws -> T) rethrows -> T {
        try replica.model.withFrozenWeights(body)
    }

    /// The slices that this rank computes.
    var ownSlices: Range<Int> { replica.ownSlices }

    /// Bytes held beside the network.
    var memory: Int { passes.memory }

    /// What a step found out, the same on all ranks.
    struct Outcome {
        /// Mean loss over the photos of the step.
        var loss: Double
        /// Share of the photos whose landmark came first.
        var accuracy: Double
    }

    /// How a step ended.
    enum End {
        /// The weights are updated.
        case done(Outcome)
        /// Some rank left it, and nothing was changed.
        case left(Departure)
    }

    /// Tells all ranks what each must know before the step; a failure to read photos ends all.
    ///
    /// - Parameters:
    ///   - loaded: this rank's photos, slice after slice; nil where it did not wait for them, because it is
    ///     to leave.
    ///   - slices: positions of each slice in the global batch, for all slices.
    ///   - checkpointIsDue: whether the time between checkpoints is over, on rank 0.
    func agree(
        _ loaded: Result<LoadedBatch?, any Error>,
        _ slices: [Range<Int>],
        checkpointIsDue: Bool,
        _ times: inout StepTimes
    ) throws -> StepFacts {
        var own = StepReadiness(weights: [], departure: Departure(interruption?.reason ?? 0))
        own.checkpointIsDue = checkpointIsDue
        switch loaded {
        case .failure: own.isFailed = true
        case .success(let photos?):
            let first = slices[replica.ownSlices.lowerBound].lowerBound
            own.weights = replica.ownSlices.map { slice in
                let range = slices[slice]
                return loss.weight(
                    of: photos,
                    range.lowerBound - first..<range.upperBound - first
                )
            }
            own.badPlaces = photos.badPlaces
            own.blanks = photos.blanks
        case .success(nil): break
        }
        let facts = StepFacts(
            try times.measure(\.exchange) { try replica.communicator.gather(own) }
        )
        if facts.isFailed { _ = try replica.communicator.together { try loaded.get() } }
        return facts
    }

    /// Trains on a global batch: forward, loss, backward, exchange, update.
    func run(
        _ batch: GlobalBatch,
        learningRate: Float,
        _ times: inout StepTimes
    ) throws -> End {
        var sums = SliceSums()
        if let overlapped {
            // Weights are not constant here: finished layers' weights are updated while backward runs. From then
            // on the step cannot be left.
            let pass = passes.begin(passes.slices[0], batch)
            let dlogits = replica.pool.leaving(on: interruption) {
                let logits = passes.forward(pass, batch, &times)
                return passes.loss(logits, pass, batch, &sums, &times)
            }
            let total = try total(sums, batch, &times)
            guard !total.departure.isWanted, let dlogits else {
                passes.drop()
                replica.model.renewFrozenWeights()
                return .left(total.departure)
            }
            let exchange = try replica.update.begin(
                [overlapped],
                step: batch.step,
                learningRate: learningRate
            )
            passes.backward(dlogits, &times) { exchange.advance(to: $0.lowerBound) }
            try times.measure(\.exchange) { try exchange.finish() }
            return .done(outcome(total, batch))
        }
        _ = replica.model.withConstantWeights {
            replica.pool.leaving(on: interruption) {
                for slices in passes.slices {
                    let pass = passes.begin(slices, batch)
                    let logits = passes.forward(pass, batch, &times)
                    let dlogits = passes.loss(logits, pass, batch, &sums, &times)
                    passes.backward(dlogits, &times)
                }
            }
        }
        let total = try total(sums, batch, &times)
        guard !total.departure.isWanted else {
            replica.model.renewFrozenWeights()
            return .left(total.departure)
        }
        try times.measure(replica.communicator.size == 1 ? \.update : \.exchange) {
            try replica.update.apply(
                passes.nodes,
                step: batch.step,
                learningRate: learningRate
            )
        }
        return .done(outcome(total, batch))
    }

    /// Runs the batch of the step just done through the network once more, under the weights that it led to,
    /// where running statistics still lag behind them; nothing else changes.
    func followStatistics(_ batch: GlobalBatch) throws {
        guard replica.update.statisticsLag(after: batch.step + 1) else { return }
        var times = StepTimes()
        replica.model.withConstantWeights {
            for slices in passes.slices {
                _ = passes.forward(passes.begin(slices, batch), batch, &times)
                passes.backward(nil, &times)
            }
        }
        try replica.update.follow(passes.nodes, step: batch.step + 1)
    }

    /// The sums of all ranks; throws when the loss is not finite, before the weights are updated by it.
    private func total(
        _ own: SliceSums,
        _ batch: GlobalBatch,
        _ times: inout StepTimes
    ) throws -> SliceSums {
        var own = own
        own.departure = Departure(interruption?.reason ?? 0)
        let total = SliceSums(
            try times.measure(\.exchange) { try replica.communicator.gather(own) }
        )
        guard total.departure.isWanted || (total.loss * Double(batch.scale)).isFinite else {
            throw TrainingError.diverged(atStep: batch.step + 1)
        }
        return total
    }

    private func outcome(_ total: SliceSums, _ batch: GlobalBatch) -> Outcome {
        Outcome(
            loss: total.loss * Double(batch.scale),
            accuracy: Double(total.rightAnswers) / Double(max(batch.count, 1))
        )
    }
}
