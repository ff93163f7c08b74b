import Tensors
import Testing

@Suite struct PoolTests {
    struct Case: Sendable {
        let input: Shape
        let kernel, stride, padding: Int
        let ceil: Bool
    }

    static let cases = [
        Case(input: Shape(N: 3, H: 8, W: 6, C: 64), kernel: 2, stride: 2, padding: 0, ceil: false),
        Case(input: Shape(N: 2, H: 7, W: 9, C: 17), kernel: 3, stride: 2, padding: 1, ceil: false),
        Case(input: Shape(N: 2, H: 7, W: 8, C: 5), kernel: 2, stride: 2, padding: 0, ceil: true),
        Case(input: Shape(N: 2, H: 9, W: 11, C: 48), kernel: 2, stride: 2, padding: 0, ceil: false),
        // Large enough that its gradient passes the caches.
        Case(
            input: Shape(N: 2, H: 363, W: 362, C: 32),
            kernel: 2,
            stride: 2,
            padding: 0,
            ceil: false
        ),
        Case(input: Shape(N: 1, H: 1, W: 1, C: 3), kernel: 3, stride: 2, padding: 1, ceil: false),
    ]

    @Test(arguments: cases)
    func maximumTakesTheFirstOfEach(_ test: Case) {
        let g = PoolGeometry(
            input: test.input,
            kernel: test.kernel,
            stride: test.stride,
            padding: test.padding,
            ceil: test.ceil
        )
        // Few values, so that ties are common.
        let x = noise(test.input.count, seed: 1)
        for i in 0..<x.count { x.base[i] = (x.base[i] * 3).rounded() }
        let dy = noise(g.output.count, seed: 2)
        var expectedY = [Float](repeating: -.infinity, count: g.output.count)
        var expectedDx = [Double](repeating: 0, count: test.input.count)
        forEachOutput(g.output) { n, oh, ow, c, out in
            var first: Int?
            for kh in 0..<test.kernel {
                for kw in 0..<test.kernel {
                    let h = oh * test.stride + kh - test.padding
                    let w = ow * test.stride + kw - test.padding
                    guard h >= 0, h < test.input.H, w >= 0, w < test.input.W else { continue }
                    let i = ((n * test.input.H + h) * test.input.W + w) * test.input.C + c
                    if x.base[i] > expectedY[out] {
                        expectedY[out] = x.base[i]
                        first = i
                    }
                }
            }
            if let first { expectedDx[first] += Double(dy.base[out]) }
        }
        for instructions in InstructionSet.available {
            let pool = ThreadPool(threads: 2, instructions: instructions)
            let y = noise(g.output.count, seed: 3)
            let dx = noise(test.input.count, seed: 4)
            var argmax = [UInt8](repeating: 255, count: g.output.count)
            let input = x.tensor(test.input)
            maxPoolForward(input, g, y.tensor(g.output), argmax: nil, pool)
            #expect(y.buffer.elementsEqual(expectedY))
            fillZero(y.base, y.count, pool)
            maxPoolForward(input, g, y.tensor(g.output), argmax: &argmax, pool)
            maxPoolBackward(
                argmax: argmax,
                dy.tensor(g.output),
                g,
                dx.tensor(test.input),
                pool
            )
            #expect(y.buffer.elementsEqual(expectedY))
            #expect(relativeError(dx.buffer, expectedDx) < 1e-6)
        }
    }

    @Test func extentsAreTorchs() {
        let g = { (size: Int, kernel: Int, stride: Int, padding: Int, ceil: Bool) in
            PoolGeometry(
                input: Shape(N: 1, H: size, W: size, C: 1),
                kernel: kernel,
                stride: stride,
                padding: padding,
                ceil: ceil
            ).output.H
        }
        #expect(g(112, 3, 2, 1, false) == 56)
        #expect(g(7, 2, 2, 0, false) == 3)
        #expect(g(7, 2, 2, 0, true) == 4)
        // The last window would start in the far border.
        #expect(g(2, 2, 2, 1, true) == 2)
    }

