import Images
import Networks
import Tensors

/// Which photos make up which batch, and which of them belong to which slice.
struct BatchPlan {
    let sampler: Sampler
    let course: Course
    let slices: Int

    init(
        _ configuration: TrainingConfiguration,
        _ photos: TrainingSet,
        _ course: Course,
        slices: Int
    ) {
        self.course = course
        self.slices = slices
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
    func parts(_ step: Int) -> [Range<Int>] {
        let count = count(step)
        return (0..<slices).map {
            Sampler.slicePositions(slice: $0, slices: slices, count: count)
        }
    }

    /// The photos of the slices `own` for all steps from `first` on, a request for each step.
    func requests(from first: Int, slices own: Range<Int>) -> some Sequence<BatchRequest> {
        var order: (epoch: Int, photos: [UInt32]) = (-1, [])
        return (first..<max(first, course.totalSteps)).lazy.map { step in
            let epoch = course.epoch(of: step)
            if order.epoch != epoch { order = (epoch, sampler.order(epoch: epoch)) }
            let start = sampler.batch(step: course.stepInEpoch(step)).lowerBound
            let parts = parts(step)
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
            (0..<slices).contains {
                Sampler.slicePositions(slice: $0, slices: slices, count: count).count == 1
            }
        }
        let what =
            "leaves batch norm \(norm.name) one value a channel, which it cannot normalise "
            + "(its maps are 1×1 at --image-size \(network.imageSize))"
        if hasSliceOfOne(full) {
            throw TrainingError.usage(
                "a batch of \(full) in \(slices) slices has a slice of one photo and \(what); give a "
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
