import Distributed
import Files
import Images
import Networks
import Tensors

/// What a run works on and by, the same on all ranks but for their communicator and threads.
struct RunSetup {
    /// What to do, with slices set.
    let configuration: TrainingConfiguration
    let description: ModelDescription
    let photos: TrainingSet
    let course: Course
    let batches: Batches
    let plans: PhotoPlans
    let run: RunFolder
    let signals: StopSignals?
    let communicator: any Communicator
    let pool: ThreadPool

    /// Bad photos before which a run goes on whatever their share is.
    private static let fewBadPhotos = 10

    /// Throws where the settings cannot be, or do not fit the photos.
    init(
        _ configuration: TrainingConfiguration,
        _ photos: TrainingSet,
        _ run: RunFolder,
        _ signals: StopSignals?,
        _ communicator: any Communicator,
        _ pool: ThreadPool
    ) throws {
        var configuration = configuration
        let slices = configuration.slices ?? communicator.size
        configuration.slices = slices
        try configuration.check(ranks: communicator.size)
        description = configuration.description(classes: photos.classes.count)
        try description.check()
        self.configuration = configuration
        self.photos = photos
        self.run = run
        self.signals = signals
        self.communicator = communicator
        self.pool = pool
        course = try Course(configuration, photos: photos.training.count)
        batches = Batches(configuration, photos, course, slices: slices)
        // Frozen norms look at no batch.
        if configuration.freezing != .trunk, !configuration.freezeBatchNorm {
            try batches.checkNorms(description, pool: pool)
        }
        plans = PhotoPlans(configuration)
    }

    /// The batches of `slices` for all steps from `step` on.
    ///
    /// - Parameter features: what the head reads in the place of photos, where features are computed once.
    func makeLoader(
        from step: Int,
        slices: Range<Int>,
        features: FeatureTable?
    ) -> any BatchSource {
        let requests = batches.requests(from: step, slices: slices)
        let most = slices.count * (configuration.batch / batches.slicesOfBatch)
        if let features {
            return FeatureLoader(
                features,
                of: photos.training,
                requests: requests,
                maximumBatch: most
            )
        }
        return BatchLoader(
            source: photos.training,
            requests: requests,
            maximumBatch: most,
            imageSize: plans.imageSize,
            augmentations: plans.training,
            normalisation: plans.normalisation,
            seed: configuration.seed,
            threads: pool.threads
        )
    }

    /// Bad photos of the epoch up to a step.
    ///
    /// Within an epoch each place has a photo of its own, so places of bad photos count those photos once.
    ///
    /// - Parameter before: bad photos of the epoch up to the step before.
    /// - Throws: `TrainingError.data` where they are too many, or a place has no photo at all.
    func badPhotos(_ facts: StepFacts, step: Int, before: Int) throws -> Int {
        let stepInEpoch = course.stepInEpoch(step)
        let before = stepInEpoch == 0 ? 0 : before
        guard facts.badPlaces > 0 else {
            guard facts.scale > 0 else {
                throw TrainingError.data(
                    "no photo of step \(step + 1) shows a known landmark; check the table"
                )
            }
            return before
        }
        let bad = before + facts.badPlaces
        let count = photos.training.count
        let seen = min((stepInEpoch + 1) * configuration.batch, count)
        let limit = configuration.maximumBadPhotos * Double(seen)
        // A share near the limit may exceed it by chance while few photos were seen.
        let margin = seen < count ? 3 * limit.squareRoot() : 0
        if bad >= Self.fewBadPhotos, Double(bad) > limit + margin {
            throw TrainingError.data(
                "\(bad) of the first \(seen) photos of epoch \(course.epoch(of: step) + 1) could "
                    + "not be read, more than --max-bad-photos \(configuration.maximumBadPhotos) "
                    + "allows; see \(run.skipped) and `landmark-train dataset check`"
            )
        }
        guard facts.blanks == 0 else {
            throw TrainingError.data(
                "none of the \(min(count, BatchRequest.Substitutes.tries)) photos tried for one place of step "
                    + "\(step + 1) can be read; see \(run.skipped) and "
                    + "`landmark-train dataset check`"
            )
        }
        return bad
    }

    /// What a checkpoint says of the run.
    func metadata(_ progress: TrainingLoop.Progress) -> CheckpointMetadata {
        CheckpointMetadata(
            model: description,
            plans: plans,
            classes: photos.classes,
            trainingCounts: photos.training.countsPerClass,
            configuration: configuration.withoutPlaces,
            step: progress.step,
            badPhotos: progress.badPhotos,
            best: progress.best
        )
    }

    /// What a checkpoint says of its run, if this run may go on from it.
    func resumable(_ file: CheckpointFile) throws -> CheckpointMetadata {
        guard let metadata = file.metadata, file.holdsState else {
            throw TrainingError.checkpoint(
                "\(file.path.shown) holds weights but no state of a run; start from it with --weights"
            )
        }
        guard metadata.classes == photos.classes else {
            throw TrainingError.checkpoint(
                "\(file.path) was trained on \(metadata.classes.count) landmarks that are not "
                    + "the \(photos.classes.count) of the photos given; resume with the same --data"
            )
        }
        guard metadata.trainingCounts == photos.training.countsPerClass else {
            throw TrainingError.checkpoint(
                "\(file.path) was trained on \(metadata.trainingCounts.reduce(0, +)) photos, not "
                    + "on the \(photos.training.count) given; resume with the same --data, or "
                    + "start a new run from its weights with --weights"
            )
        }
        try configuration.check(resuming: metadata.configuration)
        return metadata
    }
}
