import KernelTable

/// The weight gradient by matrix products: dweights[O][taps] = dy[pixels][O]ᵀ · columns[pixels][taps],
/// summed over the slices in their tree.
///
/// Slices of few columns are done in blocks of channels and taps (`addInBlocks`). In one of
/// many, each fixed group of images sums its own partial gradient, step by step; the partial gradients are
/// added in order. Where the sums would take too much memory, blocks of output channels take the place of
/// some groups. Limited by the GEMM and by packing the columns for it.
struct ColumnWeights: SlicedWeights {
    let columns: ColumnConvolution
    let slices: Int

    /// Floats of all partial gradients, at most, unless two image groups need more.
    private static let partialLimit = 1 << 23
    /// Tasks that the work is cut into, to occupy machines of many cores.
    static let tasks = 8
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

    func groups(_ N: Int) -> Int {
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
                let matrix = columns.columns(ConvolutionInput(maps: x), step, buffer, kernels)
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

/// Slices of few columns, several at a time.
///
/// All threads make the columns of all the slices and pack them, which then lie in the last cache. A task
/// has a block of outputs and taps, computes each slice's product and adds them while they are in the
/// second cache. Limited by the GEMM, and where a slice has few pixels by reading the columns for it.
extension ColumnWeights {
    /// Floats of columns, packed, that a slice, or several together, may have.
    private static let columnLimit = 1 << 21
    /// Outputs and taps of a block, at most.
    private static let blockOutputs = 48
    private static let blockTaps = 256
    /// Pixels of a slice, at most: with more, the sums' way to memory is no burden.
    private static let pixelLimit = 1024
    /// Taps that are packed by one task.
    private static let packedTaps = 512

    private var pixelsPerImage: Int { geometry.output.H * geometry.output.W }

    /// Taps with strips filled up.
    private var filledTaps: Int { (geometry.taps + Self.widest - 1) / Self.widest * Self.widest }

    /// Whether a slice of `N` images has few columns.
    func isShort(_ N: Int) -> Bool { N * pixelsPerImage <= Self.pixelLimit && fits(N) }

    private func fits(_ N: Int) -> Bool { N * pixelsPerImage * filledTaps <= Self.columnLimit }

    func fitsBlocks(_ leaf: Range<Int>, _ slices: Slices) -> Bool {
        let images = slices.images[leaf].map(\.count)
        return isShort(images.max() ?? 0) && (leaf.count == 1 || fits(images.reduce(0, +)))
    }

    /// Floats of the places where slices of a block wait.
    private func workerFloats(_ slices: Int) -> Int {
        BlockPlaces.count(slices) * Self.blockOutputs * Self.blockTaps
    }

    private var blocksScratch: Int {
        let columns = min(geometry.input.N * pixelsPerImage * filledTaps, Self.columnLimit)
        return (geometry.isPointwise ? 1 : 2) * columns + self.columns.threads
            * workerFloats(slices)
    }

    func addInBlocks(
        _ x: Tensor,
        _ dy: Tensor,
        _ slices: Slices,
        _ leaf: Range<Int>,
        _ dweights: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let (taps, O) = (geometry.taps, geometry.output.C)
        let gemm = pool.kernels.gemm
        let images = slices.images[leaf]
        let all = (images.first?.lowerBound ?? 0)..<(images.last?.upperBound ?? 0)
        let (x, dy) = (x.images(all), dy.images(all))
        let pixels = images.map {
            ($0.lowerBound - all.lowerBound) * pixelsPerImage..<($0.upperBound - all.lowerBound)
                * pixelsPerImage
        }
        let packed = scratch
        let workers = packed + x.shape.N * pixelsPerImage * filledTaps
        let matrix = columns(x, workers + columns.threads * workerFloats(self.slices), pool)
        pack(matrix, pixels, into: packed, pool)

        let blockOutputs = min(O, Self.blockOutputs)
        let blockTaps = slices.count == 1 ? min(taps, 1024) : min(taps, Self.blockTaps)
        let rows = (O + blockOutputs - 1) / blockOutputs
        let parts = (taps + blockTaps - 1) / blockTaps
        let addsLeaves = (pixels.map(\.count).max() ?? 0) <= gemm.depth
        pool.parallelFor(rows * parts) { task, thread in
            let (row, part) = task.quotientAndRemainder(dividingBy: parts)
            let outputs = row * blockOutputs..<min(O, (row + 1) * blockOutputs)
            let block = part * blockTaps..<min(taps, (part + 1) * blockTaps)
            let places = BlockPlaces(
                base: dweights + outputs.lowerBound * taps + block.lowerBound,
                distance: taps,
                waiting: workers + thread * workerFloats(self.slices),
                rows: outputs.count,
                columns: block.count,
                isDirect: leaf.count == 1
            )
            Slices.addTree(
                0..<leaf.count,
                addsLeaves: addsLeaves,
                compute: { slice, level, adding in
                    let place = places[level]
                    let range = pixels[slice.lowerBound]
                    gemm.multiply(
                        GemmKernels.Product(
                            M: outputs.count,
                            N: block.count,
                            K: range.count,
                            A: dy.base + range.lowerBound * O + outputs.lowerBound,
                            rowStride: 1,
                            columnStride: O,
                            B: packed + range.lowerBound * filledTaps + block.lowerBound
                                * range.count,
                            stripStride: range.count * gemm.width,
                            C: place.base,
                            ldc: place.distance,
                            adding: adding
                        )
                    )
                },
                add: { places.add($0, $1, pool.kernels.flat) }
            )
            places.finish()
        }
    }

    /// The columns of all images, in `buffer` unless they are the input itself.
    private func columns(
        _ x: Tensor,
        _ buffer: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) -> UnsafePointer<Float> {
        let g = geometry
        if g.isPointwise { return UnsafePointer(x.base) }
        pool.parallelFor(x.shape.N) { image, _ in
            pool.kernels.windows.gather(
                x.base + image * g.input.perImage,
                g.window,
                0..<g.output.H,
                buffer + image * pixelsPerImage * g.taps
            )
        }
        return UnsafePointer(buffer)
    }

    /// Packs the columns of each slice's pixels.
    private func pack(
        _ matrix: UnsafePointer<Float>,
        _ pixels: [Range<Int>],
        into packed: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let taps = geometry.taps
        let parts = (taps + Self.packedTaps - 1) / Self.packedTaps
        pool.parallelFor(pixels.count * parts) { task, _ in
            let (slice, part) = task.quotientAndRemainder(dividingBy: parts)
            let range = pixels[slice]
            let first = part * Self.packedTaps
            pool.kernels.gemm.pack(
                matrix + range.lowerBound * taps + first,
                taps,
                1,
                range.count,
                min(Self.packedTaps, taps - first),
                packed + range.lowerBound * filledTaps + first * range.count
            )
        }
    }
}
