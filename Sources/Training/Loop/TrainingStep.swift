import Distributed
import Images
import Networks
import Tensors

/// One step of training on this rank: photos in, updated weights out.
///
/// The order of every sum is fixed by the slices, so the weights after a step are the same bits
/// whichever ranks did the work (see `docs/distributed.md`).
final class TrainingStep {
    private let communicator: any Communicator
    private let tree: SliceTree
    private let model: Model
    private let loss: BatchLoss
    private let accumulator: SliceAccumulator
    private let reducer: GradientReducer
    private let update: WeightUpdate
    private let seed: UInt64
    private let dlogits: Storage
    private let pool: ThreadPool

    init(
        communicator: any Communicator,
        tree: SliceTree,
        passes: PassPlan,
        model: Model,
        loss: BatchLoss,
        reducer: GradientReducer,
        update: WeightUpdate,
        seed: UInt64,
        pool: ThreadPool
    ) throws {
        self.communicator = communicator
        self.model = model
        self.loss = loss
        self.reducer = reducer
        self.update = update
        self.seed = seed
        self.pool = pool
        self.tree = tree
        accumulator = SliceAccumulator(
            tree: tree,
            rank: communicator.rank,
            passes: passes.passes,
            gradient: model.store.gradients,
            pool: pool,
            allocate: communicator.makeStorage
        )
        dlogits = Storage(count: model.output.count)
        try reducer.connect(sums: accumulator.places)
    }

    /// Bytes held beside the network.
    var memory: Int { (accumulator.memory + dlogits.count) * MemoryLayout<Float>.stride }

    /// What a step found out, the same on all ranks but for the time.
    struct Outcome {
        /// Mean loss over the photos of the step.
        var loss: Double
        /// Share of the photos whose landmark came first.
        var accuracy: Double
        /// Photos that could not be read, over all ranks.
        var badPhotos: Int
        /// The signal that some rank received, 0 for none.
        var signal: Int32
        /// Where this rank's time went.
        var parts: StepParts
    }

    /// Trains on the global batch number `step`.
    ///
    /// - Parameters:
    ///   - photos: this rank's photos, slice after slice; a failure ends all ranks.
    ///   - parts: positions of each slice in the global batch, for all slices.
    ///   - signal: a signal that this rank received, 0 for none.
    func run(
        step: Int,
        photos loaded: Result<LoadedBatch, any Error>,
        parts: [Range<Int>],
        learningRate: Float,
        signal: Int32
    ) throws -> Outcome {
        var spent = StepParts()
        var facts = facts(loaded, parts, signal)
        spent.exchange += try measureSeconds { try facts.share(communicator) }
        if facts.failures > 0 { _ = try communicator.together { try loaded.get() } }
        let photos = try loaded.get()

        var sums = SliceSums(slices: parts.count)
        model.withConstantWeights {
            for pass in accumulator.passes {
                let slices = own(parts, pass)
                gradient(of: slices, photos, parts, step: step, scale: facts.scale, &sums, &spent)
                spent.backward += measureSeconds { accumulator.add() }
            }
        }
        spent.exchange += try measureSeconds { try sums.share(communicator) }
        let meanLoss = sums.loss * Double(facts.scale)
        guard meanLoss.isFinite else { throw TrainingError.diverged(atStep: step + 1) }

        let time = try measureSeconds {
            try update.apply(
                step: step,
                learningRate: learningRate,
                nodes: accumulator.nodes,
                reducer: reducer
            )
        }
        if communicator.size == 1 { spent.update += time } else { spent.exchange += time }
        let readable = (parts.last?.upperBound ?? 0) - Int(facts.badPhotos)
        return Outcome(
            loss: meanLoss,
            accuracy: Double(sums.correct) / Double(max(readable, 1)),
            badPhotos: Int(facts.badPhotos),
            signal: Int32(facts.signal),
            parts: spent
        )
    }

    /// A slice, and where its photos lie among this rank's.
    private typealias Slice = (number: Int, photos: Range<Int>)

    /// The slices `numbers` of this rank.
    private func own(_ parts: [Range<Int>], _ numbers: Range<Int>) -> [Slice] {
        let first = parts[tree.slices(of: communicator.rank).lowerBound].lowerBound
        return numbers.map {
            ($0, parts[$0].lowerBound - first..<parts[$0].upperBound - first)
        }
    }

    /// Computes the gradient of the slices of a pass where the accumulator wants it.
    private func gradient(
        of slices: [Slice],
        _ photos: LoadedBatch,
        _ parts: [Range<Int>],
        step: Int,
        scale: Float,
        _ sums: inout SliceSums,
        _ spent: inout StepParts
    ) {
        let target = accumulator.begin()
        model.store.writeGradients(to: target)
        let begin = slices.first?.photos.lowerBound ?? 0
        let range = begin..<(slices.last?.photos.upperBound ?? begin)
        guard !range.isEmpty else { return fillZero(target.base, target.count, pool) }
        let context = TrainingContext(
            seed: seed,
            step: UInt64(step),
            firstPosition: slices.first.map { parts[$0.number].lowerBound } ?? 0,
            slices: slices.map {
                TrainingContext.Slice(
                    images: $0.photos.lowerBound - begin..<$0.photos.upperBound - begin,
                    statisticsWeight: Float($0.photos.count) / Float(parts.last?.upperBound ?? 1)
                )
            }
        )
        let dy = dlogits.tensor(model.output.with(N: range.count))
        spent.forward += measureSeconds {
            let logits = model.forward(photos.images.images(range), .training(context))
            for ((number, photosOfSlice), images) in zip(slices, context.slices.images) {
                let sum = loss(
                    logits.images(images),
                    photos,
                    photosOfSlice,
                    scale: scale,
                    dlogits: dy.images(images)
                )
                sums.set(number, sum)
            }
        }
        spent.backward += measureSeconds { model.backward(dy) { _ in } }
    }

    private func facts(
        _ loaded: Result<LoadedBatch, any Error>,
        _ parts: [Range<Int>],
        _ signal: Int32
    ) -> StepFacts {
        var facts = StepFacts(slices: parts.count)
        facts.signal = Double(signal)
        guard let photos = try? loaded.get() else {
            facts.failures = 1
            return facts
        }
        for slice in own(parts, tree.slices(of: communicator.rank)) {
            facts.weights[slice.number] = loss.weight(of: photos, slice.photos)
        }
        facts.badPhotos = Double(photos.skipped.count)
        return facts
    }
}

extension TrainingError {
    /// The numbers of a run left the finite range.
    static func diverged(atStep step: Int) -> TrainingError {
        .diverged(
            "the numbers grew beyond bounds at step \(step); lower --learning-rate or set --clip 1, "
                + "and go on from the last checkpoint, which is not affected, or train anew"
        )
    }
}
