public import Tensors

/// Runs a graph: walks its list forward, then back.
///
/// Joins operations, plans memory, allocates it once; a pass allocates no tensor. Where an activation has several
/// readers, their gradients are added from the last reader to the first.
public final class Executor {
    /// Shapes of the inputs; N is the largest batch.
    public let inputs: [Shape]
    /// Shapes of the outputs in the graph's order; N is the largest batch.
    public let outputs: [Shape]
    /// Parameters, running statistics and gradients.
    public let store: ParameterStore
    /// What the executor holds.
    public let memory: MemoryUse
    private let plan: CompiledGraph
    private let steps: [Step]
    private let activations: Storage
    private let filters: Storage
    private let workspace: Storage
    private let pool: ThreadPool
    private let period: WeightPeriod
    private let frozenPeriod: WeightPeriod
    private var photos: [Tensor] = []
    private var phase: Phase?

    /// A node with its memory.
    private struct Step {
        let kernel: any Kernel
        let parameters: [ParameterPlace]
        let filters: [PreparedFilters]
        let saved: UnsafeMutablePointer<Float>
        /// Whether it is computed as in evaluation in training too.
        let isFrozen: Bool
        /// Where gradients begin that are complete once this node's backward is through.
        let completeFrom: Int
    }

    /// Compiles `graph` for batches of at most N images.
    ///
    /// The parameters are zero until they are initialised or read from a file.
    ///
    /// - Parameters:
    ///   - inputs: shapes of the graph's inputs, N the largest batch of each.
    ///   - inputGradients: whether `backward` computes the gradients of the inputs.
    ///   - parameters: the table that the graph's parameters are found in, where it is a part of a network; nil =
    ///     they are all.
    ///   - values: the zeros that values lie in; nil = memory of its own.
    ///   - allocate: makes the zeros that gradients lie in.
    public init(
        _ graph: Graph,
        inputs: [Shape],
        inputGradients: Bool = false,
        _ options: CompilationOptions,
        parameters: ParameterTable? = nil,
        values: Storage? = nil,
        allocate: (Int) -> Storage = { Storage(count: $0) }
    ) {
        self.inputs = inputs
        let plan = CompiledGraph(
            graph,
            inputs,
            inputGradients: inputGradients,
            options,
            parameters: parameters
        )
        self.plan = plan
        pool = options.pool
        outputs = plan.graph.outputs.map { plan.shapes[$0.value.index] }
        memory = plan.memoryUse
        precondition(
            values.map { $0.count == plan.memoryUse.values } ?? true,
            "values of another network"
        )
        store = ParameterStore(
            plan.parameters,
            values: values ?? Storage(count: memory.values),
            gradients: allocate(memory.gradients),
            pool
        )
        activations = Storage(count: memory.activations)
        filters = Storage(count: memory.filters)
        workspace = Storage(count: memory.workspace)
        let period = WeightPeriod()
        let frozenPeriod = WeightPeriod()
        (self.period, self.frozenPeriod) = (period, frozenPeriod)
        steps = Executor.steps(plan, store, (period, frozenPeriod), activations.base, filters.base)
    }

    private static func steps(
        _ plan: CompiledGraph,
        _ store: ParameterStore,
        _ periods: (all: WeightPeriod, frozen: WeightPeriod),
        _ activations: UnsafeMutablePointer<Float>,
        _ filters: UnsafeMutablePointer<Float>
    ) -> [Step] {
        let completeFrom = plan.completeFrom(store)
        var place = filters
        return plan.kernels.enumerated().map { number, kernel in
            let isFrozen = plan.graph.nodes[number].isFrozen
            let period = isFrozen ? periods.frozen : periods.all
            let own = plan.requirements[number].filters.map { count in
                guard plan.keepsFilters(number) else { return PreparedFilters(kept: nil, period) }
                defer { place += CompiledGraph.roundedUp(count) }
                return PreparedFilters(kept: place, period)
            }
            return Step(
                kernel: kernel,
                parameters: plan.specifications[number].map { store.place($0.name) },
                filters: own,
                saved: activations + plan.memory.offsets[plan.memory.saved[number]],
                isFrozen: isFrozen,
                completeFrom: completeFrom[number]
            )
        }
    }

    /// What an executor would hold, without making it.
    public static func memoryUse(
        _ graph: Graph,
        inputs: [Shape],
        _ options: CompilationOptions,
        parameters: ParameterTable? = nil
    ) -> MemoryUse {
        CompiledGraph(graph, inputs, inputGradients: false, options, parameters: parameters)
            .memoryUse
    }

    /// Runs `body`, during which nobody may change the weights or statistics in `store`.
    ///
    /// What kernels derive from them is then made in the first pass alone; outside of `body` every
    /// pass makes it anew.
    public func withConstantWeights<T>(_ body: () throws -> T) rethrows -> T {
        guard !frozenPeriod.isHeld else { return try period.hold(body) }
        return try frozenPeriod.hold { try period.hold(body) }
    }

    /// Runs `body`, during which nobody may change frozen weights or statistics in `store`.
    public func withFrozenWeights<T>(_ body: () throws -> T) rethrows -> T {
        try frozenPeriod.hold(body)
    }

