public import Networks
public import Tensors

/// Compares what layers compute in `backward` with central differences of `forward`.
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

    /// Checks the gradients of the input and of all parameters of `layers`.
    ///
    /// - Parameters:
    ///   - input: extents of the input.
    ///   - threads: threads to compute with.
    ///   - seed: seed of parameters, input and objective.
    public func run(
        _ layers: [any LayerDescription],
        input: Shape,
        threads: Int = 2,
        seed: UInt64 = 1
    ) -> Report {
        let assembly = Assembly(
            layers,
            input: input,
            inputGradient: true,
            purpose: .training,
            pool: ThreadPool(threads: threads)
        )
        let store = assembly.store
        let x = Storage(count: input.count)
        let r = Storage(count: assembly.output.count)
        var random = Random(seed: seed, .test)
        for index in 0..<x.count { x.base[index] = random.uniform(-2, 2) }
        for index in 0..<r.count { r.base[index] = random.uniform(-1, 1) }
        store.initialize(seed: seed)
        for parameter in store.parameters where parameter.isTrainable && !parameter.decays {
            for index in parameter.range { store.values.base[index] += random.uniform(-0.5, 0.5) }
        }

        let context = TrainingContext(
            seed: seed,
            step: 3,
            firstPosition: 5,
            photos: input.N
        )
        func objective() -> Double {
            withExtendedLifetime((assembly, x, r)) {
                let y = assembly.forward(x.tensor(input), .training(context))
                return (0..<r.count).reduce(0) { $0 + Double(r.base[$1]) * Double(y.base[$1]) }
            }
        }

        // Backward must overwrite what is there.
        for index in 0..<store.count { store.gradients.base[index] = 1 }
        _ = objective()
        let dy = Storage(Array(r.buffer))
        let dx = withExtendedLifetime((assembly, dy)) {
            assembly.backward(dy.tensor(assembly.output))?.toArray() ?? []
        }
        let gradients = Array(store.gradients.buffer)

        var report = Report()
        var places = [Place(name: "input", base: x.base, analytic: dx)]
        for parameter in store.parameters where parameter.isTrainable {
            places.append(
                Place(
                    name: parameter.name,
                    base: store.values.base + parameter.range.lowerBound,
                    analytic: Array(gradients[parameter.range])
                )
            )
        }
        withExtendedLifetime((assembly, x)) {
            for place in places { compare(place, &random, &report, objective) }
        }
        return report
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
