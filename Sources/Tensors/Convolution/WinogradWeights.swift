import KernelTable

/// The weight gradient of the 3×3 convolution: Gᵀ[Σ (A dY Aᵀ) ⊙ (Bᵀ d B)]G, summed over all tiles.
///
/// A task owns a block of output × input channels of one fixed group of images and passes over its
/// tiles a block at a time: transforms both maps' channels, then adds 36 products [outputs][tiles] ·
/// [tiles][inputs] to its own sums. Groups are added in order. Limited by the products, and in wide
/// layers by transforming each map once for every block of the other's channels.
struct WinogradWeights: Sendable {
    let geometry: ConvolutionGeometry
    let threads: Int

    private static let planes = WinogradConvolution.planes
    /// Channels of a block, at most.
    private static let blockChannels = 128
    /// Tasks that the work is cut into, to occupy machines of many cores.
    private static let tasks = 16
    /// Tiles of a pass.
    private static let blockTiles = 64
    /// Channels to which strips are filled up: the widest strip of any instruction set.
    private static let widest = 32

    private var tilesPerImage: Int { (geometry.output.H + 3) / 4 * ((geometry.output.W + 3) / 4) }
    private var outputBlocks: Int { blocks(geometry.output.C) }
    private var inputBlocks: Int { blocks(geometry.input.C) }
    private var sums: Int { Self.planes * geometry.output.C * geometry.input.C }

    private func blocks(_ C: Int) -> Int { (C + Self.blockChannels - 1) / Self.blockChannels }

    /// Groups of images for a batch of N; fixed by the extents.
    private func groups(_ N: Int) -> Int {
        min(N, max(1, Self.tasks / (outputBlocks * inputBlocks)))
    }

    private var workerFloats: Int {
        let channels = Self.blockChannels + Self.blockChannels + Self.widest
        return Self.planes * (Self.blockTiles + 1) * channels
    }

    var scratch: Int { threads * workerFloats + groups(geometry.input.N) * sums }

    func backwardWeights(
        _ x: Tensor,
        _ dy: Tensor,
        dweights: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let groups = groups(x.shape.N)
        let partials = scratch + threads * workerFloats
        pool.parallelFor(groups * outputBlocks * inputBlocks) { task, worker in
            let (group, block) = task.quotientAndRemainder(dividingBy: outputBlocks * inputBlocks)
            let (o, i) = block.quotientAndRemainder(dividingBy: inputBlocks)
            let N = x.shape.N
            sumBlock(
                x,
                dy,
                images: group * N / groups..<(group + 1) * N / groups,
                outputs: range(o, geometry.output.C),
                inputs: range(i, geometry.input.C),
                into: partials + group * sums,
                scratch: scratch + worker * workerFloats,
                pool.kernels
            )
        }
        let (I, O) = (geometry.input.C, geometry.output.C)
        let kernels = pool.kernels
        pool.parallelFor(O) { o, _ in
            for group in 0..<groups {
                let planes = partials + group * sums + o * I
                kernels.winograd.weights(planes, O * I, I, dweights + o * 9 * I)
            }
        }
    }

    private func range(_ block: Int, _ C: Int) -> Range<Int> {
        block * Self.blockChannels..<min(C, (block + 1) * Self.blockChannels)
    }

    /// Sums of one task, [36][O][I] of which it owns the block.
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
        let (I, O) = (geometry.input.C, geometry.output.C)
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
        outputWindow.C = O
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
                        C: sums + (plane * O + outputs.lowerBound) * I + inputs.lowerBound,
                        ldc: I,
                        adding: adding
                    )
                )
            }
            adding = true
            tile = tiles.upperBound
        }
    }
}