    @Test(arguments: [(7, 7), (1, 1), (3, 2), (11, 9)])
    func averageCutsWindowsAsTorch(_ H: Int, _ W: Int) {
        let input = Shape(N: 2, H: 7, W: 5, C: 19)
        let output = Shape(N: 2, H: H, W: W, C: 19)
        let x = noise(input.count, seed: 1)
        let dy = noise(output.count, seed: 2)
        var expectedY = [Double](repeating: 0, count: output.count)
        var expectedDx = [Double](repeating: 0, count: input.count)
        forEachOutput(output) { n, oh, ow, c, out in
            let rows = oh * 7 / H..<((oh + 1) * 7 + H - 1) / H
            let columns = ow * 5 / W..<((ow + 1) * 5 + W - 1) / W
            let area = Double(rows.count * columns.count)
            for h in rows {
                for w in columns {
                    let i = ((n * 7 + h) * 5 + w) * 19 + c
                    expectedY[out] += Double(x.base[i]) / area
                    expectedDx[i] += Double(dy.base[out]) / area
                }
            }
        }
        for instructions in InstructionSet.available {
            let pool = ThreadPool(threads: 2, instructions: instructions)
            let y = noise(output.count, seed: 3)
            let dx = noise(input.count, seed: 4)
            adaptiveAveragePoolForward(x.tensor(input), y.tensor(output), pool)
            adaptiveAveragePoolBackward(dy.tensor(output), dx.tensor(input), pool)
            #expect(relativeError(y.buffer, expectedY) < 1e-6)
            #expect(relativeError(dx.buffer, expectedDx) < 1e-6)
        }
    }

    /// `AvgPool2d(2, ceil_mode=True, count_include_pad=False)`: the last row and column may stand alone.
    @Test(arguments: [(8, 6), (7, 5), (1, 1), (7, 8)])
    func averageOfPairsCountsWhatIsInside(_ H: Int, _ W: Int) {
        let input = Shape(N: 2, H: H, W: W, C: 19)
        let g = PoolGeometry(input: input, kernel: 2, stride: 2, ceil: true)
        #expect(g.output == Shape(N: 2, H: (H + 1) / 2, W: (W + 1) / 2, C: 19))
        let x = noise(input.count, seed: 1)
        let dy = noise(g.output.count, seed: 2)
        var expectedY = [Double](repeating: 0, count: g.output.count)
        var expectedDx = [Double](repeating: 0, count: input.count)
        forEachOutput(g.output) { n, oh, ow, c, out in
            let inside = [(0, 0), (0, 1), (1, 0), (1, 1)]
                .map { (2 * oh + $0.0, 2 * ow + $0.1) }
                .filter { $0.0 < H && $0.1 < W }
            for (h, w) in inside {
                let i = ((n * H + h) * W + w) * 19 + c
                expectedY[out] += Double(x.base[i]) / Double(inside.count)
                expectedDx[i] += Double(dy.base[out]) / Double(inside.count)
            }
        }
        for instructions in InstructionSet.available {
            let pool = ThreadPool(threads: 2, instructions: instructions)
            let y = noise(g.output.count, seed: 3)
            let dx = noise(input.count, seed: 4)
            averagePoolForward(x.tensor(input), g, y.tensor(g.output), pool)
            averagePoolBackward(dy.tensor(g.output), g, dx.tensor(input), pool)
            #expect(relativeError(y.buffer, expectedY) < 1e-6)
            #expect(relativeError(dx.buffer, expectedDx) < 1e-6)
        }
    }

    private func forEachOutput(_ shape: Shape, _ body: (Int, Int, Int, Int, Int) -> Void) {
        var out = 0
        for n in 0..<shape.N {
            for h in 0..<shape.H {
                for w in 0..<shape.W {
                    for c in 0..<shape.C {
                        body(n, h, w, c, out)
                        out += 1
                    }
                }
            }
        }
    }
}
