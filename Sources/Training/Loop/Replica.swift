import Distributed
import Networks
import Tensors

/// A rank's replica of the network and all that changes it: the exchange, the update, the step.
///
/// The replicas of a node have their values in common.
struct Replica {
    let tree: SliceTree
    let model: Model
    let values: NodeStorage
    let reducer: GradientReducer
    let update: WeightUpdate
    let step: TrainingStep

    /// Builds a replica with random weights; every rank with the same arguments.
    ///
    /// - Parameters:
    ///   - configuration: one that passes `check`; where slices are not set, they are as many as the ranks.
    ///   - description: the network, one that passes `check`.
    init(
        _ configuration: TrainingConfiguration,
        _ description: ModelDescription,
        loss: BatchLoss,
        communicator: any Communicator,
        pool: ThreadPool
    ) throws {
        let rank = communicator.rank
        let slices = configuration.slices ?? communicator.size
        tree = SliceTree(slices: slices, ranks: communicator.size)
        let exact = configuration.convolution == .exact
        let passes = PassPlan(
            description,
            tree: tree,
            rank: rank,
            slicePhotos: configuration.batch / slices,
            exact: exact,
            pool: pool
        )
        values = try communicator.makeNodeStorage(count: Model.valueCount(description, pool: pool))
        model = Model(
            description,
            maximumBatch: passes.photos,
            slices: passes.slices,
            purpose: .training,
            pool: pool,
            exact: exact,
            reusesWeights: passes.reusesWeights,
            values: values.storage,
            allocate: communicator.makeStorage
        )
        model.store.initialize(seed: configuration.seed)
        let shards = ShardMap(count: model.store.count, ranks: communicator.size)
        reducer = GradientReducer(
            communicator: communicator,
            tree: tree,
            shards: shards,
            values: values,
            pool: pool
        )
        update = WeightUpdate(
            optimizer: configuration.makeOptimizer(count: shards.shardCount(of: rank)),
            store: model.store,
            shards: shards,
            rank: rank,
            clip: configuration.clip,
            averageDecay: configuration.ema,
            beginsStatistics: configuration.weights == nil,
            pool: pool
        )
        step = try TrainingStep(
            communicator: communicator,
            tree: tree,
            passes: passes,
            model: model,
            loss: loss,
            reducer: reducer,
            update: update,
            seed: configuration.seed,
            pool: pool
        )
    }
}
