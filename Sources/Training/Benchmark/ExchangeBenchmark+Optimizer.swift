public import Distributed
public import Tensors

extension ExchangeBenchmark {
    /// Measures an exchange with SGD with momentum between the sum and the giving, as in a step.
    ///
    /// - Parameters:
    ///   - count: floats in the flat buffer.
    ///   - bucket: most floats in a bucket.
    ///   - repetitions: at least 1, after one that does not count.
    public init(
        withUpdateOn communicator: any Communicator,
        count: Int,
        bucket: Int = ShardMap.bucket,
        repetitions: Int,
        pool: ThreadPool
    ) throws {
        try self.init(
            communicator,
            count: count,
            bucket: bucket,
            repetitions: repetitions,
            pool: pool
        ) { shards, blocks in
            let optimizer = SGD(
                count: shards.shardCount(of: communicator.rank),
                momentum: 0.9,
                nesterov: false,
                weightDecay: 0
            )
            let rule = optimizer.begin(learningRate: 0.1, gradientScale: 1)
            var offset = 0
            let updates = blocks.map { range in
                defer { offset += range.count }
                return UpdateBlock(range: range, offset: offset, decays: false)
            }
            return { block, strip, values, gradients in
                rule(updates[block].part(strip), values, gradients)
            }
        }
    }
}
