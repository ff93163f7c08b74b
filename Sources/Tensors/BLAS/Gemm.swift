import KernelTable

/// Floats of packed B at a time: a share of the second cache.
private let packedLimit = 1 << 16

/// Steps of packed B at a time: few, so that runs of B's rows are long.
private let packedSteps = 64

/// C = alpha · op(A) · op(B) + beta · C, row-major, on the calling thread.
///
/// Each element is summed over ascending k in an order that depends on `K` alone.
///
/// - Parameters:
///   - transposeA: whether A lies in memory as [K][M] rather than [M][K].
///   - transposeB: whether B lies in memory as [N][K] rather than [K][N].
///   - M: rows of C.
///   - N: columns of C.
///   - K: length of the sums.
///   - alpha: factor of the product.
///   - A: the left matrix.
///   - lda: distance between the rows of A in memory.
///   - B: the right matrix.
///   - ldb: distance between the rows of B in memory.
///   - beta: factor of the old C; with 0 the old C is not read.
///   - C: the result.
///   - ldc: distance between the rows of C.
public func gemm(
    transposeA: Bool = false,
    transposeB: Bool = false,
    M: Int,
    N: Int,
    K: Int,
    alpha: Float = 1,
    A: UnsafePointer<Float>,
    lda: Int,
    B: UnsafePointer<Float>,
    ldb: Int,
    beta: Float = 0,
    C: UnsafeMutablePointer<Float>,
    ldc: Int
) {
    guard M > 0, N > 0 else { return }
    let kernels = InstructionSet.currentKernels.gemm
    // Scaling C beforehand lets one kernel serve all factors: C = alpha · (A · B + beta / alpha · C).
    if beta != 0 || alpha != 1 { scale(C, M, N, ldc, alpha == 0 ? 0 : beta / alpha) }
    let adding = beta != 0
    let depth = max(1, min(K, packedSteps))
    let block = max(1, packedLimit / (depth * kernels.width)) * kernels.width
    withUnsafeTemporaryAllocation(
        of: Float.self,
        capacity: max(1, kernels.packedCount(K: depth, N: min(block, N)))
    ) { buffer in
        guard let packed = buffer.baseAddress else { return }
        for n in stride(from: 0, to: N, by: block) {
            for k in stride(from: 0, to: max(K, 1), by: depth) {
                let (columns, steps) = (min(block, N - n), min(depth, K - k))
                kernels.pack(
                    transposeB ? B + (n * ldb + k) : B + (k * ldb + n),
                    transposeB ? 1 : ldb,
                    transposeB ? ldb : 1,
                    steps,
                    columns,
                    packed
                )
                kernels.multiply(
                    GemmKernels.Product(
                        M: M,
                        N: columns,
                        K: steps,
                        A: transposeA ? A + k * lda : A + k,
                        rowStride: transposeA ? 1 : lda,
                        columnStride: transposeA ? lda : 1,
                        B: packed,
                        stripStride: steps * kernels.width,
                        C: C + n,
                        ldc: ldc,
                        adding: adding || k > 0
                    )
                )
            }
        }
    }
    if alpha != 1 { scale(C, M, N, ldc, alpha) }
}

/// C *= factor; a factor of 0 clears C whatever it holds.
private func scale(
    _ C: UnsafeMutablePointer<Float>,
    _ M: Int,
    _ N: Int,
    _ ldc: Int,
    _ factor: Float
) {
    guard factor != 1 else { return }
    for m in 0..<M {
        let row = C + m * ldc
        if factor == 0 {
            row.update(repeating: 0, count: N)
        } else {
            for n in 0..<N { row[n] *= factor }
        }
    }
}
