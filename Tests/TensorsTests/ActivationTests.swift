import Tensors
import Testing

@Suite struct ActivationTests {
    /// Values of all sizes, densest around zero.
    static let values: [Float] = {
        let fine = (-120_000...120_000).map { Float($0) * 1e-4 }
        let wide = (-860...860).map { Float($0) * 0.1 + 0.013 }
        return fine + wide + [0, -0.0, 1e-30, -1e-30, 2.999_999, -3, 3, 6]
    }()

    /// f of each value, on one thread.
    static func forward(
        _ activation: Activation,
        _ x: [Float],
        _ instructions: InstructionSet
    ) -> [Float] {
        let shape = Shape(N: 1, C: x.count)
        let (from, to) = (Storage(x), Storage(count: x.count))
        let pool = ThreadPool(threads: 2, instructions: instructions)
        activationForward(activation, from.tensor(shape), to.tensor(shape), pool)
        return Array(to.buffer.prefix(x.count))
    }

    /// dy · f'(x) of each value.
    static func backward(
        _ activation: Activation,
        _ x: [Float],
        dy: Float,
        _ instructions: InstructionSet
    ) -> [Float] {
        let shape = Shape(N: 1, C: x.count)
        let known = Storage(
            activation.gradientReadsOutput ? forward(activation, x, instructions) : x
        )
        let gradient = Storage([Float](repeating: dy, count: x.count))
        let pool = ThreadPool(threads: 2, instructions: instructions)
        // In place, as operations call it.
        let dx = gradient.tensor(shape)
        activationBackward(activation, known: known.tensor(shape), dx, dx, pool)
        return withExtendedLifetime(known) { Array(gradient.buffer.prefix(x.count)) }
    }

    @Test(arguments: InstructionSet.available, Activation.allCases)
    func agreeWithTheirFormulas(_ instructions: InstructionSet, _ activation: Activation) {
        let values = Self.values
        let found = Self.forward(activation, values, instructions)
        var (relative, absolute) = (0.0, 0.0)
        for (x, y) in zip(values, found) {
            let expected = activation.value(Double(x))
            let error = abs(Double(y) - expected)
            absolute = max(absolute, error / max(1, abs(expected)))
            if abs(expected) > 1e-36 { relative = max(relative, error / abs(expected)) }
        }
        #expect(absolute < 5e-7, "\(absolute)")
        if activation == .silu || activation == .sigmoid {
            #expect(relative < 6e-7, "\(relative)")
        }
    }

    @Test(arguments: InstructionSet.available, Activation.allCases)
    func derivativesAgreeWithTheirFormulas(
        _ instructions: InstructionSet,
        _ activation: Activation
    ) {
        // Kinks are left out: there both sides are right.
        let values = Self.values.filter { x in
            [0, 3, 6].allSatisfy { abs(abs(x) - $0) > 1e-5 }
        }
        let found = Self.backward(activation, values, dy: 2, instructions)
        for (x, dx) in zip(values, found) {
            let expected = 2 * activation.slope(Double(x))
            #expect(abs(Double(dx) - expected) < 1e-6, "at \(x): \(dx), not \(expected)")
            if abs(Double(dx) - expected) >= 1e-6 { break }
        }
    }

    @Test(arguments: InstructionSet.available, Activation.allCases)
    func saturateWithoutNaNAndPassIt(_ instructions: InstructionSet, _ activation: Activation) {
        let huge: [Float] = [-.infinity, -3e38, -1e4, -89, 89, 1e4, 3e38, .infinity]
        let y = Self.forward(activation, huge + [.nan], instructions)
        #expect(y.prefix(8).allSatisfy { !$0.isNaN } && y[8].isNaN)
        switch activation {
        case .none: #expect(Array(y.prefix(8)) == huge)
        case .relu, .silu, .hardSwish, .gelu:
            #expect(Array(y.prefix(4)) == [0, 0, 0, 0] && Array(y[4..<8]) == Array(huge[4...]))
        case .relu6: #expect(Array(y.prefix(8)) == [0, 0, 0, 0, 6, 6, 6, 6])
        case .hardSigmoid, .sigmoid: #expect(Array(y.prefix(8)) == [0, 0, 0, 0, 1, 1, 1, 1])
        }
        let dx = Self.backward(activation, huge, dy: 1, instructions)
        let passes: Bool = [.none, .relu, .silu, .hardSwish, .gelu].contains(activation)
        #expect(dx == huge.map { $0 < 0 ? (activation == .none ? 1 : 0) : passes ? 1 : 0 })
    }

    /// Of every place in a vector, and in the rest behind the last.
    @Test(arguments: InstructionSet.available, Activation.allCases)
    func bitsDoNotDependOnThePlace(_ instructions: InstructionSet, _ activation: Activation) {
        let x = Array(noise(37, seed: 4).buffer.prefix(37)).map { 7 * $0 }
        let whole = Self.forward(activation, x, instructions)
        let slopes = Self.backward(activation, x, dy: 0.3, instructions)
        for (i, value) in x.enumerated() {
            let alone = Self.forward(activation, [value], instructions)
            #expect(alone[0].bitPattern == whole[i].bitPattern)
            let slope = Self.backward(activation, [value], dy: 0.3, instructions)
            #expect(slope[0].bitPattern == slopes[i].bitPattern)
        }
    }

    @Test(arguments: InstructionSet.available)
    func sigmoidNeverFalls(_ instructions: InstructionSet) {
        let x = (-1_000_000...1_000_000).map { Float($0) * 1e-4 }
        let y = Self.forward(.sigmoid, x, instructions)
        // Neighbours may be a rounding apart.
        #expect(zip(y, y.dropFirst()).allSatisfy { $1 >= $0 * (1 - 3e-7) })
        #expect(y.allSatisfy { (0...1).contains($0) })
    }
}
