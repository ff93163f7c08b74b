public import Networks
public import Tensors

/// Compares what operations compute in `backward` with central differences of `forward`.
///
/// The objective is Σ r · y with random r, in double precision. Entries next to a kink, such as a
/// ReLU's, are recognised by differences that change with the step, and skipped.
public struct GradientCheck: Sendable {
    /// Half the distance between the two points of a difference.
    public var step: Float
    /// Largest error, relative to the larger of 1 and the gradient.
    public var tolerance: Double
    /// Entries checked of the input and of each parameter.
    public var entries: Int

    /// Makes a check; the defaults fit layers of a few hundred outputs of about 1.
    public init(step: Float = 4e-3, tolerance: Double = 1e-2, entries: Int = 24) {
        self.step = step
        self.tolerance = tolerance
        self.entries = entries
    }

    /// What a check found.
    public struct Report: Sendable {
        /// Entries compared.
        public var checked = 0
        /// Entries next to a kink.
        public var skipped = 0
        /// Entries that are wrong, a line each.
        public var failures: [String] = []

        /// Whether entries were compared, few were skipped and none is wrong.
        public var isGood: Bool { failures.isEmpty && checked > 0 && skipped * 5 < checked }
    }

    /// Checks the gradients of the inputs and of all parameters of `graph`.
    ///
    /// - Parameters:
    ///   - inputs: shapes of the inputs.
    ///   - threads: threads to compute with.
    ///   - seed: seed of parameters, inputs and objective.
    public func run(_ graph: Graph, inputs: [Shape], threads: Int = 2, seed: UInt64 = 1) -> Report {
        let executor = Executor(
            graph,
            inputs: inputs,
            inputGradients: true,
            CompilationOptions(.training, pool: ThreadPool(threads: threads))
        )
        let store = executor.store
        var random = Random(seed: seed, .test)
        func noise(_ shape: Shape, _ limit: Float) -> Storage {
            Storage((0..<shape.count).map { _ in random.uniform(-limit, limit) })
        }
        let x = inputs.map { noise($0, 2) }
        let r = executor.outputs.map { noise($0, 1) }
        store.initialize(seed: seed)
        for parameter in store.parameters where parameter.isTrainable && !parameter.decays {
            for index in parameter.range { store.values.base[index] += random.uniform(-0.5, 0.5) }
        }

        let context = TrainingContext(
            seed: seed,
            step: 3,
            firstPosition: 5,
            photos: inputs[0].N
        )
        func objective() -> Double {
            withExtendedLifetime((executor, x, r)) {
                let y = executor.forward(zip(x, inputs).map { $0.tensor($1) }, .training(context))
                return zip(r, y).reduce(0) { sum, pair in
                    (0..<pair.0.count).reduce(sum) {
                        $0 + Double(pair.0.base[$1]) * Double(pair.1.base[$1])
                    }
                }
            }
        }

        // Backward must overwrite what is there.
        for index in 0..<store.count { store.gradients.base[index] = 1 }
        _ = objective()
        let dy = r.map { Storage(Array($0.buffer)) }
        let dx = withExtendedLifetime((executor, dy)) {
            executor.backward(zip(dy, executor.outputs).map { $0.tensor($1) })
                .map { $0?.toArray() ?? [] }
        }
        let gradients = Array(store.gradients.buffer)

        var report = Report()
        var places = zip(x, dx).enumerated().map { number, pair in
            Place(name: "input \(number)", base: pair.0.base, analytic: pair.1)
        }
        for parameter in store.parameters where parameter.isTrainable {
            places.append(
                Place(
                    name: parameter.name,
                    base: store.values.base + parameter.range.lowerBound,
                    analytic: Array(gradients[parameter.range])
                )
            )
        }
        withExtendedLifetime((executor, x)) {
            for place in places { compare(place, &random, &report, objective) }
        }
        return report
    }

    /// Checks a graph of one input that `build` appends to.
    public func run(input: Shape, _ build: (inout Graph, Graph.Value) -> Graph.Value) -> Report {
        var graph = Graph()
        graph.output("y", build(&graph, graph.input))
        return run(graph, inputs: [input])
    }

    /// Where a tensor under check lies, and its gradient by `backward`.
    private struct Place {
        let name: String
        let base: UnsafeMutablePointer<Float>
        let analytic: [Float]
    }

    private func compare(
        _ place: Place,
        _ random: inout Random,
        _ report: inout Report,
        _ objective: () -> Double
    ) {
        guard !place.analytic.isEmpty else {
            report.failures.append("\(place.name) has no gradient")
            return
        }
        for _ in 0..<min(entries, place.analytic.count) {
            let index = random.integer(below: place.analytic.count)
            compare(place, index, &report, objective)
        }
    }

    private func compare(
        _ place: Place,
        _ index: Int,
        _ report: inout Report,
        _ objective: () -> Double
    ) {
        let value = place.base[index]
        func difference(_ step: Float) -> Double {
            let above = value + step
            let below = value - step
            place.base[index] = above
            let high = objective()
            place.base[index] = below
            let low = objective()
            place.base[index] = value
            return (high - low) / Double(above - below)
        }
        let wide = difference(step)
        let numeric = difference(step / 2)
        let analytic = Double(place.analytic[index])
        let scale = max(1, abs(analytic), abs(numeric))
        guard abs(wide - numeric) <= tolerance / 2 * scale else {
            report.skipped += 1
            return
        }
        report.checked += 1
        if !(abs(numeric - analytic) <= tolerance * scale) {
            report.failures.append("\(place.name)[\(index)]: \(analytic), difference \(numeric)")
        }
    }
}
