import Tensors
import Testing

@Suite struct DenseTests {
    @Test(arguments: [
        (1, 1, 1), (2, 17, 5), (5, 700, 300), (16, 129, 1020), (20, 1100, 6), (130, 141, 9),
    ])
    func agreesWithTheDefiningSum(_ N: Int, _ I: Int, _ O: Int) {
        let x = noise(N * I, seed: 1)
        let weights = noise(O * I, seed: 2)
        let bias = noise(O, seed: 3)
        let dy = noise(N * O, seed: 4)
        var y = [Double](repeating: 0, count: N * O)
        var dx = [Double](repeating: 0, count: N * I)
        var dw = [Double](repeating: 0, count: O * I)
        var db = [Double](repeating: 0, count: O)
        for n in 0..<N {
            for o in 0..<O {
                let g = Double(dy.base[n * O + o])
                var sum = Double(bias.base[o])
                for i in 0..<I {
                    sum += Double(x.base[n * I + i]) * Double(weights.base[o * I + i])
                    dx[n * I + i] += g * Double(weights.base[o * I + i])
                    dw[o * I + i] += g * Double(x.base[n * I + i])
                }
                y[n * O + o] = sum
                db[o] += g
            }
        }
        let input = Shape(N: N, C: I)
        let output = Shape(N: N, C: O)
        var seen: [[[UInt32]]] = []
        for pool in pools(.current) {
            let (gotY, gotDx) = (noise(N * O, seed: 5), noise(N * I, seed: 6))
            let gotDw = noise(O * I, seed: 7)
            let gotDb = noise(O, seed: 8)
            denseForward(
                x.tensor(input),
                weights: weights.base,
                bias: bias.base,
                gotY.tensor(output),
                pool
            )
            denseBackwardData(dy.tensor(output), weights: weights.base, gotDx.tensor(input), pool)
            denseBackwardWeights(
                x.tensor(input),
                dy.tensor(output),
                slices: .whole(N),
                dweights: gotDw.base,
                dbias: gotDb.base,
                pool
            )
            #expect(relativeError(gotY.buffer, y) < 1e-6)
            #expect(relativeError(gotDx.buffer, dx) < 1e-6)
            #expect(relativeError(gotDw.buffer, dw) < 1e-6)
            #expect(relativeError(gotDb.buffer, db) < 1e-6)
            seen.append([gotY, gotDx, gotDw, gotDb].map { bits($0.buffer) })
        }
        #expect(seen[0] == seen[1])
        #expect(seen[0] == seen[2])
    }

    @Test func withoutBiasTheOldOutputIsNotRead() {
        let y = Storage([Float.nan, .nan, .nan])
        let weights = Storage([1, 2, 3])
        let x = Storage([Float(2)])
        denseForward(
            x.tensor(Shape(N: 1, C: 1)),
            weights: weights.base,
            bias: nil,
            y.tensor(Shape(N: 1, C: 3)),
            ThreadPool(threads: 1)
        )
        #expect(Array(y.buffer) == [2, 4, 6])
    }
}
