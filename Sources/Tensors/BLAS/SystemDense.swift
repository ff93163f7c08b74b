import KernelTable

/// Dense layers by the system's CBLAS.
///
/// As in `SystemConvolution`, no product spans slices, or images where no slices are given. A task has a block
/// of the weights and goes through all slices with it, so that the weights come from memory once.
struct SystemDense {
    let library: SystemBLAS
    let pool: ThreadPool

    /// Floats of a block of the weights: what a second cache holds.
    private static let blockFloats = 1 << 18
    /// Outputs and inputs of a block of the weights' gradients.
    private static let gradientOutputs = 64
    private static let gradientInputs = 1024

    private func runs(_ slices: Slices?, _ N: Int) -> [Range<Int>] {
        (slices?.images ?? (0..<N).map { $0..<$0 + 1 }).filter { !$0.isEmpty }
    }

    /// Of `count` rows or columns of `length` weights each, as many as a block has.
    private func block(_ count: Int, _ length: Int) -> Int {
        max(16, min(count, Self.blockFloats / max(length, 1)))
    }

    /// y[n][o] = Σ_i x[n][i] · weights[o][i] + bias[o].
    func forward(
        _ x: Tensor,
        weights: UnsafePointer<Float>,
        bias: UnsafePointer<Float>?,
        _ y: Tensor,
        slices: Slices?
    ) {
        let (I, O) = (x.shape.perImage, y.shape.perImage)
        let runs = runs(slices, x.shape.N)
        pool.parallelRanges(O, grain: min(128, block(O, I))) { outputs, _ in
            for images in runs {
                library.multiply(
                    transposeB: true,
                    M: images.count,
                    N: outputs.count,
                    K: I,
                    A: x.base + images.lowerBound * I,
                    lda: I,
                    B: weights + outputs.lowerBound * I,
                    ldb: I,
                    C: y.base + (images.lowerBound * O + outputs.lowerBound),
                    ldc: O
                )
            }
            guard let bias else { return }
            for n in 0..<x.shape.N { for o in outputs { y.base[n * O + o] += bias[o] } }
        }
    }

    /// dx[n][i] = Σ_o dy[n][o] · weights[o][i].
    func backwardData(
        _ dy: Tensor,
        weights: UnsafePointer<Float>,
        _ dx: Tensor,
        slices: Slices?
    ) {
        let (I, O) = (dx.shape.perImage, dy.shape.perImage)
        let runs = runs(slices, dy.shape.N)
        pool.parallelRanges(I, grain: max(256, min(1024, block(I, O)))) { inputs, _ in
            for images in runs {
                library.multiply(
                    M: images.count,
                    N: inputs.count,
                    K: O,
                    A: dy.base + images.lowerBound * O,
                    lda: O,
                    B: weights + inputs.lowerBound,
                    ldb: I,
                    C: dx.base + (images.lowerBound * I + inputs.lowerBound),
                    ldc: I
                )
            }
        }
    }

    /// dweights[o][i] = Σ_n dy[n][o] · x[n][i], summed over the slices in their tree.
    func backwardWeights(
        _ x: Tensor,
        _ dy: Tensor,
        slices: Slices,
        dweights: UnsafeMutablePointer<Float>
    ) {
        let (I, O) = (x.shape.perImage, dy.shape.perImage)
        let columns = (I + Self.gradientInputs - 1) / Self.gradientInputs
        let rows = (O + Self.gradientOutputs - 1) / Self.gradientOutputs
        pool.parallelFor(rows * columns) { task, _ in
            let (row, column) = task.quotientAndRemainder(dividingBy: columns)
            let outputs =
                row * Self.gradientOutputs..<min(O, (row + 1) * Self.gradientOutputs)
            let inputs = column * Self.gradientInputs..<min(I, (column + 1) * Self.gradientInputs)
            let capacity = BlockPlaces.count(slices.count) * outputs.count * inputs.count
            withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, capacity)) { waiting in
                guard let waiting = waiting.baseAddress else { return }
                let places = BlockPlaces(
                    base: dweights + outputs.lowerBound * I + inputs.lowerBound,
                    distance: I,
                    waiting: waiting,
                    rows: outputs.count,
                    columns: inputs.count,
                    isDirect: slices.count == 1
                )
                Slices.addTree(
                    0..<slices.count,
                    compute: { slice, level, _ in
                        let images = slices.images[slice.lowerBound]
                        let place = places[level]
                        if images.isEmpty {
                            for row in 0..<outputs.count {
                                (place.base + row * place.distance)
                                    .update(repeating: 0, count: inputs.count)
                            }
                            return
                        }
                        library.multiply(
                            transposeA: true,
                            M: outputs.count,
                            N: inputs.count,
                            K: images.count,
                            A: dy.base + (images.lowerBound * O + outputs.lowerBound),
                            lda: O,
                            B: x.base + (images.lowerBound * I + inputs.lowerBound),
                            ldb: I,
                            C: place.base,
                            ldc: place.distance
                        )
                    },
                    add: { places.add($0, $1, pool.kernels.flat) }
                )
                places.finish()
            }
        }
    }
}
