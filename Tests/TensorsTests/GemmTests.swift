import Tensors
import Testing

@Suite struct GemmTests {
    @Test(
        arguments: [false, true].flatMap { a in [false, true].map { b in (a, b) } },
        [
            (1, 1, 1), (3, 5, 7), (17, 64, 33), (49, 130, 576), (200, 31, 9), (6, 16, 700),
            (26, 24, 300), (40, 72, 9),
            // Rows of A that are 1024 and 512 floats apart.
            (203, 150, 1021), (211, 70, 509),
        ]
    )
    func agreesWithTheDefiningSum(_ transposed: (Bool, Bool), _ extents: (Int, Int, Int)) {
        let (M, N, K) = extents
        // Leading dimensions wider than the rows show strides that are mixed up.
        let lda = (transposed.0 ? M : K) + 3
        let ldb = (transposed.1 ? K : N) + 2
        let ldc = N + 1
        let A = noise(max(M, K) * (lda + 1), seed: 1)
        let B = noise(max(N, K) * (ldb + 1), seed: 2)
        // The old C is not read.
        let C = Storage([Float](repeating: .nan, count: M * ldc))
        var expected = C.buffer.map(Double.init)
        for m in 0..<M {
            for n in 0..<N {
                var sum = 0.0
                for k in 0..<K {
                    let a = transposed.0 ? A.base[k * lda + m] : A.base[m * lda + k]
                    let b = transposed.1 ? B.base[n * ldb + k] : B.base[k * ldb + n]
                    sum += Double(a) * Double(b)
                }
                expected[m * ldc + n] = sum
            }
        }
        gemm(
            transposeA: transposed.0,
            transposeB: transposed.1,
            M: M,
            N: N,
            K: K,
            A: A.base,
            lda: lda,
            B: B.base,
            ldb: ldb,
            C: C.base,
            ldc: ldc
        )
        // What lies between the rows is not written.
        for m in 0..<M {
            let gap = m * ldc + N
            #expect(C.base[gap].isNaN)
            (C.base[gap], expected[gap]) = (0, 0)
        }
        #expect(relativeError(C.buffer, expected) < 1e-6)
    }
}
