import Distributed
import Networks
import Tensors

/// What happens to this rank's shard of the weights once its gradient is summed: clipping, the
/// optimizer's step, the running statistics of batch norms, the running average of weights.
final class WeightUpdate {
    let optimizer: any Optimizer
    /// Running average of this rank's shard; nil = none is kept.
    let average: Storage?
    private let store: ParameterStore
    private let reducer: GradientReducer
    private let trainable: [ShardPiece]
    private let blocks: [Block]
    private let ranges: [Range<Int>]
    private let clip: Double?
    private let averageDecay: Double
    /// Whether running statistics begin as plain means of the batches', not at the values that they have.
    private let beginsStatistics: Bool
    private let pool: ThreadPool

    /// Floats that one thread updates while they are in its caches.
    private enum Block {
        case trainable(UpdateBlock)
        case statistic(Range<Int>, momentum: Float)

        var range: Range<Int> {
            switch self {
            case .trainable(let block): block.range
            case .statistic(let range, _): range
            }
        }
    }

    init(
        optimizer: any Optimizer,
        store: ParameterStore,
        shards: ShardMap,
        rank: Int,
        reducer: GradientReducer,
        clip: Double?,
        averageDecay: Double?,
        trunkRate: Double,
        beginsStatistics: Bool,
        pool: ThreadPool
    ) {
        self.optimizer = optimizer
        self.store = store
        self.reducer = reducer
        self.clip = clip
        self.averageDecay = averageDecay ?? 0
        self.beginsStatistics = beginsStatistics
        self.pool = pool
        let shard = shards.pieces(of: rank)
        trainable = shard.compactMap { $0.clamped(to: store.trainable) }
        let updates = trainable.flatMap { piece in
            store.decaySegments(in: piece.range).flatMap { segment in
                shards.cut(segment.range).map { range in
                    Block.trainable(
                        UpdateBlock(
                            range: range,
                            offset: piece.offset + range.lowerBound - piece.range.lowerBound,
                            decays: segment.decays,
                            rate: segment.isHead ? 1 : Float(trunkRate)
                        )
                    )
                }
            }
        }
        let statistics = store.parameters.flatMap { parameter -> [Block] in
            guard case .statistic(let momentum) = parameter.kind, !parameter.isFrozen else {
                return []
            }
            return shard.compactMap { $0.clamped(to: parameter.range)?.range }
                .flatMap(shards.cut).map { .statistic($0, momentum: momentum) }
        }
        blocks = (updates + statistics).sorted { $0.range.lowerBound < $1.range.lowerBound }
        ranges = blocks.map(\.range)
        average = averageDecay.map { _ in Storage(count: shards.shardCount(of: rank)) }
        startAverage()
    }

    /// Whether the whole gradient must be known before the first update.
    var clips: Bool { clip != nil }

    /// What is remembered beside the weights, under the prefixes of its names in checkpoints.
    var shards: [(prefix: String, values: Storage)] {
        optimizer.state.map { ("optimizer.\($0.name).", $0.values) }
            + (average.map { [("ema.", $0)] } ?? [])
    }

    /// Starts the running average at the weights as they are.
    func startAverage() {
        guard let average else { return }
        for piece in trainable {
            copyFloats(
                average.base + piece.offset,
                store.values.base + piece.range.lowerBound,
                piece.range.count,
                pool
            )
        }
    }

    /// Runs `body` with the running average in the place of the weights on all ranks, where one is kept;
    /// an error leaves it there.
    func withAverage<T>(_ body: () throws -> T) throws -> T {
        guard let average else { return try body() }
        let values = store.values.base
        // The gradient is of no use until the next step overwrites it, and as large as the weights.
        let kept = store.flatGradients
        try reducer.updateAndGather(blocks: ranges) { number, strip in
            guard case .trainable(let block) = blocks[number] else { return }
            let (count, begin) = (strip.count, strip.lowerBound)
            (kept + begin).update(from: values + begin, count: count)
            (values + begin).update(from: average.base + block.part(strip).offset, count: count)
        }
        let result = try body()
        try reducer.updateAndGather(blocks: ranges) { number, strip in
            guard case .trainable = blocks[number] else { return }
            let begin = strip.lowerBound
            (values + begin).update(from: kept + begin, count: strip.count)
        }
        return result
    }

