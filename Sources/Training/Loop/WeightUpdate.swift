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
    private let trainable: [ShardPiece]
    private let blocks: [UpdateBlock]
    private let statistics: [(range: Range<Int>, momentum: Float)]
    private let clip: Double?
    private let averageDecay: Double
    private let pool: ThreadPool

    init(
        optimizer: any Optimizer,
        store: ParameterStore,
        shard: [ShardPiece],
        clip: Double?,
        averageDecay: Double?,
        pool: ThreadPool
    ) {
        self.optimizer = optimizer
        self.store = store
        self.clip = clip
        self.averageDecay = averageDecay ?? 0
        self.pool = pool
        trainable = shard.compactMap { $0.clamped(to: store.trainable) }
        blocks = trainable.flatMap { piece in
            store.decaySegments(in: piece.range).flatMap { segment in
                UpdateBlock.cut(
                    segment.range,
                    offset: piece.offset + segment.range.lowerBound - piece.range.lowerBound,
                    decays: segment.decays
                )
            }
        }
        statistics = store.parameters.flatMap { parameter -> [(Range<Int>, Float)] in
            guard case .statistic(let momentum) = parameter.kind else { return [] }
            return shard.compactMap { piece in
                piece.clamped(to: parameter.range).map { ($0.range, momentum) }
            }
        }
        let count = shard.reduce(0) { $0 + $1.range.count }
        average = averageDecay.map { _ in Storage(count: count) }
        startAverage()
    }

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

    /// Puts the running average in the place of this rank's weights.
    func placeAverage() {
        guard let average else { return }
        for piece in trainable {
            copyFloats(
                store.values.base + piece.range.lowerBound,
                average.base + piece.offset,
                piece.range.count,
                pool
            )
        }
    }

    /// Updates this rank's shard of the values from its shard of the summed gradient.
    func apply(step: Int, learningRate: Float, reducer: GradientReducer) throws {
        optimizer.step(
            values: store.values.base,
            gradients: store.gradients.base,
            blocks: blocks,
            learningRate: learningRate,
            gradientScale: try gradientScale(step: step, reducer),
            pool: pool
        )
        updateStatistics()
        updateAverage(step: step)
    }

    /// The factor that brings the norm of the whole gradient down to the largest allowed.
    private func gradientScale(step: Int, _ reducer: GradientReducer) throws -> Float {
        guard let clip else { return 1 }
        let squares = try reducer.sumOfSquares(
            of: store.gradients.base,
            range: store.trainable
        )
        let norm = squares.squareRoot()
        guard norm.isFinite else { throw TrainingError.diverged(atStep: step + 1) }
        return norm > clip ? Float(clip / norm) : 1
    }

    /// running = (1 − momentum) · running + momentum · batch, for this rank's share of them.
    private func updateStatistics() {
        for (range, momentum) in statistics {
            emaUpdate(
                store.values.base + range.lowerBound,
                store.gradients.base + range.lowerBound,
                range.count,
                decay: 1 - momentum,
                pool
            )
        }
    }

    /// The decay rises with the steps, so that the random start is soon forgotten (as in
    /// TensorFlow's `ExponentialMovingAverage` with `num_updates`).
    private func updateAverage(step: Int) {
        guard let average else { return }
        let decay = min(averageDecay, Double(1 + step) / Double(10 + step))
        for piece in trainable {
            emaUpdate(
                average.base + piece.offset,
                store.values.base + piece.range.lowerBound,
                piece.range.count,
                decay: Float(decay),
                pool
            )
        }
    }
}
