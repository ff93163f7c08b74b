public import Tensors

/// Hands out the memory of a network, layer after layer in forward order.
///
/// A network is built twice: once with a builder that only measures, then with one that places.
/// Both see the same requests in the same order.
///
/// Time is the number of the layer: its forward happens at that time, its backward as long after
/// the turning point as its forward was before it. Each buffer lives from the moment it is written
/// to the last that reads it, and `LifetimePlan` lets others use its memory before and after.
public struct Builder {
    /// The threads that layers compute with.
    public let pool: ThreadPool
    /// What the network is for.
    public let purpose: Purpose
    /// Whether convolutions must use algorithms without added rounding errors.
    public let exact: Bool
    /// Most slices of a training pass.
    public let slices: Int
    /// Whether filters are kept in the form that kernels read, because several passes use the same.
    let keepsFilters: Bool
    /// When they are the same.
    let period: WeightPeriod

    private(set) var plan = LifetimePlan()
    private(set) var parameters: [Parameter] = []
    private(set) var batchNorms: [String] = []
    private(set) var rows: [ModelSummary.Row] = []
    private(set) var trainable = 0
    private(set) var statistics = 0
    private(set) var scratchCount = 0
    private(set) var filterCount = 0
    private(set) var now = 0
    private var dropouts = 0
    private var parametersBefore = 0
    private var inputShape = Shape(N: 0, C: 0)
    /// The description of the layer being built, for the summary.
    private var description: (any LayerDescription)?
    private let memory: NetworkMemory?
    private let placeholder = Storage(count: 0)

    /// A builder that measures (`memory` nil) or places.
    init(
        pool: ThreadPool,
        purpose: Purpose,
        exact: Bool,
        slices: Int,
        keepsFilters: Bool,
        period: WeightPeriod,
        memory: NetworkMemory?
    ) {
        self.pool = pool
        self.purpose = purpose
        self.exact = exact
        self.slices = slices
        self.keepsFilters = keepsFilters
        self.period = period
        self.memory = memory
    }

    /// Builds `layer` for `input`; layers that hold others build them by this.
    mutating func build(_ layer: any LayerDescription, _ input: Activation) -> any Layer {
        description = layer
        return layer.build(input, &self)
    }

    /// Lets the summary take `layer` for what is built next.
    mutating func announce(_ layer: any LayerDescription) { description = layer }

    // MARK: Time

    /// Begins a layer that reads `input`; every layer without inner layers calls this first.
    public mutating func begin(_ input: Activation) {
        now += 1
        parametersBefore = trainable + statistics
        inputShape = input.shape
        use(input)
    }

    /// Lets `activation` last until this layer's forward.
    public mutating func use(_ activation: Activation) {
        if let buffer = activation.buffer { plan.extend(buffer, to: now) }
    }

    /// Lets `activation` last until this layer's backward, where there is one.
    public mutating func keep(_ activation: Activation) {
        guard let buffer = activation.buffer else { return }
        plan.extend(buffer, to: purpose == .training ? backward(now) : now)
    }

    /// Lets `activation` last as long as the network.
    mutating func keepForGood(_ activation: Activation) {
        if let buffer = activation.buffer { plan.extend(buffer, to: .max) }
    }

    private func backward(_ time: Int) -> Int { (1 << 40) - time }

    // MARK: Activations

    /// The photos, or whatever else the first layer reads.
    func input(_ shape: Shape, needsGradient: Bool) -> Activation {
        Activation(
            shape: shape,
            base: nil,
            buffer: nil,
            isOverwritable: false,
            needsGradient: needsGradient,
            gradientUntil: 0
        )
    }

    /// Memory for this layer's output.
    ///
    /// - Parameters:
    ///   - overwritable: this layer's backward does not read the output, so that the next may write
    ///     its own over it.
    ///   - sharingGradientOf: the input, where `backward` returns its result in the memory of `dy`.
    public mutating func output(
        _ shape: Shape,
        overwritable: Bool = false,
        sharingGradientOf input: Activation? = nil
    ) -> Activation {
        let buffer = plan.add(count: shape.count, from: now, to: now)
        return Activation(
            shape: shape,
            base: place(buffer),
            buffer: buffer,
            isOverwritable: overwritable,
            needsGradient: true,
            gradientUntil: min(now, input?.gradientUntil ?? now)
        )
    }

    /// `input` itself as this layer's output, which the convolution before computes as well.
    mutating func output(leftTo input: Activation) -> Activation {
        var output = input
        output.tail = nil
        return output
    }

