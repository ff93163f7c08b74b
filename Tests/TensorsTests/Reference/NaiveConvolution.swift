import Tensors

/// The three directions of a convolution, written as the sum that defines them, in double precision.
struct NaiveConvolution {
    let geometry: ConvolutionGeometry
    let N: Int

    /// Calls `body(x index, weight index, y index)` for each product of the sum.
    private func products(_ body: (Int, Int, Int) -> Void) {
        let g = geometry
        let (input, output) = (g.input, g.output)
        let ofGroup = input.C / g.groups
        for n in 0..<N {
            for oh in 0..<output.H {
                for ow in 0..<output.W {
                    let pixel = ((n * output.H + oh) * output.W + ow) * output.C
                    for kh in 0..<g.kernel {
                        let h = oh * g.stride + kh - g.top
                        guard h >= 0, h < input.H else { continue }
                        for kw in 0..<g.kernel {
                            let w = ow * g.stride + kw - g.left
                            guard w >= 0, w < input.W else { continue }
                            let from = ((n * input.H + h) * input.W + w) * input.C
                            for o in 0..<output.C {
                                let tap = ((o * g.kernel + kh) * g.kernel + kw) * ofGroup
                                let first = o / (output.C / g.groups) * ofGroup
                                for i in 0..<ofGroup { body(from + first + i, tap + i, pixel + o) }
                            }
                        }
                    }
                }
            }
        }
    }

    func forward(_ x: Storage, _ weights: Storage, _ bias: Storage?) -> [Double] {
        let C = geometry.output.C
        var y = [Double](repeating: 0, count: N * geometry.output.perImage)
        if let bias { for i in y.indices { y[i] = Double(bias.base[i % C]) } }
        y.withUnsafeMutableBufferPointer { y in
            products { x_, w, o in y[o] += Double(x.base[x_]) * Double(weights.base[w]) }
        }
        return y
    }

    func backwardData(_ dy: Storage, _ weights: Storage) -> [Double] {
        var dx = [Double](repeating: 0, count: N * geometry.input.perImage)
        dx.withUnsafeMutableBufferPointer { dx in
            products { x, w, o in dx[x] += Double(dy.base[o]) * Double(weights.base[w]) }
        }
        return dx
    }

    func backwardWeights(_ x: Storage, _ dy: Storage, adding start: Float) -> [Double] {
        var dw = [Double](repeating: Double(start), count: geometry.weights)
        dw.withUnsafeMutableBufferPointer { dw in
            products { x_, w, o in dw[w] += Double(x.base[x_]) * Double(dy.base[o]) }
        }
        return dw
    }

    func backwardBias(_ dy: Storage, adding start: Float) -> [Double] {
        let C = geometry.output.C
        var sums = [Double](repeating: Double(start), count: C)
        for i in 0..<N * geometry.output.perImage { sums[i % C] += Double(dy.base[i]) }
        return sums
    }
}
