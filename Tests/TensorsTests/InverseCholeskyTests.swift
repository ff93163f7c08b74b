import Tensors
import Testing

struct InverseCholeskyTests {
    /// A matrix of full rank, Σ x xᵀ over random x, [n][n].
    private func matrix(_ n: Int) -> [Double] {
        var random = Random(seed: 3, .test)
        var matrix = [Double](repeating: 0, count: n * n)
        for _ in 0..<2 * n {
            let x = (0..<n).map { _ in Double(random.normal()) }
            for i in 0..<n { for j in 0..<n { matrix[i * n + j] += x[i] * x[j] } }
        }
        return matrix
    }

    @Test(arguments: [1, 2, 7, 16, 65, 130])
    func whitensTheMatrix(_ n: Int) throws {
        let A = matrix(n)
        let pool = ThreadPool(threads: 2)
        defer { pool.close() }
        let W = try #require(inverseCholesky(A, order: n, pool))
        // B = W A, then B Wᵀ, which must be 1.
        var B = [Double](repeating: 0, count: n * n)
        for i in 0..<n {
            for k in 0..<n where W[i * n + k] != 0 {
                for j in 0..<n { B[i * n + j] += W[i * n + k] * A[k * n + j] }
            }
        }
        var worst = 0.0
        for i in 0..<n {
            for j in 0..<n {
                var sum = 0.0
                for k in 0..<n { sum += B[i * n + k] * W[j * n + k] }
                worst = max(worst, abs(sum - (i == j ? 1 : 0)))
                if j > i { #expect(W[i * n + j] == 0) }
            }
        }
        #expect(worst < 1e-9)
    }

    @Test func upperTriangleIsNotRead() {
        let pool = ThreadPool(threads: 1)
        defer { pool.close() }
        var A = matrix(20)
        let expected = inverseCholesky(A, order: 20, pool)
        for i in 0..<20 { for j in i + 1..<20 { A[i * 20 + j] = .nan } }
        #expect(inverseCholesky(A, order: 20, pool) == expected)
    }

    @Test func bitsDoNotDependOnThreads() {
        let A = matrix(150)
        let results = [1, 3].map { threads in
            let pool = ThreadPool(threads: threads)
            defer { pool.close() }
            return inverseCholesky(A, order: 150, pool)
        }
        #expect(results[0] == results[1])
    }

    @Test func whatIsNotPositiveDefiniteHasNone() {
        let pool = ThreadPool(threads: 1)
        defer { pool.close() }
        #expect(inverseCholesky([1, 2, 2, 1], order: 2, pool) == nil)
        #expect(inverseCholesky([0], order: 1, pool) == nil)
        #expect(inverseCholesky([.nan], order: 1, pool) == nil)
    }
}
