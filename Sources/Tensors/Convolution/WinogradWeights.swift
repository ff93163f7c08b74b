import KernelTable

/// The weight gradient of the 3×3 convolution: Gᵀ[Σ (A dY Aᵀ) ⊙ (Bᵀ d B)]G, summed over all tiles.
///
/// A task owns a block of output × input channels of one fixed group of images and passes over its
/// tiles a block at a time: transforms both maps' channels, then adds 36 products [outputs][tiles] ·
/// [tiles][inputs] to its own sums, which stay in the last cache. At its end it turns the sums into the
/// gradient, which is a quarter as large. Groups are added in order. Limited by the products, and in
/// wide layers by transforming each map once for every block of the other's channels.
struct WinogradWeights: Sendable {
    let geometry: ConvolutionGeometry
    let threads: Int

    private static let planes = WinogradConvolution.planes
    /// Channels of a block, at most and at least.
    private static let blockChannels = (most: 128, least: 32)
    /// Tasks that the work is cut into, to occupy machines of many cores, and the fewest that are
    /// worth smaller blocks.
    private static let tasks = (wanted: 16, least: 4)
    /// Tiles of a pass.
    private static let blockTiles = 64
    /// Tiles that make a group of images worth sums of its own.
    private static let groupTiles = 128
    /// Channels to which strips are filled up: the widest strip of any instruction set.
    private static let widest = 32

    private var tilesPerImage: Int { (geometry.output.H + 3) / 4 * ((geometry.output.W + 3) / 4) }

    /// How the gradient of a batch is cut, fixed by the extents.
    private struct Cut {
        /// Groups of images.
        var groups: Int
        /// Side of the blocks of channels, and their numbers.
        var side, outputBlocks, inputBlocks: Int

        var tasks: Int { groups * outputBlocks * inputBlocks }
    }

    private func cut(_ N: Int) -> Cut {
        var cut = cut(N, side: Self.blockChannels.most)
        while cut.tasks < Self.tasks.least, cut.side > Self.blockChannels.least {
            cut = self.cut(N, side: cut.side / 2)
        }
        return cut
    }

    private func cut(_ N: Int, side: Int) -> Cut {
        let outputBlocks = (geometry.output.C + side - 1) / side
        let inputBlocks = (geometry.input.C + side - 1) / side
        let wanted = Self.tasks.wanted / (outputBlocks * inputBlocks)
        let worth = N * tilesPerImage / Self.groupTiles
        return Cut(
            groups: max(1, min(N, wanted, worth)),
            side: side,
            outputBlocks: outputBlocks,
            inputBlocks: inputBlocks
        )
    }

    private var workerFloats: Int {
        let side = Self.blockChannels.most
        let maps = (Self.blockTiles + 1) * (side + side + Self.widest)
        return Self.planes * (maps + side * side)
    }

    var scratch: Int {
        let groups = (1...max(geometry.input.N, 1)).map { cut($0).groups }.max() ?? 1
        return threads * workerFloats + (groups > 1 ? groups * geometry.weights : 0)
    }

    func backwardWeights(
        _ x: Tensor,
        _ dy: Tensor,
        dweights: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let (N, I) = (x.shape.N, geometry.input.C)
        guard N > 0 else { return }
        let cut = cut(N)
        let partials = scratch + threads * workerFloats
        pool.parallelFor(cut.tasks) { task, worker in
            let blocks = cut.outputBlocks * cut.inputBlocks
            let (group, block) = task.quotientAndRemainder(dividingBy: blocks)
            let (o, i) = block.quotientAndRemainder(dividingBy: cut.inputBlocks)
            let outputs = range(o, cut.side, geometry.output.C)
            let inputs = range(i, cut.side, I)
            let sums = scratch + worker * workerFloats
            sumBlock(
                x,
                dy,
                images: group * N / cut.groups..<(group + 1) * N / cut.groups,
                outputs: outputs,
                inputs: inputs,
                into: sums,
                scratch: sums + Self.planes * cut.side * cut.side,
                pool.kernels
            )
            let to = cut.groups > 1 ? partials + group * geometry.weights : dweights
            for (row, o) in outputs.enumerated() {
                pool.kernels.winograd.weights(
                    sums + row * inputs.count,
                    outputs.count * inputs.count,
                    inputs.count,
                    I,
                    cut.groups == 1,
                    to + (o * 9 * I + inputs.lowerBound)
                )
            }
        }
        guard cut.groups > 1 else { return }
        pool.parallelRanges(geometry.weights, grain: 1 << 14) { range, _ in
            for group in 0..<cut.groups {
                let from = partials + group * geometry.weights + range.lowerBound
                pool.kernels.flat.add(dweights + range.lowerBound, from, range.count)
            }
        }
    }

    private func range(_ block: Int, _ side: Int, _ C: Int) -> Range<Int> {
        block * side..<min(C, (block + 1) * side)
    }

    /// Sums of one task, [36][outputs][inputs].
    private func sumBlock(
        _ x: Tensor,
        _ dy: Tensor,
        images: Range<Int>,
        outputs: Range<Int>,
        inputs: Range<Int>,
        into sums: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>,
        _ kernels: KernelTable
    ) {
        let width = kernels.gemm.width
        let B = Self.blockTiles
        let strips = kernels.gemm.strips(inputs.count)
        let inputPlane = strips * B * width
        let gradientPlane = B * outputs.count
        let V = scratch
        let Z = V + Self.planes * inputPlane
        let patch = Z + Self.planes * gradientPlane
        var tile = images.lowerBound * tilesPerImage
        let end = images.upperBound * tilesPerImage
        var outputWindow = geometry.window
        outputWindow.C = geometry.output.C
        var adding = false
        while tile < end {
            let tiles = tile..<min(end, tile + B)
            forEachImage(tiles, tilesPerImage) { image, part, done in
                kernels.winograd.input(
                    x.base + image * x.shape.perImage + inputs.lowerBound,
                    geometry.window,
                    part,
                    inputs.count,
                    WinogradKernels.Planes(
                        base: V + done * width,
                        planeStride: inputPlane,
                        width: width,
                        stripStride: B * width
                    ),
                    patch
                )
                kernels.winograd.gradient(
                    dy.base + image * dy.shape.perImage + outputs.lowerBound,
                    outputWindow,
                    part,
                    outputs.count,
                    WinogradKernels.Planes(
                        base: Z + done * outputs.count,
                        planeStride: gradientPlane,
                        width: outputs.count,
                        stripStride: 0
                    ),
                    patch
                )
            }
            for plane in 0..<Self.planes {
                kernels.gemm.multiply(
                    GemmKernels.Product(
                        M: outputs.count,
                        N: inputs.count,
                        K: tiles.count,
                        A: Z + plane * gradientPlane,
                        rowStride: 1,
                        columnStride: outputs.count,
                        B: V + plane * inputPlane,
                        stripStride: B * width,
                        C: sums + plane * outputs.count * inputs.count,
                        ldc: inputs.count,
                        adding: adding
                    )
                )
            }
            adding = true
            tile = tiles.upperBound
        }
    }
}
