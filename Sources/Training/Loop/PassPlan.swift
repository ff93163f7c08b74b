import Distributed
import Networks
import Tensors

/// How a rank's slices go through the network: several at once where their activations are small, for maps
/// of few pixels keep the processor busy only in numbers.
///
/// What a step computes does not depend on it.
struct PassPlan {
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
        _ description: ModelDescription,
        tree: SliceTree,
        rank: Int,
        slicePhotos: Int,
        exact: Bool,
        pool: ThreadPool
    ) {
        var plans = [PassPlan(tree.nodes(of: rank, atMost: 1), slicePhotos)]
        while let last = plans.last, last.slices == 1 << (plans.count - 1), last.passes.count > 1 {
            plans.append(PassPlan(tree.nodes(of: rank, atMost: 1 << plans.count), slicePhotos))
        }
        let needs = plans.map { plan in
            let use = Model.memoryForTraining(
                description,
                maximumBatch: plan.photos,
                slices: plan.slices,
                pool: pool,
                exact: exact,
                reusesWeights: plan.reusesWeights
            )
            return use.activations + use.filters + use.scratch
                + SliceAccumulator.copies(tree, plan.passes) * use.gradients
        }
        let limit = max(Self.memoryLimit, needs.min() ?? 0)
        self = plans[needs.lastIndex { $0 <= limit } ?? 0]
    }

    private init(_ passes: [Range<Int>], _ slicePhotos: Int) {
        self.passes = passes
        photos = passes.reduce(1) { max($0, $1.count) } * slicePhotos
    }
}
