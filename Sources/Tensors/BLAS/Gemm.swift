import KernelTable

/// Floats of packed B at a time: a share of the second cache.
private let packedLimit = 1 << 16

/// Steps of packed B at a time: few, so that runs of B's rows are long.
private let packedSteps = 64

/// C = op(A) · op(B), row-major, on the calling thread.
///
/// Each element is summed over ascending k in an order that depends on `K` alone.
///
/// - Parameters:
///   - transposeA: whether A lies in memory as [K][M] rather than [M][K].
///   - transposeB: whether B lies in memory as [N][K] rather than [K][N].
///   - M: rows of C.
///   - N: columns of C.
///   - K: length of the sums.
///   - A: the left matrix.
///   - lda: distance between the rows of A in memory.
///   - B: the right matrix.
///   - ldb: distance between the rows of B in memory.
///   - C: the result.
///   - ldc: distance between the rows of C.
public func gemm(
    transposeA: Bool = false,
    transposeB: Bool = false,
    M: Int,
    N: Int,
    K: Int,
    A: UnsafePointer<Float>,
    lda: Int,
    B: UnsafePointer<Float>,
    ldb: Int,
    C: UnsafeMutablePointer<Float>,
    ldc: Int
) {
    precondition(
        min(M, N, K) >= 0 && lda >= (transposeA ? M : K) && ldb >= (transposeB ? K : N) && ldc >= N,
        "a row of a matrix is longer than the distance between rows"
    )
    guard M > 0, N > 0 else { return }
    let kernels = InstructionSet.current.kernels.gemm
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
                        adding: k > 0
                    )
                )
            }
        }
    }
}
