import KernelTable

/// The steps of both directions, block by block.
extension WinogradConvolution {
    /// What the steps of one call work on.
    private struct Call {
        var x, y: Tensor
        var filters: UnsafePointer<Float>
        var finish: Finish
        var notes: MomentNotes?
        var plan: Plan
        var kernels: KernelTable
    }

    /// Where a block's transformed maps lie.
    private struct Maps {
        var V, M: UnsafeMutablePointer<Float>
    }

    /// y = convolution of x with transformed filters.
    func convolve(
        _ x: Tensor,
        _ d: Direction,
        _ filters: UnsafePointer<Float>,
        _ finish: Finish,
        _ y: Tensor,
        _ notes: MomentNotes?,
        _ scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let plan = plan(d, x.shape.N)
        let call = Call(
            x: x,
            y: y,
            filters: filters,
            finish: finish,
            notes: notes,
            plan: plan,
            kernels: pool.kernels
        )
        let mapFloats = Self.planes * (plan.V + plan.M)
        let total = x.shape.N * d.tilesPerImage
        let strips = pool.kernels.gemm.strips(d.O)
        guard plan.shared else {
            pool.parallelRanges(total, grain: plan.tiles) { tiles, thread in
                let V = scratch + thread * mapFloats
                let own = Maps(V: V, M: V + Self.planes * plan.V)
                transform(tiles, at: 0, call, d, own)
                for plane in 0..<Self.planes {
                    multiply(plane, strips: 0..<strips, tiles.count, call, d, own)
                }
                write(tiles, at: 0, call, d, own)
            }
            return
        }
        let common = Maps(V: scratch, M: scratch + Self.planes * plan.V)
        let together = WinogradKernels.notedTiles
        let grain = max(1, plan.tiles / (8 * threads) / together) * together
        let parts = min(strips, Self.partsOfPlane(threads))
        for first in stride(from: 0, to: total, by: plan.tiles) {
            let count = min(plan.tiles, total - first)
            pool.parallelRanges(count, grain: grain) { part, _ in
                let tiles = first + part.lowerBound..<first + part.upperBound
                transform(tiles, at: part.lowerBound, call, d, common)
            }
            pool.parallelFor(Self.planes * parts) { task, _ in
                let (plane, part) = task.quotientAndRemainder(dividingBy: parts)
                let range = part * strips / parts..<(part + 1) * strips / parts
                multiply(plane, strips: range, count, call, d, common)
            }
            pool.parallelRanges(count, grain: grain) { part, _ in
                let tiles = first + part.lowerBound..<first + part.upperBound
                write(tiles, at: part.lowerBound, call, d, common)
            }
        }
    }

    /// Transforms the inputs of `tiles` to the tiles from `place` on of the block.
    private func transform(
        _ tiles: Range<Int>,
        at place: Int,
        _ call: Call,
        _ d: Direction,
        _ maps: Maps
    ) {
        let C = d.window.C
        forEachImage(tiles, d.tilesPerImage) { image, part, done in
            let planes = WinogradKernels.Planes(
                base: maps.V + (place + done) * C,
                planeStride: call.plan.V,
                width: C,
                stripStride: 0
            )
            let from = call.x.base + image * call.x.shape.perImage
            call.kernels.winograd.input(from, d.window, part, C, planes)
        }
    }

    /// One plane's product of the first `count` tiles of a block with some strips of the filters.
    private func multiply(
        _ plane: Int,
        strips: Range<Int>,
        _ count: Int,
        _ call: Call,
        _ d: Direction,
        _ maps: Maps
    ) {
        let gemm = call.kernels.gemm
        let (C, O) = (d.window.C, d.O)
        let stripStride = C * gemm.width
        let filterPlane = Self.filterPlane(C, O)
        let first = strips.lowerBound * gemm.width
        gemm.multiply(
            GemmKernels.Product(
                M: count,
                N: min(O, strips.upperBound * gemm.width) - first,
                K: C,
                A: maps.V + plane * call.plan.V,
                rowStride: C,
                columnStride: 1,
                B: call.filters + (plane * filterPlane + strips.lowerBound * stripStride),
                stripStride: stripStride,
                C: maps.M + plane * call.plan.M + first,
                ldc: O,
                adding: false
            )
        )
    }

    /// Transforms the tiles from `place` on of the block to the outputs of `tiles`.
    private func write(
        _ tiles: Range<Int>,
        at place: Int,
        _ call: Call,
        _ d: Direction,
        _ maps: Maps
    ) {
        forEachImage(tiles, d.tilesPerImage) { image, part, done in
            let planes = WinogradKernels.Planes(
                base: maps.M + (place + done) * d.O,
                planeStride: call.plan.M,
                width: d.O,
                stripStride: 0
            )
            let start = image * call.y.shape.perImage
            let last = call.finish.advanced(by: start)
            call.kernels.winograd.output(
                planes,
                last,
                d.outputWindow,
                part,
                call.y.base + start,
                call.notes?.image(image)
            )
        }
    }
}

/// Cuts a range of tiles of the batch into the parts of each image; `done` counts the tiles before.
func forEachImage(
    _ tiles: Range<Int>,
    _ tilesPerImage: Int,
    _ body: (_ image: Int, _ part: Range<Int>, _ done: Int) -> Void
) {
    var tile = tiles.lowerBound
    while tile < tiles.upperBound {
        let image = tile / tilesPerImage
        let first = image * tilesPerImage
        let end = min(tiles.upperBound, first + tilesPerImage)
        body(image, tile - first..<end - first, tile - tiles.lowerBound)
        tile = end
    }
}
