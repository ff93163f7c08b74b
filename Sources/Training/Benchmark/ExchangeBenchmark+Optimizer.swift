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
        ) { shards in
            let rank = communicator.rank
            let optimizer = SGD(
                count: shards.shardCount(of: rank),
                momentum: 0.9,
                nesterov: false,
                weightDecay: 0
            )
            let blocks = shards.pieces(of: rank).flatMap {
                UpdateBlock.cut($0.range, offset: $0.offset, decays: false)
            }
            return { values, gradients in
                optimizer.step(
                    values: values,
                    gradients: gradients,
                    blocks: blocks,
                    learningRate: 0.1,
                    gradientScale: 1,
                    pool: pool
                )
            }
        }
    }
}
