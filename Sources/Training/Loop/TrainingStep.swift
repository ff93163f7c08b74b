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
    let reducer: GradientReducer
    let update: WeightUpdate
    let seed: UInt64
    let dlogits: Storage
    let pool: ThreadPool
    /// This rank's node where all ranks exchange theirs beside the backward pass; nil where they do so after
    /// the last.
    private let overlapped: SliceNode?
    /// What makes a rank leave the passes of a step.
    var interruption: Interruption?

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
        /// Where this rank's time went.
        var parts: StepParts
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
    ///   - photos: this rank's photos, slice after slice; nil where it did not wait for them, because it is
    ///     to leave.
    ///   - parts: positions of each slice in the global batch, for all slices.
    ///   - checkpointIsDue: whether the time between checkpoints is over, on rank 0.
    func meet(
        _ photos: Result<LoadedBatch?, any Error>,
        parts: [Range<Int>],
        checkpointIsDue: Bool,
        _ spent: inout StepParts
    ) throws -> StepFacts {
        var facts = facts(photos, parts)
        facts.checkpointIsDue = checkpointIsDue
        spent.exchange += try measureSeconds { try facts.share(communicator) }
        if facts.failures > 0 { _ = try communicator.together { try photos.get() } }
        return facts
    }

    /// Trains on the global batch number `step`.
    ///
    /// - Parameters:
    ///   - photos: this rank's photos, slice after slice.
    ///   - facts: what the ranks told one another.
    ///   - parts: positions of each slice in the global batch, for all slices.
    ///   - spent: time that the meeting took.
    func run(
        step: Int,
        photos: LoadedBatch,
        facts: StepFacts,
        parts: [Range<Int>],
        learningRate: Float,
        spent before: StepParts = StepParts()
    ) throws -> End {
        var spent = before
        let batch = Batch(step: step, photos: photos, parts: parts, scale: facts.scale)
        var sums = SliceSums(slices: parts.count)
        if let overlapped {
            // Not with constant weights: those of layers that are through change during the pass. And once
            // they change, the step is no more left.
            let dy = pool.leaving(on: interruption) {
                forward(accumulator.passes[0], batch, &sums, &spent)
            }
            let departure = try share(&sums, batch, &spent)
            guard !departure.isWanted, let dy else {
                accumulator.drop()
                return .left(departure)
            }
            let exchange = try update.begin(
                step: step,
                learningRate: learningRate,
                nodes: [overlapped],
                reducer: reducer
            )
            backward(dy, &spent) { exchange.advance(to: $0.lowerBound) }
            spent.exchange += try measureSeconds { try exchange.finish() }
        } else {
            _ = model.withConstantWeights {
                pool.leaving(on: interruption) {
                    for pass in accumulator.passes {
                        backward(forward(pass, batch, &sums, &spent), &spent)
                    }
                }
            }
            let departure = try share(&sums, batch, &spent)
            guard !departure.isWanted else { return .left(departure) }
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
        let count = parts.last?.upperBound ?? 0
        return .done(
            Outcome(
                loss: sums.loss * Double(facts.scale),
                accuracy: Double(sums.correct) / Double(max(count, 1)),
                parts: spent
            )
        )
    }
}

extension TrainingStep {
    /// Runs the batch of the step just done through the network once more, under the weights that it led to,
    /// for the running statistics alone.
    func followStatistics(
        step: Int,
        photos: LoadedBatch,
        facts: StepFacts,
        parts: [Range<Int>]
    ) throws {
        let batch = Batch(step: step, photos: photos, parts: parts, scale: facts.scale)
        var sums = SliceSums(slices: parts.count)
        var spent = StepParts()
        model.withConstantWeights {
            for pass in accumulator.passes {
                _ = forward(pass, batch, &sums, &spent)
                accumulator.add()
            }
        }
        try update.follow(step: step + 1, nodes: accumulator.nodes, reducer: reducer)
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
