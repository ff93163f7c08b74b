import KernelTable

/// Outputs or inputs that one task handles.
private let blockOutputs = 128
private let blockInputs = 1024
/// Inputs that one task packs.
private let packedInputs = 4096
/// Outputs whose weights' gradients are gone through side by side: as many streams as memory likes.
private let gradientOutputs = 12
/// Inputs of a block of the weights' gradients whose slices are added in the second cache.
private let waitingInputs = 2048

/// y[n][o] = Σ_i x[n][i] · weights[o][i] + bias[o].
///
/// Computed as yᵀ = weights · xᵀ, so that it is the small side that is packed and the weights are read
/// once, in their order. Limited by that read.
///
/// - Parameter slices: the slices of the batch; nil in evaluation, where each image is computed as if alone.
public func denseForward(
    _ x: Tensor,
    weights: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?,
    _ y: Tensor,
    slices: Slices? = nil,
    _ pool: ThreadPool
) {
    if let library = SystemBLAS.library(pool.blas) {
        let system = SystemDense(library: library, pool: pool)
        return system.forward(x, weights: weights, bias: bias, y, slices: slices)
    }
    let (N, I, O) = (x.shape.N, x.shape.perImage, y.shape.perImage)
    precondition(y.shape.N == N, "a dense layer has \(N) inputs and \(y.shape.N) outputs")
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
/// Limited by reading the weights, once and nearly in their order.
///
/// - Parameter slices: the slices of the batch; nil = each image is computed as if alone.
public func denseBackwardData(
    _ dy: Tensor,
    weights: UnsafePointer<Float>,
    _ dx: Tensor,
    slices: Slices? = nil,
    _ pool: ThreadPool
) {
    if let library = SystemBLAS.library(pool.blas) {
        let system = SystemDense(library: library, pool: pool)
        return system.backwardData(dy, weights: weights, dx, slices: slices)
    }
    let (N, I, O) = (dy.shape.N, dx.shape.perImage, dy.shape.perImage)
    precondition(dx.shape.N == N, "a dense layer has \(dx.shape.N) inputs and \(N) outputs")
    pool.parallelRanges(I, grain: blockInputs) { range, _ in
        pool.kernels.gemm.multiplyRowMajor(
            GemmKernels.Product(
                M: N,
                N: range.count,
                K: O,
                A: dy.base,
                rowStride: O,
                columnStride: 1,
                B: weights + range.lowerBound,
                stripStride: I,
                C: dx.base + range.lowerBound,
                ldc: I,
                adding: false
            )
        )
    }
}

/// dweights[o][i] = Σ_n dy[n][o] · x[n][i] and dbias[o] = Σ_n dy[n][o], summed in each slice and then over
/// the slices in their tree.
///
/// Limited by the gradient's way to memory, in its order: the slices of a block are added before it goes.
public func denseBackwardWeights(
    _ x: Tensor,
    _ dy: Tensor,
    slices: Slices,
    dweights: UnsafeMutablePointer<Float>,
    dbias: UnsafeMutablePointer<Float>?,
    _ pool: ThreadPool
) {
    if let library = SystemBLAS.library(pool.blas) {
        let system = SystemDense(library: library, pool: pool)
        system.backwardWeights(x, dy, slices: slices, dweights: dweights)
    } else {
        addSlices(x, dy, slices, dweights, pool)
    }
    guard let dbias else { return }
    let O = dy.shape.perImage
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, slices.count * O)) { rows in
        guard let rows = rows.baseAddress else { return }
        for (slice, images) in slices.images.enumerated() {
            for o in 0..<O {
                var sum: Float = 0
                for n in images { sum += dy.base[n * O + o] }
                rows[slice * O + o] = sum
            }
        }
        sumSlices(rows, slices, width: O, into: dbias)
    }
}

/// The gradient of all weights, block by block.
private func addSlices(
    _ x: Tensor,
    _ dy: Tensor,
    _ slices: Slices,
    _ dweights: UnsafeMutablePointer<Float>,
    _ pool: ThreadPool
) {
    let (N, I, O) = (x.shape.N, x.shape.perImage, dy.shape.perImage)
    precondition(
        dy.shape.N == N && slices.total == N,
        "a dense layer has \(N) inputs and \(dy.shape.N) outputs, its slices \(slices.total)"
    )
    let kernels = pool.kernels.gemm
    let filled = kernels.packedCount(K: 1, N: I)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, N * filled)) { buffer in
        guard let packed = buffer.baseAddress else { return }
        let parts = (I + packedInputs - 1) / packedInputs
        pool.parallelFor(slices.count * parts) { task, _ in
            let (slice, part) = task.quotientAndRemainder(dividingBy: parts)
            let images = slices.images[slice]
            let first = part * packedInputs
            kernels.pack(
                x.base + (images.lowerBound * I + first),
                I,
                1,
                images.count,
                min(packedInputs, I - first),
                packed + (images.lowerBound * filled + first * images.count)
            )
        }
        let width = slices.count == 1 ? max(I, 1) : waitingInputs
        let blocks = (I + width - 1) / width
        pool.parallelFor((O + gradientOutputs - 1) / gradientOutputs * blocks) { task, _ in
            let (row, block) = task.quotientAndRemainder(dividingBy: blocks)
            addSlices(
                dy,
                packed,
                slices,
                outputs: row * gradientOutputs..<min(O, (row + 1) * gradientOutputs),
                inputs: block * width..<min(I, (block + 1) * width),
                I,
                dweights,
                pool.kernels
            )
        }
    }
}

/// The gradient of a block of weights, over all slices.
private func addSlices(
    _ dy: Tensor,
    _ packed: UnsafePointer<Float>,
    _ slices: Slices,
    outputs: Range<Int>,
    inputs: Range<Int>,
    _ I: Int,
    _ dweights: UnsafeMutablePointer<Float>,
    _ kernels: KernelTable
) {
    let O = dy.shape.perImage
    let filled = kernels.gemm.packedCount(K: 1, N: I)
    let capacity = max(1, BlockPlaces.count(slices.count) * outputs.count * inputs.count)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: capacity) { waiting in
        guard let waiting = waiting.baseAddress else { return }
        let places = BlockPlaces(
            base: dweights + outputs.lowerBound * I + inputs.lowerBound,
            distance: I,
            waiting: waiting,
            rows: outputs.count,
            columns: inputs.count,
            isDirect: slices.count == 1
        )
        let longest = slices.images.reduce(0) { max($0, $1.count) }
        Slices.addTree(
            0..<slices.count,
            addsLeaves: longest <= kernels.gemm.depth,
            compute: { slice, level, adding in
                let images = slices.images[slice.lowerBound]
                let place = places[level]
                let strips = packed + images.lowerBound * filled
                kernels.gemm.multiply(
                    GemmKernels.Product(
                        M: outputs.count,
                        N: inputs.count,
                        K: images.count,
                        A: dy.base + images.lowerBound * O + outputs.lowerBound,
                        rowStride: 1,
                        columnStride: O,
                        B: strips + inputs.lowerBound * images.count,
                        stripStride: images.count * kernels.gemm.width,
                        C: place.base,
                        ldc: place.distance,
                        adding: adding
                    )
                )
            },
            add: { places.add($0, $1, kernels.flat) }
        )
        places.finish()
    }
}