    /// Reduces the gradients `nodes` of all ranks, updates this rank's shard of the values by them
    /// and gives it to all.
    ///
    /// The norm of a gradient that is clipped must be known before the first update; without that,
    /// each block is updated right when it is reduced.
    func apply(_ nodes: [SliceNode], step: Int, learningRate: Float) throws {
        guard let clip else {
            let change = change(step: step, learningRate: learningRate, gradientScale: 1)
            return try reducer.exchange(nodes: nodes, blocks: ranges, update: change)
        }
        let gradients = store.flatGradients
        try reducer.reduceScatter(nodes: nodes, into: gradients)
        let squares = try reducer.sumOfSquares(of: gradients, range: store.trainable)
        let norm = squares.squareRoot()
        guard norm.isFinite else { throw TrainingError.diverged(atStep: step + 1) }
        let change = change(
            step: step,
            learningRate: learningRate,
            gradientScale: norm > clip ? Float(clip / norm) : 1
        )
        try reducer.updateAndGather(blocks: ranges) { block, strip in
            change(block, strip, gradients + strip.lowerBound)
        }
    }

    /// Begins to do the same beside the backward pass.
    ///
    /// - Parameter nodes: the gradients, still to be computed; not clipped.
    /// - Returns: the exchange, to be told what is complete.
    func begin(
        _ nodes: [SliceNode],
        step: Int,
        learningRate: Float
    ) throws -> OverlappedExchange {
        precondition(!clips, "the norm of a gradient must be known before the first update")
        return try OverlappedExchange(
            reducer,
            nodes: nodes,
            blocks: ranges,
            update: change(step: step, learningRate: learningRate, gradientScale: 1)
        )
    }

    /// What changes the values of a strip of a block, told the block's number, the strip and its
    /// gradient.
    private func change(
        step: Int,
        learningRate: Float,
        gradientScale: Float
    ) -> GradientReducer.Update {
        let rule = optimizer.begin(learningRate: learningRate, gradientScale: gradientScale)
        let decay = Float(averageDecay(step: step))
        let batchWeight = batchWeight(step: step)
        let (blocks, average, store) = (blocks, average, store)
        return { number, strip, gradient in
            let values = store.values.base + strip.lowerBound
            switch blocks[number] {
            case .trainable(let block):
                let part = block.part(strip)
                rule(part, values, gradient)
                guard let average else { return }
                emaUpdate(average.base + part.offset, values, strip.count, decay: decay)
            case .statistic(_, let momentum):
                // running = (1 − momentum) · running + momentum · batch
                emaUpdate(values, gradient, strip.count, decay: 1 - max(momentum, batchWeight))
            }
        }
    }

    /// Lets running statistics follow what the network makes of a batch under the weights at hand.
    ///
    /// - Parameter nodes: gradients of which the places of statistics alone count.
    func follow(_ nodes: [SliceNode], step: Int) throws {
        let batchWeight = batchWeight(step: step)
        let (blocks, store) = (blocks, store)
        try reducer.exchange(nodes: nodes, blocks: ranges) { number, strip, batch in
            guard case .statistic = blocks[number] else { return }
            emaUpdate(
                store.values.base + strip.lowerBound,
                batch,
                strip.count,
                decay: 1 - batchWeight
            )
        }
    }

    /// Whether running statistics that begin still lag behind the weights after `step` steps.
    func statisticsLag(after step: Int) -> Bool {
        beginsStatistics
            && store.parameters.contains {
                guard case .statistic(let momentum) = $0.kind, !$0.isFrozen else { return false }
                return batchWeight(step: step) > momentum
            }
    }

    /// The weight of a batch in running statistics at a step, until the momentum exceeds it.
    ///
    /// At first weights change so much in a step that statistics of earlier ones are worthless, and so are
    /// mean 0 and variance 1 at which they start.
    private func batchWeight(step: Int) -> Float {
        beginsStatistics ? 1 / (1 + Float(step) / 30) : 0
    }

    /// The decay rises with the steps, so that the random start is soon forgotten (as in
    /// TensorFlow's `ExponentialMovingAverage` with `num_updates`).
    private func averageDecay(step: Int) -> Double {
        min(averageDecay, Double(1 + step) / Double(10 + step))
    }
}
