import Distributed
import Images
public import Networks
public import Tensors

/// A rank's replica of the network and what keeps it equal to the others: the exchange and the update.
///
/// The replicas of a node have their values in common.
struct Replica {
    let communicator: any Communicator
    let pool: ThreadPool
    let tree: SliceTree
    let passes: SlicePasses
    /// The network, or the part of it that a step goes through.
    let model: Model
    let values: NodeStorage
    let reducer: GradientReducer
    let update: WeightUpdate

    /// Builds a replica with random weights; a collective call, every rank with the same arguments.
    ///
    /// - Parameters:
    ///   - configuration: one that passes `check`; where slices are not set, they are as many as the ranks.
    ///   - description: the network, one that passes `check`.
    init(
        _ configuration: TrainingConfiguration,
        _ description: ModelDescription,
        communicator: any Communicator,
        pool: ThreadPool
    ) throws {
        self.communicator = communicator
        self.pool = pool
        let rank = communicator.rank
        let slices = configuration.slices ?? communicator.size
        tree = SliceTree(slices: slices, ranks: communicator.size)
        let exact = configuration.convolution == .exact
        passes = SlicePasses(
            configuration,
            description,
            tree: tree,
            rank: rank,
            slicePhotos: configuration.batch / slices,
            pool: pool
        )
        values = try communicator.makeNodeStorage(count: description.valueCount)
        model = Model(
            description,
            freezing: configuration.freezing,
            keepsStatistics: configuration.freezeBatchNorm,
            part: configuration.trainedPart,
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
        let shards = ShardMap(
            count: model.store.count,
            from: model.store.live.lowerBound,
            ranks: communicator.size
        )
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
            reducer: reducer,
            clip: configuration.clip,
            averageDecay: configuration.ema,
            trunkRate: configuration.trunkRate,
            beginsStatistics: configuration.weights == nil,
            pool: pool
        )
    }

    /// The slices that this rank computes.
    var ownSlices: Range<Int> { tree.slices(of: communicator.rank) }

    /// Whether this rank speaks for all.
    var isRoot: Bool { communicator.rank == 0 }

    /// Starts from the weights in a file, such as torchvision's; rank 0 reads, the others are told.
    ///
    /// - Parameter head: what becomes of the last layer, by what the file says of itself.
    /// - Returns: what was made of the file, on all ranks.
    func load(
        weights path: String,
        ignoreSurplus: Bool,
        head: (CheckpointFile.Claims) -> HeadRule
    ) throws -> WeightsReport {
        let report = try communicator.fromRoot {
            let file = try CheckpointFile(path)
            return try file.load(
                into: model.store,
                average: true,
                head: head(file.claims),
                ignoreSurplus: ignoreSurplus
            )
        }
        try communicator.broadcast(values)
        update.startAverage()
        return report
    }

    /// Takes up the weights and the optimizer's state of a checkpoint, which rank 0 has opened.
    ///
    /// - Parameter step: steps done when it was written.
    func load(state file: CheckpointFile?, step: Int) throws {
        try communicator.together {
            _ = try file?.load(into: model.store, average: false)
        }
        try communicator.broadcast(values)
        // The gradient has room for a whole state until the first step zeroes it.
        let whole = isRoot ? model.store.flatGradients : nil
        for (prefix, shard) in update.shards {
            try communicator.together {
                guard let file, let whole else { return }
                try file.loadState(prefix, of: model.store, into: whole)
            }
            try reducer.scatterShard(whole, into: shard.base)
        }
        update.optimizer.resumed(atStep: step)
    }
}

/// How a rank's slices go through the network: several in one pass where their activations are small, because
/// small maps need batching to fill the CPU.
///
/// What a step computes does not depend on it.
struct SlicePasses {
    /// The slices of each pass, nodes of the tree, in order.
    let passes: [Range<Int>]
    /// Photos of the largest pass.
    let photos: Int
    /// Whether there are several passes with the same weights.
    var reusesWeights: Bool { passes.count > 1 }
    /// Slices of the largest pass.
    var slices: Int { passes.reduce(1) { max($0, $1.count) } }

    /// Floats that all beside the weights may take before fewer slices go at once.
    private static let memoryLimit = 1 << 28

    /// As many slices at once as memory allows; or as few as need the least of it.
    ///
    /// - Parameter slicePhotos: photos of a slice.
    init(
        _ configuration: TrainingConfiguration,
        _ description: ModelDescription,
        tree: SliceTree,
        rank: Int,
        slicePhotos: Int,
        pool: ThreadPool
    ) {
        var choices = [SlicePasses(tree.nodes(of: rank, atMost: 1), slicePhotos)]
        while let last = choices.last, last.slices == 1 << (choices.count - 1),
            last.passes.count > 1
        {
            let nodes = tree.nodes(of: rank, atMost: 1 << choices.count)
            choices.append(SlicePasses(nodes, slicePhotos))
        }
        let needs = choices.map { choice in
            let use = choice.memory(configuration, description, pool: pool)
            return use.activations + use.filters + use.workspace
                + SliceAccumulator.copies(tree, choice.passes) * use.gradients
        }
        let limit = max(Self.memoryLimit, needs.min() ?? 0)
        self = choices[needs.lastIndex { $0 <= limit } ?? 0]
    }

