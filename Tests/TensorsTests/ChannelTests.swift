import Tensors
import Testing

/// Layer norms, scales of channels and of branches against their formulas.
@Suite struct ChannelTests {
    static let shapes = [
        Shape(N: 2, H: 3, W: 5, C: 7), Shape(N: 3, H: 4, W: 4, C: 96),
        Shape(N: 2, H: 1, W: 1, C: 40),
        Shape(N: 2, H: 30, W: 30, C: 64),
    ]

    @Test(arguments: InstructionSet.available, shapes)
    func layerNormAgreesWithTheFormula(_ instructions: InstructionSet, _ shape: Shape) {
        let pool = ThreadPool(threads: 2, instructions: instructions)
        let C = shape.C
        let (x, dy) = (noise(shape.count, seed: 1), noise(shape.count, seed: 2))
        for i in 0..<x.count { x.base[i] += 5 }
        let (gamma, beta) = (noise(C, seed: 3), noise(C, seed: 4))
        let (y, dx) = (Storage(count: shape.count), Storage(Array(dy.buffer)))
        let (dgamma, dbeta) = (noise(C, seed: 5), noise(C, seed: 6))
        let kernel = LayerNormKernel(shape: shape, slices: 2, epsilon: 1e-6)
        let (saved, scratch) = (noise(kernel.saved, seed: 7), noise(kernel.scratch, seed: 8))
        kernel.forward(
            x.tensor(shape),
            gamma: gamma.base,
            beta: beta.base,
            y.tensor(shape),
            saved: saved.base,
            pool
        )
        kernel.backward(
            x.tensor(shape),
            slices: Slices([0..<1, 1..<shape.N]),
            dx.tensor(shape),
            gamma: gamma.base,
            saved: saved.base,
            dx.tensor(shape),
            dgamma: dgamma.base,
            dbeta: dbeta.base,
            scratch: scratch.base,
            pool
        )
        var (values, slopes) = ([Double](), [Double]())
        var (gammas, betas) = ([Double](repeating: 0, count: C), [Double](repeating: 0, count: C))
        for row in 0..<shape.pixels {
            let own = (0..<C).map { Double(x.base[row * C + $0]) }
            let g = (0..<C).map { Double(dy.base[row * C + $0]) }
            let mean = own.reduce(0, +) / Double(C)
            let variance = own.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(C)
            let inverse = 1 / (variance + 1e-6).squareRoot()
            let h = own.map { ($0 - mean) * inverse }
            let scaled = (0..<C).map { g[$0] * Double(gamma.base[$0]) }
            let a = scaled.reduce(0, +) / Double(C)
            let b = zip(scaled, h).reduce(0) { $0 + $1.0 * $1.1 } / Double(C)
            for c in 0..<C {
                values.append(h[c] * Double(gamma.base[c]) + Double(beta.base[c]))
                slopes.append(inverse * (scaled[c] - a - h[c] * b))
                gammas[c] += g[c] * h[c]
                betas[c] += g[c]
            }
        }
        #expect(relativeError(y.buffer, values) < 3e-6)
        #expect(relativeError(dx.buffer, slopes) < 1e-5)
        #expect(relativeError(dgamma.buffer, gammas) < 1e-5)
        #expect(relativeError(dbeta.buffer, betas) < 1e-5)
    }

    @Test(arguments: InstructionSet.available, shapes)
    func channelScalesAgreeWithTheFormula(_ instructions: InstructionSet, _ shape: Shape) {
        let pool = ThreadPool(threads: 2, instructions: instructions)
        let (C, size) = (shape.C, shape.perImage)
        let gates = Shape(N: shape.N, C: C)
        let (x, s) = (noise(shape.count, seed: 1), noise(gates.count, seed: 2))
        let dy = noise(shape.count, seed: 3)
        let (y, dx) = (Storage(count: shape.count), Storage(Array(dy.buffer)))
        let ds = noise(gates.count, seed: 4)
        let scratch = noise(scaleChannelsScratch(shape), seed: 5)
        scaleChannels(x.tensor(shape), by: s.tensor(gates), y.tensor(shape), pool)
        scaleChannelsBackward(
            x.tensor(shape),
            by: s.tensor(gates),
            dx.tensor(shape),
            dx.tensor(shape),
            ds: ds.tensor(gates),
            scratch: scratch.base,
            pool
        )
        var sums = [Double](repeating: 0, count: gates.count)
        for i in 0..<shape.count {
            let gate = i / size * C + i % C
            let isRight =
                y.base[i] == x.base[i] * s.base[gate] && dx.base[i] == dy.base[i] * s.base[gate]
            #expect(isRight, "element \(i)")
            if !isRight { break }
            sums[gate] += Double(dy.base[i]) * Double(x.base[i])
        }
        #expect(relativeError(ds.buffer, sums) < 3e-6)
    }

