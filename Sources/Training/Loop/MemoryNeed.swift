import Distributed
import Images
public import Networks
public import Tensors

/// What a rank will hold, told before anything of it is asked for.
public enum MemoryNeed {
    /// Bytes of a run on this rank: the network with its share of the values that a node has in common,
    /// optimizer, sums of slices, photos being read, and what the program and MPI take for themselves.
    ///
    /// - Parameters:
    ///   - configuration: one that passes `check`.
    ///   - classes: number of landmarks.
    ///   - ranks: ranks of the run.
    ///   - ranksOnNode: those that have this rank's node.
    public static func training(
        _ configuration: TrainingConfiguration,
        classes: Int,
        rank: Int,
        ranks: Int,
        ranksOnNode: Int,
        pool: ThreadPool
    ) -> Int {
        let description = configuration.description(classes: classes)
        let slices = configuration.slices ?? ranks
        let tree = SliceTree(slices: slices, ranks: ranks)
        let exact = configuration.convolution == .exact
        let passes = PassPlan(
            description,
            tree: tree,
            rank: rank,
            slicePhotos: configuration.batch / slices,
            exact: exact,
            pool: pool
        )
        let use = Model.memoryForTraining(
            description,
            maximumBatch: passes.photos,
            slices: passes.slices,
            pool: pool,
            exact: exact,
            reusesWeights: passes.reusesWeights
        )
        let states =
            configuration.makeOptimizer(count: 1).state.count + (configuration.ema == nil ? 0 : 1)
        let side = configuration.imageSize
        let photos = tree.slices(of: rank).count * (configuration.batch / slices)
        let floats =
            use.values / max(ranksOnNode, 1)
            + use.gradients * (1 + SliceAccumulator.copies(tree, passes.passes))
            + use.activations + use.filters + use.scratch
            + states * (use.values / ranks)
            + BatchLoader.slots * photos * side * side * 3
        return floats * MemoryLayout<Float>.stride + program
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
            use.values / max(ranksOnNode, 1) + use.activations + use.filters + use.scratch
            + BatchLoader.slots * batch * side * side * 3
        return floats * MemoryLayout<Float>.stride + program
    }

    /// What the program and MPI take for themselves.
    public static let program = 40 << 20
}
