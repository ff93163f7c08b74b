import KernelTable

/// Outputs or inputs that one task handles; fixed, so that a task's sums are too.
private let blockOutputs = 128
private let blockInputs = 512

/// y[n][o] = Σ_i x[n][i] · weights[o][i] + bias[o].
public func denseForward(
    _ x: Tensor,
    weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?,
    _ y: Tensor,
    _ pool: ThreadPool
) {
    let (N, I, O) = (x.shape.N, x.shape.perImage, y.shape.perImage)
    pool.parallelRanges(O, grain: blockOutputs) { range, _ in
        let first = range.lowerBound
        if let bias {
            for n in 0..<N {
                (y.base + n * O + first).update(from: bias + first, count: range.count)
            }
        }
        gemm(
            transposeB: true,
            M: N,
            N: range.count,
            K: I,
            A: x.base,
            lda: I,
            B: weights + first * I,
            ldb: I,
            beta: bias == nil ? 0 : 1,
            C: y.base + first,
            ldc: O
        )
    }
}

/// dx[n][i] = Σ_o dy[n][o] · weights[o][i].
public func denseBackwardData(
    _ dy: Tensor,
    weights: UnsafePointer<Float>,
    _ dx: Tensor,
    _ pool: ThreadPool
) {
    let (N, I, O) = (dy.shape.N, dx.shape.perImage, dy.shape.perImage)
    pool.parallelRanges(I, grain: blockInputs) { range, _ in
        gemm(
            M: N,
            N: range.count,
            K: O,
            A: dy.base,
            lda: O,
            B: weights + range.lowerBound,
            ldb: I,
            C: dx.base + range.lowerBound,
            ldc: I
        )
    }
}

/// dweights[o][i] += Σ_n dy[n][o] · x[n][i], and dbias[o] += Σ_n dy[n][o].
public func denseBackwardWeights(
    _ x: Tensor,
    _ dy: Tensor,
    dweights: UnsafeMutablePointer<Float>,
    dbias: UnsafeMutablePointer<Float>?,
    _ pool: ThreadPool
) {
    let (N, I, O) = (x.shape.N, x.shape.perImage, dy.shape.perImage)
    pool.parallelRanges(O, grain: blockOutputs) { range, _ in
        let first = range.lowerBound
        gemm(
            transposeA: true,
            M: range.count,
            N: I,
            K: N,
            A: dy.base + first,
            lda: O,
            B: x.base,
            ldb: I,
            beta: 1,
            C: dweights + first * I,
            ldc: I
        )
        guard let dbias else { return }
        for o in range {
            var sum: Float = 0
            for n in 0..<N { sum += dy.base[n * O + o] }
            dbias[o] += sum
        }
    }
}
