import KernelTable

/// The weight gradient by matrix products: dweights[O][taps] = dy[pixels][O]ᵀ · columns[pixels][taps],
/// summed over the slices in their tree.
///
/// Slices of few columns are done in blocks of channels and taps (`ColumnWeights+Blocks.swift`). In one of
/// many, each fixed group of images sums its own partial gradient, step by step; the partial gradients are
/// added in order. Where the sums would take too much memory, blocks of output channels take the place of
/// some groups. Limited by the GEMM and by packing the columns for it.
struct ColumnWeights: SlicedWeights {
    let columns: ColumnConvolution
    let slices: Int

    /// Floats of all partial gradients, at most, unless two image groups need more.
    private static let partialLimit = 1 << 23
    /// Tasks that the work is cut into, to occupy machines of many cores.
    private static let tasks = 8
    /// Output pixels that make a group of images worth sums of its own.
    private static let groupPixels = 128
    /// Output channels worth an im2col of their own.
    private static let leastChannels = 64
    /// The widest strip of any instruction set.
    static let widest = 32

    var geometry: ConvolutionGeometry { columns.geometry }

    /// Floats of one thread's columns, as they come and as strips that are filled up.
    private var workerFloats: Int {
        columns.columnFloats / max(geometry.taps, 1) * (2 * geometry.taps + Self.widest)
    }

    var scratch: Int {
        let long = columns.threads * workerFloats + groups(sliceImages) * geometry.weights
        return waitingFloats + max(isShort(sliceImages) ? 0 : long, blocksScratch)
    }

    private func groups(_ N: Int) -> Int {
        let affordable = max(2, Self.partialLimit / max(geometry.weights, 1))
        let worth = N * geometry.output.H * geometry.output.W / Self.groupPixels
        return max(1, min(N, Self.tasks, affordable, worth))
    }

    /// The gradient of a slice of many columns.
    func addLong(
        _ x: Tensor,
        _ dy: Tensor,
        _ dweights: UnsafeMutablePointer<Float>,
        _ scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let g = geometry
        let kernels = pool.kernels
        let (taps, O, N) = (g.taps, g.output.C, x.shape.N)
        let groups = groups(N)
        let blocks = max(1, min(Self.tasks / groups, O / Self.leastChannels))
        // The first group's sums are in their place already.
        let partials = scratch + columns.threads * workerFloats
        func sums(_ group: Int) -> UnsafeMutablePointer<Float> {
            group == 0 ? dweights : partials + (group - 1) * g.weights
        }
        pool.parallelFor(groups * blocks) { task, worker in
            let (group, block) = task.quotientAndRemainder(dividingBy: blocks)
            let channels = block * O / blocks..<(block + 1) * O / blocks
            let images = group * N / groups..<(group + 1) * N / groups
            let buffer = scratch + worker * workerFloats
            let packed = buffer + columns.columnFloats
            for index in 0..<columns.steps(images.count) {
                let step = columns.step(index, of: images)
                let matrix = columns.columns(x, step, buffer, kernels)
                kernels.gemm.pack(matrix, taps, 1, step.count, taps, packed)
                kernels.gemm.multiply(
                    GemmKernels.Product(
                        M: channels.count,
                        N: taps,
                        K: step.count,
                        A: dy.base + step.first * O + channels.lowerBound,
                        rowStride: 1,
                        columnStride: O,
                        B: packed,
                        stripStride: step.count * kernels.gemm.width,
                        C: sums(group) + channels.lowerBound * taps,
                        ldc: taps,
                        adding: index > 0
                    )
                )
            }
        }
        if groups == 1 { return }
        pool.parallelRanges(g.weights, grain: 1 << 14) { range, _ in
            for group in 1..<groups {
                pool.kernels.flat.add(
                    dweights + range.lowerBound,
                    sums(group) + range.lowerBound,
                    range.count
                )
            }
        }
    }
}
