import KernelTable

/// The weight gradient of the 3×3 convolution: Gᵀ[Σ (A dY Aᵀ) ⊙ (Bᵀ d B)]G, summed over all tiles of a
/// slice, and over the slices in their tree.
///
/// A slice of few tiles is done in blocks of channels whose sums stay in cache
/// (`addInBlocks`), which its transformed maps fit beside. For one of many, all threads
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
    private func transform(
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

/// Slices of few tiles, several at a time.
///
/// All threads transform both maps of all the slices, which then lie in the last cache. A task has a block
/// of outputs and inputs: for each slice its 36 products go to sums in the second cache, and from there
/// to the block's gradient, in which the slices are added. Limited by the products and by reading the maps
/// for them.
extension WinogradWeights {
    /// Floats of transformed maps that several slices may have together.
    private static let mapLimit = 1 << 22
    /// Outputs and inputs of a block, at most: its sums and maps fill a second cache.
    private static let blockOutputs = 32
    private static let blockInputs = 32

    /// Extents of a block and distances between slices' maps, their planes, and a block's planes.
    private struct BlockPlan {
        var outputs, tiles: Int
        var V, Z, sliceV, sliceZ: Int
        var sums: Int
    }

    private func blockPlan(tiles: Int) -> BlockPlan {
        let (I, O) = (geometry.input.C, geometry.output.C)
        let inputBlocks = (I + Self.blockInputs - 1) / Self.blockInputs
        var outputs = Self.blockOutputs
        // Many threads want more tasks than narrow layers have blocks of this size.
        while outputs > 16, (O + outputs - 1) / outputs * inputBlocks < 4 * threads { outputs /= 2 }
        let filledI = (I + Self.widest - 1) / Self.widest * Self.widest
        let filledO = (O + outputs - 1) / outputs * outputs
        let V = WinogradConvolution.spread(filledI * tiles)
        let Z = WinogradConvolution.spread(filledO * tiles)
        return BlockPlan(
            outputs: outputs,
            tiles: tiles,
            V: V,
            Z: Z,
            sliceV: Self.planes * V,
            sliceZ: Self.planes * Z,
            sums: outputs * Self.blockInputs + 16
        )
    }

    /// Floats of a thread's sums and of the places where slices of a block wait.
    private func workerFloats(_ plan: BlockPlan, _ slices: Int) -> Int {
        Self.planes * plan.sums + BlockPlaces.count(slices) * plan.outputs * 9 * Self.blockInputs
    }

    private var blocksScratch: Int {
        let plan = blockPlan(tiles: min(sliceTiles, Self.blockTiles))
        let one = plan.sliceV + plan.sliceZ
        return max(one, min(Self.mapLimit, slices * one)) + threads * workerFloats(plan, slices)
    }

    private func tiles(_ leaf: Range<Int>, _ slices: Slices) -> Int {
        slices.images[leaf].reduce(0) { max($0, $1.count) } * tilesPerImage
    }

    func fitsBlocks(_ leaf: Range<Int>, _ slices: Slices) -> Bool {
        let tiles = tiles(leaf, slices)
        if tiles > Self.blockTiles { return false }
        let plan = blockPlan(tiles: tiles)
        return leaf.count == 1 || leaf.count * (plan.sliceV + plan.sliceZ) <= Self.mapLimit
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
        let plan = blockPlan(tiles: tiles(leaf, slices))
        let V = scratch
        let Z = V + leaf.count * plan.sliceV
        let workers = Z + leaf.count * plan.sliceZ
        transform(x, dy, slices, leaf, plan, V, Z, pool)

        let (I, O) = (geometry.input.C, geometry.output.C)
        let inputBlocks = (I + Self.blockInputs - 1) / Self.blockInputs
        let outputBlocks = (O + plan.outputs - 1) / plan.outputs
        let counts = slices.images[leaf].map { $0.count * tilesPerImage }
        pool.parallelFor(outputBlocks * inputBlocks) { task, thread in
            let (row, column) = task.quotientAndRemainder(dividingBy: inputBlocks)
            let outputs = row * plan.outputs..<min(O, (row + 1) * plan.outputs)
            let inputs = column * Self.blockInputs..<min(I, (column + 1) * Self.blockInputs)
            let sums = workers + thread * workerFloats(plan, self.slices)
            let places = BlockPlaces(
                base: dweights + outputs.lowerBound * 9 * I + inputs.lowerBound,
                distance: I,
                waiting: sums + Self.planes * plan.sums,
                rows: 9 * outputs.count,
                columns: inputs.count,
                isDirect: leaf.count == 1
            )
            Slices.addTree(
                0..<leaf.count,
                addsLeaves: true,
                compute: { slice, level, adding in
                    let index = slice.lowerBound
                    let place = places[level]
                    multiply(
                        V + index * plan.sliceV,
                        Z + index * plan.sliceZ,
                        counts[index],
                        plan,
                        outputs,
                        inputs,
                        sums,
                        pool.kernels.gemm
                    )
                    for o in 0..<outputs.count {
                        pool.kernels.winograd.weights(
                            sums + o * Self.blockInputs,
                            plan.sums,
                            inputs.count,
                            place.distance,
                            adding,
                            place.base + o * 9 * place.distance
                        )
                    }
                },
                add: { places.add($0, $1, pool.kernels.flat) }
            )
            places.finish()
        }
    }

    /// Transforms both maps of the slices `leaf`.
    private func transform(
        _ x: Tensor,
        _ dy: Tensor,
        _ slices: Slices,
        _ leaf: Range<Int>,
        _ plan: BlockPlan,
        _ V: UnsafeMutablePointer<Float>,
        _ Z: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let width = pool.kernels.gemm.width
        let grain = max(4, leaf.count * plan.tiles / (8 * threads))
        let parts = (plan.tiles + grain - 1) / grain
        pool.parallelFor(leaf.count * parts) { task, _ in
            let (index, part) = task.quotientAndRemainder(dividingBy: parts)
            let images = slices.images[leaf.lowerBound + index]
            let all = 0..<images.count * tilesPerImage
            let tiles = (part * grain..<(part + 1) * grain).clamped(to: all)
            if tiles.isEmpty { return }
            let inputs = WinogradKernels.Planes(
                base: V + (index * plan.sliceV + tiles.lowerBound * width),
                planeStride: plan.V,
                width: width,
                stripStride: plan.tiles * width
            )
            let gradients = WinogradKernels.Planes(
                base: Z + (index * plan.sliceZ + tiles.lowerBound * plan.outputs),
                planeStride: plan.Z,
                width: plan.outputs,
                stripStride: plan.tiles * plan.outputs
            )
            let (x, dy) = (x.images(images), dy.images(images))
            transform(tiles, x, dy, inputs, gradients, pool.kernels)
        }
    }

    /// The 36 products of a slice for a block of channels.
    private func multiply(
        _ V: UnsafePointer<Float>,
        _ Z: UnsafePointer<Float>,
        _ tiles: Int,
        _ plan: BlockPlan,
        _ outputs: Range<Int>,
        _ inputs: Range<Int>,
        _ sums: UnsafeMutablePointer<Float>,
        _ gemm: GemmKernels
    ) {
        for plane in 0..<Self.planes {
            gemm.multiply(
                GemmKernels.Product(
                    M: outputs.count,
                    N: inputs.count,
                    K: tiles,
                    A: Z + (plane * plan.Z + outputs.lowerBound * plan.tiles),
                    rowStride: 1,
                    columnStride: plan.outputs,
                    B: V + (plane * plan.V + inputs.lowerBound * plan.tiles),
                    stripStride: plan.tiles * gemm.width,
                    C: sums + plane * plan.sums,
                    ldc: Self.blockInputs,
                    adding: false
                )
            )
        }
    }
}
