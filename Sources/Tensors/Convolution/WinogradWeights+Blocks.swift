import KernelTable

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

    var blocksScratch: Int {
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
