import Tensors
import Testing

@Suite struct BatchNormTests {
    struct Case: Sendable {
        let shape: Shape
        let N: Int
        let activation: Activation
        let residual: Bool
        /// Added to the input: a mean far from zero must not cost the variance its digits.
        var offset: Float = 0
    }

    static let cases = [
        Case(shape: Shape(N: 2, H: 1, W: 1, C: 5), N: 2, activation: .none, residual: false),
        Case(shape: Shape(N: 3, H: 7, W: 5, C: 3), N: 3, activation: .relu, residual: false),
        Case(shape: Shape(N: 4, H: 7, W: 7, C: 17), N: 3, activation: .relu, residual: true),
        Case(
            shape: Shape(N: 2, H: 40, W: 40, C: 64),
            N: 2,
            activation: .relu,
            residual: true,
            offset: 3
        ),
        Case(shape: Shape(N: 2, H: 9, W: 9, C: 512), N: 1, activation: .none, residual: true),
        Case(shape: Shape(N: 2, H: 31, W: 5, C: 15), N: 2, activation: .relu, residual: true),
        Case(
            shape: Shape(N: 5, H: 80, W: 80, C: 3),
            N: 5,
            activation: .relu,
            residual: false,
            offset: 90
        ),
        Case(shape: Shape(N: 3, H: 9, W: 7, C: 19), N: 3, activation: .relu6, residual: false),
        Case(shape: Shape(N: 3, H: 9, W: 7, C: 19), N: 3, activation: .silu, residual: false),
        Case(shape: Shape(N: 3, H: 9, W: 7, C: 19), N: 2, activation: .hardSwish, residual: false),
        Case(shape: Shape(N: 2, H: 9, W: 31, C: 5), N: 2, activation: .silu, residual: false),
        Case(shape: Shape(N: 3, H: 9, W: 7, C: 24), N: 2, activation: .silu, residual: false),
        Case(shape: Shape(N: 3, H: 9, W: 7, C: 72), N: 3, activation: .hardSwish, residual: false),
        Case(shape: Shape(N: 3, H: 9, W: 7, C: 16), N: 3, activation: .relu, residual: true),
        Case(shape: Shape(N: 2, H: 9, W: 31, C: 5), N: 2, activation: .relu6, residual: false),
        Case(
            shape: Shape(N: 2, H: 30, W: 31, C: 96),
            N: 2,
            activation: .hardSwish,
            residual: false
        ),
    ]

    struct Run {
        let y, mean, variance, dx, dresidual, dgamma, dbeta, evaluated: Storage
        let x, residual, gamma, beta, dy: Storage

        init(_ test: Case, givesY: Bool? = nil, _ pool: ThreadPool) {
            let shape = test.shape.with(N: test.N)
            let C = shape.C
            x = noise(shape.count, seed: 1)
            for i in 0..<x.count { x.base[i] += test.offset }
            residual = noise(shape.count, seed: 2)
            gamma = noise(C, seed: 3)
            beta = noise(C, seed: 4)
            dy = noise(shape.count, seed: 5)
            y = noise(shape.count, seed: 6)
            evaluated = noise(shape.count, seed: 6)
            mean = noise(C, seed: 7)
            variance = noise(C, seed: 8)
            dx = noise(shape.count, seed: 9)
            dresidual = noise(shape.count, seed: 10)
            dgamma = noise(C, seed: 12)
            dbeta = noise(C, seed: 13)
            let kernel = BatchNormKernel(
                shape: test.shape,
                epsilon: 1e-5,
                activation: test.activation
            )
            let scratch = noise(kernel.scratch, seed: 11)
            kernel.forwardTraining(
                x.tensor(shape),
                slices: .whole(test.N),
                gamma: gamma.base,
                beta: beta.base,
                residual: test.residual ? residual.tensor(shape) : nil,
                y.tensor(shape),
                mean: mean.base,
                variance: variance.base,
                scratch: scratch.base,
                pool
            )
            kernel.forwardEvaluation(
                x.tensor(shape),
                gamma: gamma.base,
                beta: beta.base,
                mean: mean.base,
                variance: variance.base,
                residual: test.residual ? residual.tensor(shape) : nil,
                evaluated.tensor(shape),
                pool
            )
            // In place, as the layers call it.
            for i in 0..<dx.count { dx.base[i] = dy.base[i] }
            kernel.backward(
                x.tensor(shape),
                slices: .whole(test.N),
                y: givesY ?? test.residual ? y.tensor(shape) : nil,
                dx.tensor(shape),
                gamma: gamma.base,
                beta: beta.base,
                mean: mean.base,
                variance: variance.base,
                dx.tensor(shape),
                dresidual: test.residual ? dresidual.tensor(shape) : nil,
                dgamma: dgamma.base,
                dbeta: dbeta.base,
                scratch: scratch.base,
                pool
            )
        }

        var allBits: [[UInt32]] {
            [y, mean, variance, dx, dresidual, dgamma, dbeta, evaluated].map { bits($0.buffer) }
        }
    }

