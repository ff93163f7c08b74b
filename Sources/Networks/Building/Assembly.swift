public import Tensors

/// A chain of built layers with all their memory.
///
/// `Model` is one that a description names; tests build others.
public final class Assembly {
    /// Extents of the input; N is the largest batch.
    public let input: Shape
    /// Extents of the output; N is the largest batch.
    public let output: Shape
    /// Parameters, running statistics and gradients.
    public let store: ParameterStore
    /// What the layers are, one row for each.
    public let summary: ModelSummary
    private let stages: [Stage]
    private let memory: NetworkMemory
    private let purpose: Purpose
    private let period = WeightPeriod()

    /// A layer and where its parameters begin.
    private struct Stage {
        let layer: any Layer
        let begin: Int
    }

    /// Builds `layers` for batches of at most `input.N` images.
    ///
    /// - Parameters:
    ///   - inputGradient: whether `backward` computes ∂loss/∂x for the input.
    ///   - slices: most slices of a pass, none of them with more than its share of `input.N`.
    ///   - exact: whether convolutions must use algorithms without added rounding errors.
    ///   - reusesWeights: whether training runs several passes in `withConstantWeights`, so that
    ///     memory for filters in the form that kernels read pays; evaluation has it always.
    ///   - values: the zeros that values lie in; nil = memory of its own.
    ///   - allocate: makes the zeros that gradients lie in.
    public init(
        _ layers: [any LayerDescription],
        input: Shape,
        inputGradient: Bool = false,
        slices: Int = 1,
        purpose: Purpose,
        pool: ThreadPool,
        exact: Bool = false,
        reusesWeights: Bool = false,
        values: Storage? = nil,
        allocate: (Int) -> Storage = { Storage(count: $0) }
    ) {
        let period = period
        func builder(_ memory: NetworkMemory?) -> Builder {
            Builder(
                pool: pool,
                purpose: purpose,
                exact: exact,
                slices: slices,
                keepsFilters: reusesWeights || purpose == .evaluation,
                period: period,
                memory: memory
            )
        }
        let measured = Assembly.build(layers, input, builder(nil), inputGradient)
        memory = NetworkMemory(measured.builder, values: values, allocate)
        let built = Assembly.build(layers, input, builder(memory), inputGradient)
        stages = built.stages
        self.input = input
        self.purpose = purpose
        output = built.stages.last?.layer.output.shape ?? input
        store = ParameterStore(built.builder, memory, pool)
        summary = ModelSummary(rows: built.builder.rows)
    }

    private static func build(
        _ layers: [any LayerDescription],
        _ input: Shape,
        _ builder: Builder,
        _ inputGradient: Bool
    ) -> (builder: Builder, stages: [Stage]) {
        var builder = builder
        var activation = builder.input(input, needsGradient: inputGradient)
        var stages: [Stage] = []
        for layer in layers {
            let begin = builder.trainable
            let built = builder.build(layer, activation)
            stages.append(Stage(layer: built, begin: begin))
            activation = built.output
        }
        // The caller reads the output when it likes.
        builder.keepForGood(activation)
        return (builder, stages)
    }

    /// What a network would hold, without making it.
    public static func measure(
        _ layers: [any LayerDescription],
        input: Shape,
        slices: Int = 1,
        purpose: Purpose,
        pool: ThreadPool,
        exact: Bool = false,
        reusesWeights: Bool = false
    ) -> MemoryUse {
        let builder = Builder(
            pool: pool,
            purpose: purpose,
            exact: exact,
            slices: slices,
            keepsFilters: reusesWeights || purpose == .evaluation,
            period: WeightPeriod(),
            memory: nil
        )
        return build(layers, input, builder, false).builder.memoryUse
    }

    /// What parameters a network has, without making it.
    static func parameters(_ layers: [any LayerDescription], input: Shape) -> ParameterTable {
        let builder = Builder(
            pool: ThreadPool(threads: 1),
            purpose: .evaluation,
            exact: true,
            slices: 1,
            keepsFilters: false,
            period: WeightPeriod(),
            memory: nil
        )
        let built = build(layers, input, builder, false).builder
        return ParameterTable(parameters: built.parameters, batchNorms: built.batchNorms)
    }

    /// What layers a network for training has, without making it.
    static func summary(
        _ layers: [any LayerDescription],
        input: Shape,
        pool: ThreadPool
    ) -> ModelSummary {
        let builder = Builder(
            pool: pool,
            purpose: .training,
            exact: false,
            slices: 1,
            keepsFilters: false,
            period: WeightPeriod(),
            memory: nil
        )
        return ModelSummary(rows: build(layers, input, builder, false).builder.rows)
    }

    /// What the network holds.
    public var memoryUse: MemoryUse {
        MemoryUse(
            values: memory.values.count,
            gradients: memory.gradients.count,
            activations: memory.activations.count,
            filters: memory.filters.count,
            scratch: memory.scratch.count
        )
    }

    /// Runs `body`, during which nobody may change the weights or statistics in `store`.
    ///
    /// What layers derive from them is then made in the first pass alone; outside of `body` every
    /// pass makes it anew.
    public func withConstantWeights<T>(_ body: () throws -> T) rethrows -> T {
        try period.hold(body)
    }

    /// Computes the output for `x`; it stays valid until the next call.
    public func forward(_ x: Tensor, _ phase: Phase) -> Tensor {
        precondition(
            x.shape.with(N: input.N) == input && x.shape.N <= input.N,
            "photos of \(x.shape) for a network of \(input)"
        )
        return stages.reduce(x) { $1.layer.forward($0, phase) }
    }

    /// Overwrites the gradients of all parameters with the sums over the slices of the pass.
    ///
    /// - Parameters:
    ///   - dy: ∂loss/∂output for the batch of the last forward; may be overwritten.
    ///   - ready: told each range of the flat gradient that is complete, from the highest offset
    ///     down without holes.
    /// - Returns: ∂loss/∂x where the assembly was built to compute it.
    @discardableResult
    public func backward(_ dy: Tensor, ready: (Range<Int>) -> Void = { _ in }) -> Tensor? {
        precondition(purpose == .training, "a network built for evaluation has no gradients")
        // Forward has completed the statistics, which lie above all trainable parameters.
        var end = store.trainable.upperBound
        if end < store.count { ready(end..<store.count) }
        var gradient: Tensor? = dy
        for stage in stages.reversed() {
            guard let dy = gradient else { break }
            gradient = stage.layer.backward(dy)
            if stage.begin < end { ready(stage.begin..<end) }
            end = min(end, stage.begin)
        }
        return gradient
    }
}
