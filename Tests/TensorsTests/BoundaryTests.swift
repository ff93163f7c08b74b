import Tensors
import Testing

/// What the boundary of Tensors promises is checked in the release build too: kernels work on raw floats,
/// and a wrong extent would have them read and write beyond their memory.
struct BoundaryTests {
    @Test func matricesWithRowsLongerThanTheirDistance() async {
        await #expect(processExitsWith: .failure) {
            let matrix = Storage(count: 64)
            let (A, C) = (matrix.base, Storage(count: 64))
            gemm(M: 4, N: 4, K: 8, A: A, lda: 4, B: A, ldb: 4, C: C.base, ldc: 4)
        }
        await #expect(processExitsWith: .failure) {
            let matrix = Storage(count: 64)
            let (A, C) = (matrix.base, Storage(count: 64))
            gemm(M: 4, N: 8, K: 4, A: A, lda: 4, B: A, ldb: 8, C: C.base, ldc: 4)
        }
    }

    @Test func denseLayersOfUnequalBatches() async {
        await #expect(processExitsWith: .failure) {
            let maps = Maps()
            denseForward(
                maps.tensor(Shape(N: 2, C: 4)),
                weights: maps.floats.base,
                bias: nil,
                maps.tensor(Shape(N: 3, C: 4)),
                maps.pool
            )
        }
        await #expect(processExitsWith: .failure) {
            let maps = Maps()
            denseBackwardWeights(
                maps.tensor(Shape(N: 2, C: 4)),
                maps.tensor(Shape(N: 2, C: 4)),
                slices: .whole(3),
                dweights: maps.floats.base,
                dbias: nil,
                maps.pool
            )
        }
    }

    @Test func convolutionsOfOtherMapsThanPlanned() async {
        await #expect(processExitsWith: .failure) {
            let maps = Maps()
            maps.convolve(Shape(N: 2, H: 8, W: 8, C: 4), Shape(N: 2, H: 8, W: 8, C: 8))
        }
        await #expect(processExitsWith: .failure) {
            let maps = Maps()
            maps.convolve(Shape(N: 3, H: 6, W: 6, C: 4), Shape(N: 3, H: 6, W: 6, C: 8))
        }
        await #expect(processExitsWith: .failure) {
            let maps = Maps()
            let (x, y) = (Shape(N: 2, H: 6, W: 6, C: 4), Shape(N: 2, H: 6, W: 6, C: 8))
            maps.plan.backwardWeights(
                maps.tensor(x),
                maps.tensor(y),
                slices: Slices([0..<1, 1..<2]),
                dweights: maps.floats.base,
                dbias: nil,
                scratch: maps.floats.base,
                maps.pool
            )
        }
        // What was planned is computed.
        await #expect(processExitsWith: .success) {
            let maps = Maps()
            maps.convolve(Shape(N: 2, H: 6, W: 6, C: 4), Shape(N: 2, H: 6, W: 6, C: 8))
        }
    }

    @Test func batchNormsOfOtherSlicesThanPlanned() async {
        await #expect(processExitsWith: .failure) {
            let maps = Maps()
            maps.normalise(Shape(N: 2, H: 2, W: 2, C: 4), .whole(3))
        }
        await #expect(processExitsWith: .failure) {
            let maps = Maps()
            maps.normalise(Shape(N: 2, H: 2, W: 2, C: 8), .whole(2))
        }
    }

    @Test func poolsAndElementsOfUnequalShapes() async {
        await #expect(processExitsWith: .failure) {
            let maps = Maps()
            let pool = PoolGeometry(input: Shape(N: 2, H: 4, W: 4, C: 4), kernel: 2, stride: 2)
            let x = maps.tensor(Shape(N: 2, H: 4, W: 4, C: 4))
            maxPoolForward(
                x,
                pool,
                maps.tensor(Shape(N: 1, H: 2, W: 2, C: 4)),
                argmax: nil,
                maps.pool
            )
        }
        await #expect(processExitsWith: .failure) {
            let maps = Maps()
            let x = maps.tensor(Shape(N: 2, H: 4, W: 4, C: 4))
            adaptiveAveragePoolForward(x, maps.tensor(Shape(N: 2, C: 8)), maps.pool)
        }
        await #expect(processExitsWith: .failure) {
            let maps = Maps()
            let (two, one) = (Shape(N: 2, C: 8), Shape(N: 1, C: 8))
            activationForward(.relu, maps.tensor(two), maps.tensor(one), maps.pool)
        }
        await #expect(processExitsWith: .failure) {
            let maps = Maps()
            let x = maps.tensor(Shape(N: 2, C: 8))
            dropoutApply(x, x, rate: 1, seed: 1, stepAndLayer: 1, firstPosition: 0, maps.pool)
        }
    }

    @Test func viewsOutsideOfTheirStorage() async {
        await #expect(processExitsWith: .failure) {
            _ = Storage(count: 10).tensor(at: 8, Shape(N: 1, C: 3))
        }
        await #expect(processExitsWith: .failure) {
            _ = Storage(count: 12).tensor(Shape(N: 3, C: 4)).images(2..<4)
        }
        await #expect(processExitsWith: .failure) { _ = Slices([0..<2, 3..<4]) }
    }
}

/// Room for all that is passed above, so that nothing but a check ends the process.
private struct Maps {
    let floats = Storage(count: 1 << 20)
    let pool = ThreadPool(threads: 1)
    let plan = ConvolutionKernel(
        ConvolutionGeometry(
            input: Shape(N: 2, H: 6, W: 6, C: 4),
            channels: 8,
            kernel: 3,
            padding: 1
        ),
        threads: 1
    )

    func tensor(_ shape: Shape) -> Tensor { floats.tensor(shape) }

    func convolve(_ x: Shape, _ y: Shape) {
        plan.forward(
            tensor(x),
            weights: floats.base,
            bias: nil,
            floats.tensor(at: 1 << 16, y),
            scratch: floats.base + (1 << 17),
            pool
        )
    }

    func normalise(_ x: Shape, _ slices: Slices) {
        let norm = BatchNormKernel(
            shape: Shape(N: 2, H: 2, W: 2, C: 4),
            epsilon: 1e-5,
            activation: .none
        )
        norm.forwardTraining(
            tensor(x),
            slices: slices,
            gamma: floats.base,
            beta: floats.base,
            residual: nil,
            floats.tensor(at: 1 << 16, x),
            mean: floats.base + (1 << 17),
            variance: floats.base + (1 << 18),
            scratch: floats.base + (1 << 19),
            pool
        )
    }
}