    @Test(arguments: cases)
    func agreesWithTheFormula(_ test: Case) {
        for instructions in InstructionSet.available {
            let run = Run(test, ThreadPool(threads: 2, instructions: instructions))
            let C = test.shape.C
            let rows = test.shape.with(N: test.N).pixels
            let limit = test.offset > 10 ? 1e-4 : 3e-6
            for c in stride(from: 0, to: C, by: max(1, C / 7)) {
                let column = { (s: Storage) in
                    (0..<rows).map { s.base[$0 * C + c] }
                }
                let x = column(run.x).map(Double.init)
                let y = column(run.y).map(Double.init)
                let residual = column(run.residual).map(Double.init)
                let mean = x.reduce(0, +) / Double(rows)
                let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)
                let inverse = 1 / (variance + 1e-5).squareRoot()
                let gamma = Double(run.gamma.base[c])
                #expect(abs(Double(run.mean.base[c]) - mean) <= 1e-6 * (1 + abs(mean)))
                #expect(abs(Double(run.variance.base[c]) - variance) <= 1e-5 * (variance + 1e-5))
                let hat = x.map { ($0 - mean) * inverse }
                let argument = zip(hat, residual).map { hat, residual in
                    let v = gamma * hat + Double(run.beta.base[c])
                    return test.residual ? v + residual : v
                }
                let expected = argument.map(test.activation.value)
                #expect(closeness(y, expected) < limit)
                #expect(closeness(column(run.evaluated).map(Double.init), expected) < limit)
                let isKinked = test.activation == .relu
                let dy = zip(column(run.dy), zip(argument, y)).map { dy, at in
                    // Rounding may put an argument on the other side of a kink: the output tells which.
                    isKinked
                        ? (at.1 > 0 ? Double(dy) : 0) : Double(dy) * test.activation.slope(at.0)
                }
                let dbeta = dy.reduce(0, +)
                let dgamma = zip(dy, hat).reduce(0) { $0 + $1.0 * $1.1 }
                #expect(abs(Double(run.dbeta.base[c]) - dbeta) < 1e-4 * (1 + abs(dbeta)))
                #expect(
                    abs(Double(run.dgamma.base[c]) - dgamma)
                        < 1e-4 * (1 + abs(dgamma)) * Double(limit > 1e-5 ? 10 : 1)
                )
                let dx = zip(dy, hat).map { dy, hat in
                    gamma * inverse * (dy - dbeta / Double(rows) - hat * dgamma / Double(rows))
                }
                #expect(closeness(column(run.dx).map(Double.init), dx) < max(limit, 1e-5))
                if test.residual { #expect(column(run.dresidual).map(Double.init) == dy) }
            }
        }
    }

    @Test(arguments: cases)
    func bitsDoNotDependOnThreads(_ test: Case) {
        let runs = pools(.current).map { Run(test, $0).allBits }
        #expect(runs[0] == runs[1])
        #expect(runs[0] == runs[2])
    }

    @Test(arguments: cases.filter { !$0.residual && [.none, .relu].contains($0.activation) })
    func theInputTellsTheSameAsTheOutput(_ test: Case) {
        let pool = ThreadPool(threads: 2)
        #expect(Run(test, pool).allBits == Run(test, givesY: true, pool).allBits)
    }

    /// 2²³ floats and more are written past the caches, an image of them is not.
    @Test(
        arguments: InstructionSet.available,
        [(false, Activation.relu), (true, .relu), (false, .silu)]
    )
    func largeMapsComeOutAsTheirImagesDo(
        _ instructions: InstructionSet,
        _ follows: (sum: Bool, activation: Activation)
    ) {
        let (sum, activation) = follows
        let shape = Shape(N: 8, H: 128, W: 128, C: 64)
        let kernel = BatchNormKernel(shape: shape, epsilon: 1e-5, activation: activation)
        let pool = ThreadPool(threads: 2, instructions: instructions)
        let (x, residual) = (noise(shape.count, seed: 1), noise(shape.count, seed: 2))
        let factors = noise(4 * shape.C, seed: 3)
        for c in 0..<shape.C { factors.base[3 * shape.C + c] += 2 }
        func normalise(_ images: Range<Int>, into y: Storage) {
            kernel.forwardEvaluation(
                x.tensor(shape).images(images),
                gamma: factors.base,
                beta: factors.base + shape.C,
                mean: factors.base + 2 * shape.C,
                variance: factors.base + 3 * shape.C,
                residual: sum ? residual.tensor(shape).images(images) : nil,
                y.tensor(shape).images(images),
                pool
            )
        }
        let (whole, parts) = (Storage(count: shape.count), Storage(count: shape.count))
        normalise(0..<shape.N, into: whole)
        for n in 0..<shape.N { normalise(n..<n + 1, into: parts) }
        #expect(bits(whole.buffer) == bits(parts.buffer))
        #expect(whole.buffer.contains { $0 > 0 })
    }

    /// Root mean square of the difference, against the reference's or one.
    private func closeness(_ values: [Double], _ reference: [Double]) -> Double {
        let difference = zip(values, reference).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        let size = reference.reduce(0) { $0 + $1 * $1 }
        return (difference / max(size, Double(reference.count) * 1e-2)).squareRoot()
    }
}