    /// Makes what kernels derive from frozen weights anew in the next pass: a pass that was left may have missed
    /// some of it.
    public func renewFrozenWeights() { frozenPeriod.renew() }

    // MARK: Forward

    /// Computes the outputs for `inputs`, in the graph's order.
    ///
    /// They stay valid until the next call. The inputs must stay until the backward is done.
    public func forward(_ inputs: [Tensor], _ phase: Phase) -> [Tensor] {
        precondition(inputs.count == self.inputs.count, "\(inputs.count) inputs")
        for (x, expected) in zip(inputs, self.inputs) {
            precondition(
                x.shape.with(N: expected.N) == expected && x.shape.N <= expected.N
                    && x.shape.N == inputs[0].shape.N,
                "an input of \(x.shape) for a network of \(expected)"
            )
        }
        photos = inputs
        self.phase = phase
        for (number, step) in steps.enumerated() {
            step.kernel.forward(pass(number, step, step.isFrozen ? .evaluation : phase))
        }
        return plan.graph.outputs.map { value($0.value.index) }
    }

    private func pass(_ number: Int, _ step: Step, _ phase: Phase) -> ForwardPass {
        ForwardPass(
            inputs: plan.graph.nodes[number].inputs.map { value($0.index) },
            y: value(plan.graph.inputCount + number),
            parameters: step.parameters,
            saved: step.saved,
            workspace: workspace.base,
            filters: step.filters,
            phase: phase,
            pool: pool
        )
    }

    /// The value of the pass just now.
    private func value(_ index: Int) -> Tensor {
        guard let buffer = plan.memory.values[index] else { return photos[index] }
        return tensor(buffer, index)
    }

    private func tensor(_ buffer: Int, _ value: Int) -> Tensor {
        let shape = plan.shapes[value].with(N: photos[0].shape.N)
        return Tensor(activations.base + plan.memory.offsets[buffer], shape)
    }

    // MARK: Backward

    /// Overwrites the gradients of all parameters with the sums over the slices of the last forward's pass.
    ///
    /// - Parameters:
    ///   - dy: ∂loss/∂output for each output; nil = the loss does not depend on it. May be overwritten.
    ///   - ready: told each range of the flat gradient that is complete, from the highest offset
    ///     down without holes.
    /// - Returns: ∂loss/∂input for each input, where the executor was made to compute it.
    @discardableResult
    public func backward(_ dy: [Tensor?], ready: (Range<Int>) -> Void = { _ in }) -> [Tensor?] {
        guard case .training(let context) = phase, store.hasGradients else {
            preconditionFailure("backward follows a forward in training")
        }
        precondition(dy.count == outputs.count, "\(dy.count) gradients of \(outputs.count) outputs")
        receive(dy)
        // Forward has completed the statistics, which lie above all trainable parameters.
        var end = store.trainable.upperBound
        if end < store.count { ready(end..<store.count) }
        for (number, step) in steps.enumerated().reversed() {
            backward(number, step, context, dy)
            if step.completeFrom < end {
                ready(step.completeFrom..<end)
                end = step.completeFrom
            }
        }
        return plan.shapes.indices.prefix(inputs.count).map { gradient($0, dy) }
    }

    private func backward(
        _ number: Int,
        _ step: Step,
        _ context: TrainingContext,
        _ dy: [Tensor?]
    ) {
        let node = plan.graph.nodes[number]
        let contributions = plan.memory.contributions[number]
        guard let gradient = gradient(plan.graph.inputCount + number, dy) else { return }
        let dinputs = zip(node.inputs, contributions).map { input, contribution in
            switch contribution {
            case .none: nil as Tensor?
            case .writes(let place), .adds(let place, _), .accumulates(let place):
                tensor(place, input.index, dy)
            }
        }
        step.kernel.backward(
            BackwardPass(
                forward: pass(number, step, .training(context)),
                context: context,
                dy: gradient,
                dinputs: dinputs,
                addsGradient: contributions.first?.accumulates ?? false
            )
        )
        for (input, contribution) in zip(node.inputs, contributions) {
            guard case .adds(let from, let to) = contribution else { continue }
            let sum = tensor(to, input.index, dy)
            addFloats(sum.base, tensor(from, input.index, dy).base, sum.count, pool)
        }
    }

    /// Copies the caller's gradients where they do not serve where they are.
    private func receive(_ dy: [Tensor?]) {
        var received: Set<Int> = []
        for (output, dy) in zip(plan.graph.outputs, dy) {
            let index = output.value.index
            if let dy {
                precondition(
                    dy.shape == value(index).shape,
                    "a gradient of \(dy.shape) for \(output.name)"
                )
            }
            guard case .buffer(let buffer) = plan.memory.gradients[index] else {
                precondition(
                    dy != nil || plan.memory.gradients[index] == nil,
                    "no gradient of the output"
                )
                continue
            }
            let own = tensor(buffer, index)
            switch (dy, received.insert(index).inserted) {
            case (let dy?, true): copyFloats(own.base, dy.base, own.count, pool)
            case (let dy?, false): addFloats(own.base, dy.base, own.count, pool)
            case (nil, true): fillZero(own.base, own.count, pool)
            case (nil, false): break
            }
        }
    }