    private init(_ passes: [Range<Int>], _ slicePhotos: Int) {
        self.passes = passes
        photos = passes.reduce(1) { max($0, $1.count) } * slicePhotos
    }

    /// Floats of a network that takes these passes.
    fileprivate func memory(
        _ configuration: TrainingConfiguration,
        _ description: ModelDescription,
        pool: ThreadPool
    ) -> MemoryUse {
        Model.memoryForTraining(
            description,
            freezing: configuration.freezing,
            keepsStatistics: configuration.freezeBatchNorm,
            part: configuration.trainedPart,
            maximumBatch: photos,
            slices: slices,
            pool: pool,
            exact: configuration.convolution == .exact,
            reusesWeights: reusesWeights
        )
    }
}

/// What a rank will hold, told before anything of it is asked for.
public enum MemoryNeed {
    /// Bytes of a run on this rank: the network with its share of the values that a node has in common,
    /// optimizer, sums of slices, photos being read, and what the program and MPI take for themselves.
    ///
    /// - Parameters:
    ///   - configuration: one that passes `check`.
    ///   - classes: number of landmarks.
    ///   - photos: photos to learn from, and held out.
    ///   - ranks: ranks of the run.
    ///   - ranksOnNode: those that have this rank's node.
    public static func training(
        _ configuration: TrainingConfiguration,
        classes: Int,
        photos count: (training: Int, held: Int),
        rank: Int,
        ranks: Int,
        ranksOnNode: Int,
        pool: ThreadPool
    ) -> Int {
        let description = configuration.description(classes: classes)
        let slices = configuration.slices ?? ranks
        let tree = SliceTree(slices: slices, ranks: ranks)
        let passes = SlicePasses(
            configuration,
            description,
            tree: tree,
            rank: rank,
            slicePhotos: configuration.batch / slices,
            pool: pool
        )
        let use = passes.memory(configuration, description, pool: pool)
        let states =
            configuration.makeOptimizer(count: 1).state.count + (configuration.ema == nil ? 0 : 1)
        let side = configuration.imageSize
        let photos = tree.slices(of: rank).count * (configuration.batch / slices)
        let floats =
            use.values / max(ranksOnNode, 1)
            + use.gradients * (1 + SliceAccumulator.copies(tree, passes.passes))
            + use.activations + use.filters + use.workspace
            + states * (use.gradients / ranks)
            + (configuration.cachedViews == nil
                ? BatchLoader.slots * photos * side * side * 3
                : features(
                    configuration,
                    description,
                    photos: count,
                    ranksOnNode: ranksOnNode,
                    pool: pool
                ))
        return floats * MemoryLayout<Float>.stride + program
    }

    /// Floats of features that are computed once, of the trunk that computes them and of the photos that it reads.
    static func features(
        _ configuration: TrainingConfiguration,
        _ description: ModelDescription,
        photos: (training: Int, held: Int),
        ranksOnNode: Int,
        pool: ThreadPool
    ) -> Int {
        let width = description.features(configuration.freezing)?.perImage ?? 0
        let use = Model.memoryForEvaluation(
            description,
            freezing: configuration.freezing,
            part: .trunk,
            maximumBatch: FeaturePart.batch,
            pool: pool,
            exact: configuration.convolution == .exact
        )
        let rows = (configuration.cachedViews ?? 0) * photos.training + photos.held
        let side = configuration.imageSize
        return rows * width / max(ranksOnNode, 1)
            + use.activations + use.filters + use.workspace
            + BatchLoader.slots * FeaturePart.batch * side * side * 3
    }

    /// Bytes of a network that answers on this rank, with the photos being read.
    ///
    /// - Parameter batch: most photos of a batch.
    public static func evaluation(
        _ description: ModelDescription,
        batch: Int,
        ranksOnNode: Int,
        pool: ThreadPool
    ) -> Int {
        let use = Model.memoryForEvaluation(description, maximumBatch: batch, pool: pool)
        let side = description.imageSize
        let floats =
            use.values / max(ranksOnNode, 1) + use.activations + use.filters + use.workspace
            + BatchLoader.slots * batch * side * side * 3
        return floats * MemoryLayout<Float>.stride + program
    }

    /// What the program and MPI take for themselves.
    public static let program = 40 << 20
}
