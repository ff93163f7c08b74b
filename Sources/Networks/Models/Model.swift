public import Tensors

/// A network that turns photos into logits, with all its memory.
///
/// To train: `store.initialize(seed:)`, then `forward` in the training phase, `softmaxCrossEntropy` for
/// each slice, `backward`.
public final class Model {
    /// What was built.
    public let description: ModelDescription
    /// Whether convolutions use algorithms without added rounding errors.
    let isExact: Bool
    private let executor: Executor

    /// Builds the network for batches of at most `maximumBatch` photos.
    ///
    /// The parameters are zero until they are initialised or read from a file.
    ///
    /// - Parameters:
    ///   - description: one that passes `check()`.
    ///   - freezing: what keeps its weights in training, as `description.check` allows it.
    ///   - keepsStatistics: whether batch norms use their running statistics in training and keep them.
    ///   - part: what is built of the network; parameters are those of all of it.
    ///   - slices: most slices of a training pass, none of them with more than its share of `maximumBatch`.
    ///   - exact: whether convolutions must use algorithms without added rounding errors.
    ///   - reusesWeights: whether training runs several passes in `withConstantWeights`.
    ///   - values: the zeros that values lie in; nil = memory of its own.
    ///   - allocate: makes the zeros that gradients lie in.
    public init(
        _ description: ModelDescription,
        freezing: Freezing = .none,
        keepsStatistics: Bool = false,
        part: NetworkPart = .whole,
        maximumBatch: Int,
        slices: Int = 1,
        purpose: Purpose,
        pool: ThreadPool,
        exact: Bool = false,
        reusesWeights: Bool = false,
        values: Storage? = nil,
        allocate: (Int) -> Storage = { Storage(count: $0) }
    ) {
        self.description = description
        isExact = exact
        let built = description.part(
            part,
            freezing,
            keepsStatistics: keepsStatistics,
            maximumBatch
        )
        executor = Executor(
            built.graph,
            inputs: [built.input],
            CompilationOptions(
                purpose,
                slices: slices,
                exact: exact,
                reusesWeights: reusesWeights,
                pool: pool
            ),
            parameters: built.parameters,
            values: values,
            allocate: allocate
        )
    }

    /// What a network for training would hold, without making it; arguments as for a model.
    public static func memoryForTraining(
        _ description: ModelDescription,
        freezing: Freezing = .none,
        keepsStatistics: Bool = false,
        part: NetworkPart = .whole,
        maximumBatch: Int,
        slices: Int,
        pool: ThreadPool,
        exact: Bool,
        reusesWeights: Bool
    ) -> MemoryUse {
        let built = description.part(
            part,
            freezing,
            keepsStatistics: keepsStatistics,
            maximumBatch
        )
        return Executor.memoryUse(
            built.graph,
            inputs: [built.input],
            CompilationOptions(
                .training,
                slices: slices,
                exact: exact,
                reusesWeights: reusesWeights,
                pool: pool
            ),
            parameters: built.parameters
        )
    }

    /// What a network for evaluation would hold, without making it; arguments as for a model.
    public static func memoryForEvaluation(
        _ description: ModelDescription,
        freezing: Freezing = .none,
        part: NetworkPart = .whole,
        maximumBatch: Int,
        pool: ThreadPool,
        exact: Bool = false
    ) -> MemoryUse {
        let built = description.part(part, freezing, maximumBatch)
        return Executor.memoryUse(
            built.graph,
            inputs: [built.input],
            CompilationOptions(.evaluation, exact: exact, pool: pool),
            parameters: built.parameters
        )
    }

    /// Parameters, running statistics and gradients.
    public var store: ParameterStore { executor.store }

    /// Extents of the photos, or of the features that the part behind a frozen one reads; N is the largest batch.
    public var input: Shape { executor.inputs[0] }

    /// Extents of the logits, or of a frozen part's features; N is the largest batch.
    public var output: Shape { executor.outputs[0] }

    /// What the network holds.
    public var memory: MemoryUse { executor.memory }

    /// Its layers with shapes, parameters and multiply-adds.
    public func summary() -> ModelSummary { description.summary(pool: store.pool) }

    /// Runs `body`, during which nobody may change the weights or statistics in `store`, so that
    /// what kernels derive from them is made in the first pass alone.
    public func withConstantWeights<T>(_ body: () throws -> T) rethrows -> T {
        try executor.withConstantWeights(body)
    }

    /// Runs `body`, during which nobody may change frozen weights or statistics in `store`: what kernels derive
    /// from them is made once.
    public func withFrozenWeights<T>(_ body: () throws -> T) rethrows -> T {
        try executor.withFrozenWeights(body)
    }

    /// Makes what kernels derive from frozen weights anew in the next pass: a pass that was left may have missed
    /// some of it.
    public func renewFrozenWeights() { executor.renewFrozenWeights() }

    /// Computes the logits [n, 1, 1, classes] of the photos `x`, [n, S, S, 3]; or what the part of a network
    /// gives for its input.
    ///
    /// They stay valid until the next call. `x` must stay until the backward is done.
    public func forward(_ x: Tensor, _ phase: Phase) -> Tensor {
        executor.forward([x], phase)[0]
    }

    /// Overwrites the gradients of all parameters that are not frozen with the sums over the slices of the pass.
    ///
    /// - Parameters:
    ///   - dlogits: ∂loss/∂logits of the batch of the last forward, which was a training one.
    ///   - ready: told each range of the flat gradient that is complete, from the highest offset
    ///     down without holes.
    public func backward(_ dlogits: Tensor, ready: (Range<Int>) -> Void) {
        executor.backward([dlogits], ready: ready)
    }
}