    @Test(arguments: InstructionSet.available, [false, true])
    func branchesAreScaledDroppedAndAdded(_ instructions: InstructionSet, _ hasScale: Bool) {
        let shape = Shape(N: 12, H: 9, W: 11, C: 37)
        let (C, size) = (shape.C, shape.perImage)
        let factors = StochasticDepthFactors(rate: 0.4, seed: 3, stepAndLayer: 5, firstPosition: 2)
        let dropped = (0..<12).filter { factors[$0] == 0 }
        #expect(!dropped.isEmpty && dropped.count < 12)
        let (x, residual) = (noise(shape.count, seed: 1), noise(shape.count, seed: 2))
        let (gamma, dy) = (noise(C, seed: 3), noise(shape.count, seed: 4))
        let slices = Slices([0..<5, 5..<12])
        func run(_ pool: ThreadPool) -> (y: Storage, dx: Storage, dgamma: Storage) {
            let (y, dx) = (Storage(Array(x.buffer)), Storage(Array(dy.buffer)))
            let dgamma = Storage(count: C)
            let scratch = noise(scaleBranchScratch(shape, slices: 2), seed: 5)
            let scale = hasScale ? UnsafePointer(gamma.base) : nil
            scaleBranch(
                y.tensor(shape),
                gamma: scale,
                factors: factors,
                residual: residual.tensor(shape),
                y.tensor(shape),
                pool
            )
            scaleBranchBackward(
                hasScale ? x.tensor(shape) : nil,
                gamma: scale,
                factors: factors,
                slices: slices,
                dx.tensor(shape),
                dx.tensor(shape),
                dgamma: hasScale ? dgamma.base : nil,
                scratch: scratch.base,
                pool
            )
            return (y, dx, dgamma)
        }
        let found = run(ThreadPool(threads: 2, instructions: instructions))
        var (values, slopes) = ([Double](), [Double]())
        var sums = [Double](repeating: 0, count: hasScale ? C : 0)
        for i in 0..<shape.count {
            let factor = Double(factors[i / size])
            let g = hasScale ? Double(gamma.base[i % C]) : 1
            values.append(factor * g * Double(x.base[i]) + Double(residual.base[i]))
            slopes.append(factor * g * Double(dy.base[i]))
            if hasScale { sums[i % C] += factor * Double(dy.base[i]) * Double(x.base[i]) }
        }
        #expect(relativeError(found.y.buffer, values) < 1e-6)
        #expect(relativeError(found.dx.buffer, slopes) < 1e-6)
        if hasScale { #expect(relativeError(found.dgamma.buffer, sums) < 3e-6) }
        for pool in pools(instructions) {
            let other = run(pool)
            #expect(bits(other.y.buffer) == bits(found.y.buffer))
            #expect(bits(other.dx.buffer) == bits(found.dx.buffer))
            #expect(bits(other.dgamma.buffer) == bits(found.dgamma.buffer))
        }
    }

    /// A share of `rate`, chosen by the position in the global batch alone.
    @Test func stochasticDepthDependsOnThePositionAlone() {
        func factors(_ first: Int, step: UInt64 = 7, rate: Float = 0.25) -> StochasticDepthFactors {
            StochasticDepthFactors(rate: rate, seed: 1, stepAndLayer: step, firstPosition: first)
        }
        let whole = (0..<8000).map { factors(0)[$0] }
        #expect(whole == (0..<8000).map { factors($0 / 2)[$0 - $0 / 2] })
        #expect(whole != (0..<8000).map { factors(0, step: 8)[$0] })
        #expect(abs(Double(whole.count { $0 == 0 }) / 8000 - 0.25) < 0.02)
        #expect(whole.allSatisfy { $0 == 0 || $0 == 1 / (1 - 0.25) })
        #expect((0..<100).allSatisfy { factors(0, rate: 0)[$0] == 1 })
    }
}
