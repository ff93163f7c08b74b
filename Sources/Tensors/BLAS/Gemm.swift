import COpenBLAS

/// C = alpha · op(A) · op(B) + beta · C, row-major, on the calling thread.
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
    cblas_sgemm(
        CblasRowMajor,
        transposeA ? CblasTrans : CblasNoTrans,
        transposeB ? CblasTrans : CblasNoTrans,
        blasint(M),
        blasint(N),
        blasint(K),
        alpha,
        A,
        blasint(lda),
        B,
        blasint(ldb),
        beta,
        C,
        blasint(ldc)
    )
}
