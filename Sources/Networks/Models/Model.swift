public import Tensors

/// A network that turns photos into logits, with all its memory.
///
/// To train: `store.initialize(seed:)`, then `forward` in the training phase, `softmaxCrossEntropy` for
/// each slice, `backward`.
public final class Model {
    /// What was built.
    public let description: ModelDescription
    private let executor: Executor

    /// Builds the network for batches of at most `maximumBatch` photos.
    ///
    /// The parameters are zero until they are initialised or read from a file.
    ///
    /// - Parameters:
    ///   - description: one that passes `check()`.
    ///   - slices: most slices of a training pass, none of them with more than its share of `maximumBatch`.
    ///   - exact: whether convolutions must use algorithms without added rounding errors.
    ///   - reusesWeights: whether training runs several passes in `withConstantWeights`.
    ///   - values: the zeros that values lie in; nil = memory of its own.
    ///   - allocate: makes the zeros that gradients lie in.
    public init(
        _ description: ModelDescription,
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
        executor = Executor(
            description.graph,
            inputs: [description.input(maximumBatch)],
            CompilationOptions(
                purpose,
                slices: slices,
                exact: exact,
                reusesWeights: reusesWeights,
                pool: pool
            ),
            values: values,
            allocate: allocate
        )
    }

    /// What a network for training would hold, without making it; arguments as for a model.
    public static func memoryForTraining(
        _ description: ModelDescription,
        maximumBatch: Int,
        slices: Int,
        pool: ThreadPool,
        exact: Bool,
        reusesWeights: Bool
    ) -> MemoryUse {
        Executor.memoryUse(
            description.graph,
            inputs: [description.input(maximumBatch)],
            CompilationOptions(
                .training,
                slices: slices,
                exact: exact,
                reusesWeights: reusesWeights,
                pool: pool
            )
        )
    }

    /// What a network for evaluation would hold, without making it; arguments as for a model.
    public static func memoryForEvaluation(
        _ description: ModelDescription,
        maximumBatch: Int,
        pool: ThreadPool,
        exact: Bool = false
    ) -> MemoryUse {
        Executor.memoryUse(
            description.graph,
            inputs: [description.input(maximumBatch)],
            CompilationOptions(.evaluation, exact: exact, pool: pool)
        )
    }

    /// Parameters, running statistics and gradients.
    public var store: ParameterStore { executor.store }

    /// Extents of the photos; N is the largest batch.
    public var input: Shape { executor.inputs[0] }

    /// Extents of the logits; N is the largest batch, C the number of classes.
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

    /// Computes the logits [n, 1, 1, classes] of the photos `x`, [n, S, S, 3].
    ///
    /// They stay valid until the next call. `x` must stay until the backward is done.
    public func forward(_ x: Tensor, _ phase: Phase) -> Tensor {
        executor.forward([x], phase)[0]
    }

    /// Overwrites the gradients of all parameters with the sums over the slices of the pass.
    ///
    /// - Parameters:
    ///   - dlogits: ∂loss/∂logits of the batch of the last forward, which was a training one.
    ///   - ready: told each range of the flat gradient that is complete, from the highest offset
    ///     down without holes.
    public func backward(_ dlogits: Tensor, ready: (Range<Int>) -> Void) {
        executor.backward([dlogits], ready: ready)
    }
}
