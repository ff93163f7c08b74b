import KernelTable

/// Outputs or inputs that one task handles.
private let blockOutputs = 128
private let blockInputs = 512
/// Inputs that one task packs.
private let packedInputs = 4096
/// Outputs whose weights' gradients are gone through side by side: as many streams as memory likes.
private let gradientOutputs = 12

/// y[n][o] = Σ_i x[n][i] · weights[o][i] + bias[o].
///
/// Computed as yᵀ = weights · xᵀ, so that it is the small side that is packed and the weights are read
/// once, in their order. Limited by that read.
public func denseForward(
    _ x: Tensor,
    weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?,
    _ y: Tensor,
    _ pool: ThreadPool
) {
    let (N, I, O) = (x.shape.N, x.shape.perImage, y.shape.perImage)
    let kernels = pool.kernels.gemm
    let width = kernels.width
    let parts = (I + packedInputs - 1) / packedInputs
    let count = max(1, kernels.packedCount(K: I, N: N))
    withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { buffer in
        guard let packed = buffer.baseAddress else { return }
        pool.parallelFor(kernels.strips(N) * parts) { task, _ in
            let (strip, part) = task.quotientAndRemainder(dividingBy: parts)
            let (n, i) = (strip * width, part * packedInputs)
            let to = packed + (n * I + i * width)
            kernels.pack(
                x.base + (n * I + i),
                1,
                I,
                min(packedInputs, I - i),
                min(width, N - n),
                to
            )
        }
        pool.parallelRanges(O, grain: blockOutputs) { outputs, _ in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, outputs.count * N)) {
                guard let block = $0.baseAddress else { return }
                kernels.multiply(
                    GemmKernels.Product(
                        M: outputs.count,
                        N: N,
                        K: I,
                        A: weights + outputs.lowerBound * I,
                        rowStride: I,
                        columnStride: 1,
                        B: packed,
                        stripStride: I * width,
                        C: block,
                        ldc: N,
                        adding: false
                    )
                )
                for n in 0..<N {
                    for (row, o) in outputs.enumerated() {
                        y.base[n * O + o] = block[row * N + n] + (bias?[o] ?? 0)
                    }
                }
            }
        }
    }
}

/// dx[n][i] = Σ_o dy[n][o] · weights[o][i].
///
/// Limited by reading the weights.
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
///
/// Limited by the gradient's way from memory and back, in its order.
public func denseBackwardWeights(
    _ x: Tensor,
    _ dy: Tensor,
    dweights: UnsafeMutablePointer<Float>,
    dbias: UnsafeMutablePointer<Float>?,
    _ pool: ThreadPool
) {
    let (N, I, O) = (x.shape.N, x.shape.perImage, dy.shape.perImage)
    let kernels = pool.kernels.gemm
    let count = max(1, kernels.packedCount(K: N, N: I))
    withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { buffer in
        guard let packed = buffer.baseAddress else { return }
        pool.parallelRanges(I, grain: packedInputs) { range, _ in
            let first = range.lowerBound
            kernels.pack(x.base + first, I, 1, N, range.count, packed + first * N)
        }
        pool.parallelRanges(O, grain: gradientOutputs) { range, _ in
            kernels.multiply(
                GemmKernels.Product(
                    M: range.count,
                    N: I,
                    K: N,
                    A: dy.base + range.lowerBound,
                    rowStride: 1,
                    columnStride: O,
                    B: packed,
                    stripStride: N * kernels.width,
                    C: dweights + range.lowerBound * I,
                    ldc: I,
                    adding: true
                )
            )
        }
    }
    guard let dbias else { return }
    for o in 0..<O {
        var sum: Float = 0
        for n in 0..<N { sum += dy.base[n * O + o] }
        dbias[o] += sum
    }
}
