import Tensors
import Testing

/// What dense layers and convolutions compute with the system's CBLAS.
@Suite(.enabled(if: (try? SystemBLAS.found.get()) != nil, "this machine has no CBLAS"))
struct SystemBLASTests {
    /// Those of our own algorithms, and maps of several bands, runs of images and groups.
    static let cases =
        ConvolutionTests.cases + [
            .init(60, 60, 24, 20, 5, padding: 2, plan: 7, N: 7),
            .init(40, 44, 128, 130, 1, plan: 5, N: 4),
            .init(4, 4, 256, 192, 3, padding: 1, plan: 40, N: 40),
        ]

    private let library: SystemBLAS

    init() throws { library = try SystemBLAS.found.get() }

    /// Products of the size of a convolution's, which our own kernels agree on.
    @Test(
        arguments: [false, true].flatMap { a in [false, true].map { b in (a, b) } },
        [(3_136, 64, 576), (784, 512, 128), (196, 256, 1_024), (512, 49, 2_048)]
    )
    func productsAgreeWithOurs(_ transposed: (Bool, Bool), _ extents: (Int, Int, Int)) {
        let (M, N, K) = extents
        let (A, B) = (noise(M * K, seed: 1), noise(K * N, seed: 2))
        let (own, system) = (Storage(count: M * N), Storage([Float](repeating: .nan, count: M * N)))
        let (lda, ldb) = (transposed.0 ? M : K, transposed.1 ? K : N)
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
            C: own.base,
            ldc: N
        )
        for adding in [false, true] {
            library.multiply(
                transposeA: transposed.0,
                transposeB: transposed.1,
                M: M,
                N: N,
                K: K,
                A: A.base,
                lda: lda,
                B: B.base,
                ldb: ldb,
                C: system.base,
                ldc: N,
                adding: adding
            )
            let factor = adding ? 2.0 : 1
            #expect(relativeError(system.buffer, own.buffer.map { factor * Double($0) }) < 1e-6)
        }
    }

    @Test(arguments: cases)
    func convolutionsAreTheDefiningSum(_ test: ConvolutionTests.Case) {
        let operands = ConvolutionRun.Operands(test.geometry)
        let naive = NaiveConvolution(geometry: test.geometry, N: test.N)
        let runs = pools(.current, blas: .system).map {
            ConvolutionRun(test.geometry, operands, N: test.N, exact: false, $0)
        }
        // The reference BLAS adds up the longest sums, of 25,200 products, one after another.
        let limit = 4e-6
        #expect(
            relativeError(
                runs[0].y.buffer,
                naive.forward(operands.x, operands.weights, operands.bias)
            ) < limit
        )
        #expect(
            relativeError(
                runs[0].dx.buffer,
                naive.backwardData(operands.dy, operands.weights)
            ) < limit
        )
        #expect(
            relativeError(
                runs[0].dweights.buffer,
                naive.backwardWeights(operands.x, operands.dy, adding: 0)
            ) < limit
        )
        #expect(
            relativeError(runs[0].dbias.buffer, naive.backwardBias(operands.dy, adding: 0)) < limit
        )
        for run in runs { #expect(run.allBits == runs[0].allBits) }
    }

    /// Slices of several sizes, one of them empty: all directions, each alone and all together.
    @Test(arguments: cases.filter { $0.N > 1 })
    func slicesOfAConvolutionTogetherAreTheSlicesApart(_ test: ConvolutionTests.Case) {
        let first = (test.N + 2) / 3
        let geometry = test.geometry
        let g = ConvolutionGeometry(
            input: geometry.input.with(N: 4 * first),
            channels: geometry.output.C,
            kernel: geometry.kernel,
            stride: geometry.stride,
            padding: geometry.padding,
            groups: geometry.groups
        )
        let operands = ConvolutionRun.Operands(g)
        let images = [
            0..<first, first..<first, first..<min(test.N, 2 * first),
            min(test.N, 2 * first)..<test.N,
        ]
        let pool = ThreadPool(threads: 2, blas: .system)
        let together = ConvolutionRun(
            g,
            operands,
            N: test.N,
            exact: false,
            slices: Slices(images),
            pool
        )
        let apart = images.map { range in
            // The plan of a rank with this slice alone.
            let own = ConvolutionGeometry(
                input: geometry.input.with(N: max(range.count, 1)),
                channels: geometry.output.C,
                kernel: geometry.kernel,
                stride: geometry.stride,
                padding: geometry.padding,
                groups: geometry.groups
            )
            let part = operands.images(range, g)
            let slices = Slices.whole(range.count)
            return ConvolutionRun(own, part, N: range.count, exact: false, slices: slices, pool)
        }
        #expect(bits(together.y.buffer) == apart.flatMap { bits($0.y.buffer) })
        #expect(bits(together.dx.buffer) == apart.flatMap { bits($0.dx.buffer) })
        for i in 0..<g.weights {
            let parts = apart.map { $0.dweights.base[i] }
            #expect(together.dweights.base[i] == (parts[0] + parts[1]) + (parts[2] + parts[3]))
        }
    }

    /// In evaluation nobody knows which photos share a batch.
    @Test(arguments: cases)
    func withoutSlicesAnImagesResultDoesNotDependOnItsBatch(_ test: ConvolutionTests.Case) {
        let g = test.geometry
        let operands = ConvolutionRun.Operands(g)
        let pool = ThreadPool(threads: 2, blas: .system)
        let all = ConvolutionRun(g, operands, N: test.N, exact: false, pool)
        let last = operands.images(test.N - 1..<test.N, g)
        let one = ConvolutionRun(g, last, N: 1, exact: false, pool)
        #expect(bits(one.y.buffer) == Array(bits(all.y.buffer).suffix(one.y.count)))
        #expect(bits(one.dx.buffer) == Array(bits(all.dx.buffer).suffix(one.dx.count)))
    }

    @Test(arguments: [(1, 1, 1), (7, 700, 300), (16, 2_300, 129), (9, 5, 1_020)])
    func slicesOfADenseLayerTogetherAreTheSlicesApart(_ N: Int, _ I: Int, _ O: Int) {
        let x = noise(N * I, seed: 1)
        let weights = noise(O * I, seed: 2)
        let dy = noise(N * O, seed: 4)
        let images = [0..<N / 3, N / 3..<N / 3, N / 3..<N]
        let runs = pools(.current, blas: .system).map {
            DenseRun(x, weights, dy, 0..<N, Slices(images), I, O, $0)
        }
        let apart = images.map {
            DenseRun(
                x,
                weights,
                dy,
                $0,
                .whole($0.count),
                I,
                O,
                ThreadPool(threads: 2, blas: .system)
            )
        }
        let own = DenseRun(x, weights, dy, 0..<N, nil, I, O, ThreadPool(threads: 2))
        for (got, expected) in zip(runs[0].all, own.all) {
            #expect(relativeError(got.buffer, expected.buffer.map(Double.init)) < 2e-6)
        }
        for run in runs {
            #expect(run.all.map { bits($0.buffer) } == runs[0].all.map { bits($0.buffer) })
        }
        #expect(bits(runs[0].y.buffer) == apart.flatMap { bits($0.y.buffer) })
        #expect(bits(runs[0].dx.buffer) == apart.flatMap { bits($0.dx.buffer) })
        for i in 0..<O * I {
            let parts = apart.map { $0.dweights.base[i] }
            #expect(runs[0].dweights.base[i] == (parts[0] + parts[1]) + parts[2])
        }
    }
}

/// All directions of a dense layer for some images of a batch.
private struct DenseRun {
    let y, dx, dweights: Storage
    var all: [Storage] { [y, dx, dweights] }

    init(
        _ x: Storage,
        _ weights: Storage,
        _ dy: Storage,
        _ images: Range<Int>,
        _ slices: Slices?,
        _ I: Int,
        _ O: Int,
        _ pool: ThreadPool
    ) {
        let N = images.count
        let x = Tensor(x.base + images.lowerBound * I, Shape(N: N, C: I))
        let dy = Tensor(dy.base + images.lowerBound * O, Shape(N: N, C: O))
        y = noise(N * O, seed: 5)
        dx = noise(N * I, seed: 6)
        dweights = noise(O * I, seed: 7)
        denseForward(
            x,
            weights: weights.base,
            bias: nil,
            y.tensor(dy.shape),
            slices: slices,
            pool
        )
        denseBackwardData(dy, weights: weights.base, dx.tensor(x.shape), slices: slices, pool)
        denseBackwardWeights(
            x,
            dy,
            slices: slices ?? .whole(N),
            dweights: dweights.base,
            dbias: nil,
            pool
        )
    }
}
