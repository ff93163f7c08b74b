public import Tensors

/// A network that turns photos into logits, with all its memory.
///
/// To train: `store.initialize(seed:)`, then `forward` in the training phase, `softmaxCrossEntropy` for
/// each slice, `backward`.
public final class Model {
    /// What was built.
    public let description: ModelDescription
    private let assembly: Assembly

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
        assembly = Assembly(
            Model.layers(description),
            input: Model.input(description, maximumBatch),
            slices: slices,
            purpose: purpose,
            pool: pool,
            exact: exact,
            reusesWeights: reusesWeights,
            values: values,
            allocate: allocate
        )
    }

    /// Floats of a network's values.
    public static func valueCount(_ description: ModelDescription, pool: ThreadPool) -> Int {
        memoryForTraining(
            description,
            maximumBatch: 1,
            slices: 1,
            pool: pool,
            exact: true,
            reusesWeights: false
        ).values
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
        Assembly.measure(
            layers(description),
            input: input(description, maximumBatch),
            slices: slices,
            purpose: .training,
            pool: pool,
            exact: exact,
            reusesWeights: reusesWeights
        )
    }

    /// What a network for evaluation would hold, without making it; arguments as for a model.
    public static func memoryForEvaluation(
        _ description: ModelDescription,
        maximumBatch: Int,
        pool: ThreadPool,
        exact: Bool = false
    ) -> MemoryUse {
        Assembly.measure(
            layers(description),
            input: input(description, maximumBatch),
            purpose: .evaluation,
            pool: pool,
            exact: exact
        )
    }

    private static func layers(_ description: ModelDescription) -> [any LayerDescription] {
        description.architecture.layers(
            classes: description.classes,
            dropout: description.dropout
        ).layers
    }

    private static func input(_ description: ModelDescription, _ N: Int) -> Shape {
        Shape(N: N, H: description.imageSize, W: description.imageSize, C: 3)
    }

    /// Parameters, running statistics and gradients.
    public var store: ParameterStore { assembly.store }

    /// Extents of the photos; N is the largest batch.
    public var input: Shape { assembly.input }

    /// Extents of the logits; N is the largest batch, C the number of classes.
    public var output: Shape { assembly.output }

    /// What the network holds.
    public var memory: MemoryUse { assembly.memoryUse }

    /// Its layers with shapes, parameters and operations.
    public func summary() -> ModelSummary { assembly.summary }

    /// Runs `body`, during which nobody may change the weights or statistics in `store`, so that
    /// what layers derive from them is made in the first pass alone.
    public func withConstantWeights<T>(_ body: () throws -> T) rethrows -> T {
        try assembly.withConstantWeights(body)
    }

    /// Computes the logits [n, 1, 1, classes] of the photos `x`, [n, S, S, 3].
    ///
    /// They stay valid until the next call. `x` must stay until the backward is done.
    public func forward(_ x: Tensor, _ phase: Phase) -> Tensor { assembly.forward(x, phase) }

    /// Overwrites the gradients of all parameters with the sums over the slices of the pass.
    ///
    /// - Parameters:
    ///   - dlogits: ∂loss/∂logits of the batch of the last forward, which was a training one.
    ///   - ready: told each range of the flat gradient that is complete, from the highest offset
    ///     down without holes.
    public func backward(_ dlogits: Tensor, ready: (Range<Int>) -> Void) {
        assembly.backward(dlogits, ready: ready)
    }
}
