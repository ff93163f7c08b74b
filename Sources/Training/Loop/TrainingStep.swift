import Distributed
import Images
import Networks
import Tensors

/// One step of training on this rank: photos in, updated weights out.
///
/// The order of every sum is fixed by the slices, so the weights after a step are the same bits
/// whichever ranks did the work (see `docs/distributed.md`).
final class TrainingStep {
    let communicator: any Communicator
    let tree: SliceTree
    let model: Model
    let loss: BatchLoss
    let accumulator: SliceAccumulator
    private let reducer: GradientReducer
    private let update: WeightUpdate
    let seed: UInt64
    let dlogits: Storage
    let pool: ThreadPool
    /// This rank's node where all ranks exchange theirs beside the backward pass; nil where they do so after
    /// the last.
    private let overlapped: SliceNode?

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
        let overlaps = reducer.canOverlap && accumulator.onlyNode != nil && !update.clips
        let all = try communicator.gather(overlaps ? 1 : 0).allSatisfy { $0 == 1 }
        overlapped = all ? accumulator.onlyNode : nil
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

        let batch = Batch(step: step, photos: photos, parts: parts, scale: facts.scale)
        var sums = SliceSums(slices: parts.count)
        if let overlapped {
            // Not with constant weights: those of layers that are through change during the pass.
            let dy = forward(accumulator.passes[0], batch, &sums, &spent)
            try share(&sums, batch, &spent)
            let exchange = try update.begin(
                step: step,
                learningRate: learningRate,
                nodes: [overlapped],
                reducer: reducer
            )
            backward(dy, &spent) { exchange.advance(to: $0.lowerBound) }
            spent.exchange += try measureSeconds { try exchange.finish() }
        } else {
            model.withConstantWeights {
                for pass in accumulator.passes {
                    backward(forward(pass, batch, &sums, &spent), &spent)
                }
            }
            try share(&sums, batch, &spent)
            let time = try measureSeconds {
                try update.apply(
                    step: step,
                    learningRate: learningRate,
                    nodes: accumulator.nodes,
                    reducer: reducer
                )
            }
            if communicator.size == 1 { spent.update += time } else { spent.exchange += time }
        }
        let readable = (parts.last?.upperBound ?? 0) - Int(facts.badPhotos)
        return Outcome(
            loss: sums.loss * Double(facts.scale),
            accuracy: Double(sums.correct) / Double(max(readable, 1)),
            badPhotos: Int(facts.badPhotos),
            signal: Int32(facts.signal),
            parts: spent
        )
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