    /// The memory of `input` as this layer's output, written over it.
    public func output(over input: Activation) -> Activation {
        precondition(input.isOverwritable, "the layer before still needs its output")
        return Activation(
            shape: input.shape,
            base: input.base,
            buffer: input.buffer,
            isOverwritable: false,
            needsGradient: true,
            gradientUntil: input.gradientUntil
        )
    }

    /// Memory for the gradient of `input`, which this layer's backward writes; nil where nobody
    /// needs it.
    public mutating func gradient(of input: Activation) -> UnsafeMutablePointer<Float>? {
        guard purpose == .training, input.needsGradient else { return nil }
        let buffer = plan.add(
            count: input.shape.count,
            from: backward(now),
            to: backward(input.gradientUntil)
        )
        return place(buffer)
    }

    /// `count` floats that keep what forward leaves for backward.
    public mutating func note(_ count: Int) -> UnsafeMutablePointer<Float> {
        let until = purpose == .training ? backward(now) : now
        return place(plan.add(count: count, from: now, to: until))
    }

    /// `count` floats for filters in the form that kernels read, which stay from pass to pass.
    mutating func filters(_ count: Int) -> UnsafeMutablePointer<Float> {
        defer { filterCount += (count + 15) / 16 * 16 }
        return (memory?.filters ?? placeholder).base + (memory == nil ? 0 : filterCount)
    }

    /// At least `count` floats of working memory, which other layers use too.
    public mutating func scratch(_ count: Int) -> UnsafeMutablePointer<Float> {
        scratchCount = max(scratchCount, count)
        return (memory?.scratch ?? placeholder).base
    }

    private func place(_ buffer: Int) -> UnsafeMutablePointer<Float> {
        guard let memory else { return placeholder.base }
        return memory.activations.base + memory.offsets[buffer]
    }

    // MARK: Parameters

    /// Memory for a parameter, or a running statistic, and its gradient.
    ///
    /// - Parameters:
    ///   - name: torchvision's name.
    ///   - shape: PyTorch's shape.
    ///   - planes: positions of the trailing extents that memory holds before the channels: KH·KW
    ///     of a convolution, H·W of a dense layer on maps.
    public mutating func parameter(
        _ name: String,
        shape: [Int],
        kind: Parameter.Kind,
        initial: Initialisation,
        planes: Int = 1,
        isHead: Bool = false
    ) -> ParameterPlace {
        let count = shape.reduce(1, *)
        let offset: Int
        if case .statistic = kind {
            offset = (memory?.trainable ?? 0) + statistics
            statistics += count
        } else {
            offset = trainable
            trainable += count
        }
        parameters.append(
            Parameter(
                name: name,
                range: offset..<offset + count,
                shape: shape,
                kind: kind,
                isHead: isHead,
                initial: initial,
                planes: planes
            )
        )
        guard let memory else {
            return ParameterPlace(
                value: placeholder.base,
                target: GradientTarget(placeholder),
                offset: 0
            )
        }
        return ParameterPlace(
            value: memory.values.base + offset,
            target: memory.target,
            offset: purpose == .training ? offset : 0
        )
    }

    /// Notes that the parameters under `prefix` are a batch norm's.
    mutating func noteBatchNorm(_ prefix: String) { batchNorms.append(prefix) }

    /// A number for each dropout layer, so that their masks differ.
    mutating func nextDropout() -> UInt64 {
        defer { dropouts += 1 }
        return UInt64(dropouts)
    }

    // MARK: Summary

    /// Adds this layer to the summary of the network.
    ///
    /// - Parameters:
    ///   - operations: multiply-adds for one image.
    ///   - algorithm: how they are done, where there is a choice.
    public mutating func describe(
        _ name: String,
        _ kind: String,
        _ output: Shape,
        operations: Int = 0,
        algorithm: String? = nil
    ) {
        rows.append(
            ModelSummary.Row(
                name: name,
                kind: kind,
                algorithm: algorithm,
                input: inputShape.with(N: 1),
                output: output.with(N: 1),
                parameters: trainable + statistics - parametersBefore,
                operations: operations,
                layer: description
            )
        )
    }
}

/// Where a parameter and its gradient lie.
public struct ParameterPlace {
    /// The values.
    public let value: UnsafeMutablePointer<Float>
    let target: GradientTarget
    let offset: Int

    /// The gradient, which may lie elsewhere in the next pass; of no use in a network for evaluation.
    public var gradient: UnsafeMutablePointer<Float> { target.storage.base + offset }
}
