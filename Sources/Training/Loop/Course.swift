public import Images
import Networks
import Tensors

/// The photos of a run: what is learned from, what is held out, and the classes of both.
public struct TrainingSet: Sendable {
    /// Photos that are learned from.
    public let training: any Dataset
    /// Photos that are evaluated; may be empty.
    public let held: any Dataset
    /// The classes.
    public let classes: ClassIndex

    /// Puts the two parts together.
    public init(training: any Dataset, held: any Dataset, classes: ClassIndex) {
        self.training = training
        self.held = held
        self.classes = classes
    }
}

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
    /// Whether an epoch is long enough for a checkpoint at its end: one over features takes moments.
    private let keepsEpochs: Bool

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
        keepsEpochs = configuration.cachedViews == nil
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
        done == totalSteps || keepsEpochs && epochEnds(after: done)
            || (checkpointEvery.map { done % $0 == 0 } ?? false)
    }

    /// Whether an evaluation is due when `done` steps are done.
    public func evaluationIsDue(after done: Int) -> Bool {
        guard done < totalSteps else { return true }
        guard evaluateEvery > 0, done % stepsPerEpoch == 0 else { return false }
        return (done / stepsPerEpoch) % evaluateEvery == 0
    }
}

/// Which photos make up which batch, and which of them belong to which slice.
struct Batches {
    private let sampler: Sampler
    private let course: Course
    /// Slices of each batch.
    let slicesOfBatch: Int

    init(
        _ configuration: TrainingConfiguration,
        _ photos: TrainingSet,
        _ course: Course,
        slices: Int
    ) {
        self.course = course
        slicesOfBatch = slices
        sampler = Sampler(
            labels: photos.training.labels,
            classes: photos.classes.count,
            batch: configuration.batch,
            dropLast: course.dropsLast,
            balanced: configuration.balance == .sampling,
            seed: configuration.seed
        )
    }

    /// Photos of the global batch of `step`.
    func count(_ step: Int) -> Int { sampler.batch(step: course.stepInEpoch(step)).count }

    /// Positions of each slice in the global batch of `step`.
    func slices(_ step: Int) -> [Range<Int>] {
        let count = count(step)
        return (0..<slicesOfBatch).map {
            Sampler.slicePositions(slice: $0, slices: slicesOfBatch, count: count)
        }
    }

    /// The photos of the slices `own` for all steps from `first` on, a request for each step.
    func requests(from first: Int, slices own: Range<Int>) -> some Sequence<BatchRequest> {
        var order: (epoch: Int, photos: [UInt32]) = (-1, [])
        return (first..<max(first, course.totalSteps)).lazy.map { step in
            let epoch = course.epoch(of: step)
            if order.epoch != epoch { order = (epoch, sampler.order(epoch: epoch)) }
            let start = sampler.batch(step: course.stepInEpoch(step)).lowerBound
            let parts = self.slices(step)
            let positions = parts[own.lowerBound].lowerBound..<parts[own.upperBound - 1].upperBound
            return BatchRequest(
                samples: positions.map { Int(order.photos[start + $0]) },
                epoch: epoch,
                substitutes: .init(order: order.photos, first: start + positions.lowerBound)
            )
        }
    }

    /// Throws where a batch norm would see a single value of each channel, which has no variance.
    ///
    /// That is a slice of one photo in a network whose maps shrink to a pixel; PyTorch refuses it too.
    func checkNorms(_ network: ModelDescription, pool: ThreadPool) throws {
        guard let norm = network.summary(pool: pool).normOfSingleValues else { return }
        let full = sampler.batch(step: 0).count
        let last = sampler.batch(step: course.stepsPerEpoch - 1).count
        func hasSliceOfOne(_ count: Int) -> Bool {
            (0..<slicesOfBatch).contains {
                Sampler.slicePositions(slice: $0, slices: slicesOfBatch, count: count).count == 1
            }
        }
        let what =
            "leaves batch norm \(norm.name) one value a channel, which it cannot normalise "
            + "(its maps are 1×1 at --image-size \(network.imageSize))"
        if hasSliceOfOne(full) {
            throw TrainingError.usage(
                "a batch of \(full) in \(slicesOfBatch) slices has a slice of one photo and \(what); give a "
                    + "larger --batch, fewer --slices or a larger --image-size"
            )
        }
        if hasSliceOfOne(last) {
            throw TrainingError.usage(
                "the last batch of an epoch, of \(last), has a slice of one photo and \(what); "
                    + "give --drop-last, another --batch, fewer --slices or a larger --image-size"
            )
        }
    }
}