    private func gradient(_ value: Int, _ dy: [Tensor?]) -> Tensor? {
        plan.memory.gradients[value].map { tensor($0, value, dy) }
    }

    private func tensor(_ place: MemoryPlan.GradientPlace, _ value: Int, _ dy: [Tensor?]) -> Tensor
    {
        switch place {
        case .buffer(let buffer): return tensor(buffer, value)
        case .caller:
            guard let memory = dy.first ?? nil else {
                preconditionFailure("no gradient of the output")
            }
            // What is written over it has as many elements.
            return Tensor(memory.base, plan.shapes[value].with(N: memory.shape.N))
        }
    }
}

/// A graph with its operations joined, its kernels planned and its memory laid out, before any of it exists.
struct CompiledGraph {
    let graph: Graph
    let shapes: [Shape]
    /// Parameters of the graph as the model wrote it, so that they lie alike for every purpose.
    let parameters: ParameterTable
    /// Parameters of each node.
    let specifications: [[ParameterSpecification]]
    let kernels: [any Kernel]
    let requirements: [KernelRequirements]
    let memory: MemoryPlan
    private let options: CompilationOptions

    /// - Parameter parameters: those of the network that the graph is a part of; nil = the graph's own.
    init(
        _ written: Graph,
        _ inputs: [Shape],
        inputGradients: Bool,
        _ options: CompilationOptions,
        parameters whole: ParameterTable? = nil
    ) {
        self.options = options
        parameters = whole ?? ParameterTable(written, inputs)
        let joined = Fusion.apply(
            written,
            inputs: inputs,
            options.purpose,
            joinsChains: options.pool.blas == .own
        )
        let fused = Gating.apply(joined, joined.shapes(inputs), options)
        let shapes = fused.shapes(inputs)
        let graph = Deferral.apply(fused, shapes, options)
        let specifications = graph.nodes.map { node in
            node.operation.parameters(node.name, node.inputs.map { shapes[$0.index] })
        }
        let needsGradient = MemoryPlan.needsGradient(
            graph,
            hasTrainable: zip(graph.nodes, specifications).map { node, own in
                !node.isFrozen && own.contains(where: \.isTrainable)
            },
            inputGradients: inputGradients,
            options
        )
        let kernels = graph.nodes.enumerated().map { number, node in
            var own = options
            own.purpose = node.purpose(options.purpose)
            if node.isFrozen { own.slices = 1 }
            return node.operation.kernel(
                KernelSite(
                    inputs: node.inputs.map { shapes[$0.index] },
                    output: shapes[graph.inputCount + number],
                    inputGradients: node.inputs.map { needsGradient[$0.index] },
                    options: own
                )
            )
        }
        requirements = kernels.map(\.requirements)
        memory = MemoryPlan(
            graph,
            shapes: shapes,
            requirements: requirements,
            needsGradient: needsGradient,
            isTrained: graph.nodes.map { $0.purpose(options.purpose) == .training }
        )
        (self.graph, self.shapes, self.specifications) = (graph, shapes, specifications)
        self.kernels = kernels
    }

    /// Where gradients begin that are complete once a node's backward is through: above the parameters of all
    /// nodes before it.
    func completeFrom(_ store: ParameterStore) -> [Int] {
        var begin = store.trainable.lowerBound
        return zip(graph.nodes, specifications).map { node, own in
            defer {
                for parameter in own where parameter.isTrainable && !node.isFrozen {
                    begin = max(begin, store.range(parameter.name).upperBound)
                }
            }
            return begin
        }
    }

    var memoryUse: MemoryUse {
        MemoryUse(
            values: parameters.count,
            gradients: options.purpose == .training ? parameters.live.count : 0,
            activations: memory.count,
            filters: requirements.enumerated().reduce(0) { sum, node in
                guard keepsFilters(node.offset) else { return sum }
                return node.element.filters.map(Self.roundedUp).reduce(sum, +)
            },
            workspace: requirements.map(\.workspace).max() ?? 0
        )
    }

    /// Whether a node's filters stay from pass to pass; those of frozen weights always do.
    func keepsFilters(_ node: Int) -> Bool { options.keepsFilters || graph.nodes[node].isFrozen }

    /// Floats up to the next cache line.
    static func roundedUp(_ count: Int) -> Int { (count + 15) / 16 * 16 }
}

/// What a network holds, in floats of four bytes.
public struct MemoryUse: Sendable, Equatable {
    /// Parameters and running statistics.
    public let values: Int
    /// The gradients of those that are not frozen; 0 for evaluation.
    public let gradients: Int
    /// Activations and their gradients.
    public let activations: Int
    /// Filters in the form that kernels read, where they are kept from pass to pass.
    public let filters: Int
    /// Working memory that kernels share.
    public let workspace: Int

    /// All of it in bytes.
    public var bytes: Int {
        (values + gradients + activations + filters + workspace) * MemoryLayout<Float>.stride
    }
}
