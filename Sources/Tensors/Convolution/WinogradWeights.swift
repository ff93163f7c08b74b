import KernelTable

/// The weight gradient of the 3×3 convolution: Gᵀ[Σ (A dY Aᵀ) ⊙ (Bᵀ d B)]G, summed over all tiles of a
/// slice, and over the slices in their tree.
///
/// A slice of few tiles is done in blocks of channels whose sums stay in cache
/// (`WinogradWeights+Blocks.swift`), which its transformed maps fit beside. For one of many, all threads
/// transform a block of both maps' tiles, then add 36 products [outputs][tiles] · [tiles][inputs] to their
/// sums; at the end the sums are turned into the gradient. The blocks' tiles, which are the order of the
/// sums, are fixed by the extents. Limited by the products, in narrow layers by the transforms, and where
/// a slice has few blocks of tiles by the sums' way to memory and back.
struct WinogradWeights: SlicedWeights {
    let geometry: ConvolutionGeometry
    let slices: Int
    let threads: Int

    static let planes = WinogradConvolution.planes
    /// Tiles of a block: enough to be worth a visit of the sums, few enough that both maps' transforms
    /// stay in the last cache.
    static let blockTiles = 128
    /// Channels to which strips are filled up: the widest strip of any instruction set.
    static let widest = 32

    var tilesPerImage: Int { WinogradConvolution.tiles(geometry.output).count }

    /// Tiles of the largest slice.
    var sliceTiles: Int { sliceImages * tilesPerImage }

    /// Distances between the planes of the inputs, of the outputs' gradients and of the sums.
    private struct Plan {
        var tiles, V, Z, sums: Int
    }

    private func plan(_ N: Int) -> Plan {
        let (I, O) = (geometry.input.C, geometry.output.C)
        let tiles = min(N * tilesPerImage, Self.blockTiles)
        let filled = (I + Self.widest - 1) / Self.widest * Self.widest
        return Plan(
            tiles: tiles,
            V: WinogradConvolution.spread(filled * tiles),
            Z: WinogradConvolution.spread(O * tiles),
            sums: WinogradConvolution.spread(O * I)
        )
    }

    var scratch: Int {
        let plan = plan(geometry.input.N)
        let long =
            sliceTiles > Self.blockTiles ? Self.planes * (plan.V + plan.Z + plan.sums) : 0
        return waitingFloats + max(long, blocksScratch)
    }

    /// Where a block's transformed maps and the sums lie.
    private struct Maps {
        var V, Z, sums: UnsafeMutablePointer<Float>
    }

    /// The gradient of a slice of many tiles.
    func addLong(
        _ x: Tensor,
        _ dy: Tensor,
        _ dweights: UnsafeMutablePointer<Float>,
        _ scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let (I, O) = (geometry.input.C, geometry.output.C)
        let plan = plan(x.shape.N)
        let V = scratch
        let Z = V + Self.planes * plan.V
        let maps = Maps(V: V, Z: Z, sums: Z + Self.planes * plan.Z)
        let total = x.shape.N * tilesPerImage
        let grain = max(4, plan.tiles / (8 * threads))
        for first in stride(from: 0, to: total, by: plan.tiles) {
            let count = min(plan.tiles, total - first)
            pool.parallelRanges(count, grain: grain) { part, _ in
                let tiles = first + part.lowerBound..<first + part.upperBound
                transform(tiles, at: part.lowerBound, x, dy, plan, maps, pool.kernels)
            }
            addProducts(count, plan, maps, adding: first > 0, pool)
        }
        pool.parallelFor(O) { o, _ in
            let to = dweights + o * 9 * I
            pool.kernels.winograd.weights(maps.sums + o * I, plan.sums, I, I, false, to)
        }
    }

    /// Transforms `tiles` of both maps to the tiles from `place` on of the block.
    private func transform(
        _ tiles: Range<Int>,
        at place: Int,
        _ x: Tensor,
        _ dy: Tensor,
        _ plan: Plan,
        _ maps: Maps,
        _ kernels: KernelTable
    ) {
        let O = geometry.output.C
        let width = kernels.gemm.width
        let inputs = WinogradKernels.Planes(
            base: maps.V + place * width,
            planeStride: plan.V,
            width: width,
            stripStride: plan.tiles * width
        )
        let gradients = WinogradKernels.Planes(
            base: maps.Z + place * O,
            planeStride: plan.Z,
            width: O,
            stripStride: 0
        )
        transform(tiles, x, dy, inputs, gradients, kernels)
    }

    /// Transforms `tiles` of both maps.
    func transform(
        _ tiles: Range<Int>,
        _ x: Tensor,
        _ dy: Tensor,
        _ inputs: WinogradKernels.Planes,
        _ gradients: WinogradKernels.Planes,
        _ kernels: KernelTable
    ) {
        let (I, O) = (geometry.input.C, geometry.output.C)
        var outputWindow = geometry.window
        outputWindow.C = O
        forEachImage(tiles, tilesPerImage) { image, part, done in
            var (V, Z) = (inputs, gradients)
            V.base += done * V.width
            Z.base += done * Z.width
            let from = x.base + image * x.shape.perImage
            kernels.winograd.input(from, geometry.window, part, I, V)
            let gradient = dy.base + image * dy.shape.perImage
            kernels.winograd.gradient(gradient, outputWindow, part, O, Z)
        }
    }

    /// Adds the products of the first `count` tiles of a block; each task has some rows of a plane.
    private func addProducts(
        _ count: Int,
        _ plan: Plan,
        _ maps: Maps,
        adding: Bool,
        _ pool: ThreadPool
    ) {
        let (I, O) = (geometry.input.C, geometry.output.C)
        let width = pool.kernels.gemm.width
        let parts = WinogradConvolution.partsOfPlane(threads)
        pool.parallelFor(Self.planes * parts) { task, _ in
            let (plane, part) = task.quotientAndRemainder(dividingBy: parts)
            let rows = part * O / parts..<(part + 1) * O / parts
            pool.kernels.gemm.multiply(
                GemmKernels.Product(
                    M: rows.count,
                    N: I,
                    K: count,
                    A: maps.Z + plane * plan.Z + rows.lowerBound,
                    rowStride: 1,
                    columnStride: O,
                    B: maps.V + plane * plan.V,
                    stripStride: plan.tiles * width,
                    C: maps.sums + plane * plan.sums + rows.lowerBound * I,
                    ldc: I,
                    adding: adding
                )
            )
        }
    }
}
