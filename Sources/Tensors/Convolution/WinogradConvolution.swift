import KernelTable

/// 3×3 convolution of stride 1 by Winograd's F(4×4, 3×3): Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A, where ⊙ sums
/// over the input channels, so it is 36 matrix products with 36/144 of the direct multiplications.
///
/// Forward, and backward to the data with rotated filters: the filters are transformed beforehand; the
/// inputs of a block of tiles are transformed into 36 panels that stay in cache, multiplied, and the
/// outputs transformed. Where the last cache holds the filters, each thread has small blocks of its own;
/// where it does not, all threads work on one large block, so that the filters are read from memory once
/// for all and for many tiles. Rows of the products are tiles, so a tile's bits depend on nothing but itself,
/// and blocks may be cut to fit the threads. Limited by the products in deep layers, and by the transforms,
/// which are memory traffic, where channels are few.
struct WinogradConvolution: Sendable {
    let geometry: ConvolutionGeometry
    let threads: Int

    /// Pixels of a tile's side in the output.
    static let tileSide = 4
    /// Products of the transform.
    static let planes = 36
    /// The widest strip of any instruction set.
    private static let widest = 32
    /// Rows that the products take at a time.
    private static let rowsOfProducts = 12
    /// Tiles of a block that threads share: enough to be worth reading all filters.
    private static let sharedTiles = 132
    /// Floats of filters, transformed, that the last cache holds beside the maps of threads' own blocks.
    private static let cachedFilters = 1 << 22

    /// Whether the method applies and was measured to beat im2col.
    ///
    /// Where tiles hang far over the border (maps of 1, 2, 3, 5, 6 and 9 pixels a side), or channels do not
    /// fill a register (photos), transforms eat the gain. The rule looks at neither the batch nor the
    /// processor, so that a layer computes the same everywhere.
    static func pays(for g: ConvolutionGeometry) -> Bool {
        guard g.kernel == 3, g.stride == 1, g.top == g.left, g.top <= 2, g.input.C >= 8 else {
            return false
        }
        return g.output.H * g.output.W >= 10 * tiles(g.output).count
    }

    /// The tiles of an output map, and how many of them are side by side.
    static func tiles(_ y: Shape) -> (across: Int, count: Int) {
        let across = (y.W + tileSide - 1) / tileSide
        return (across, across * ((y.H + tileSide - 1) / tileSide))
    }

    /// One of the two directions: maps of `window` extents to maps of O channels.
    private struct Direction {
        /// Input extents H, W, C and output extents OH, OW.
        var window: Window
        var O: Int
        /// The output's extents as the output transform takes them.
        var outputWindow: Window
        var tilesPerImage: Int
    }

    private var forwardDirection: Direction {
        direction(from: geometry.input, to: geometry.output, padding: geometry.top)
    }

    private var backwardDirection: Direction {
        direction(from: geometry.output, to: geometry.input, padding: 2 - geometry.top)
    }

    private func direction(from x: Shape, to y: Shape, padding: Int) -> Direction {
        let window = Window(
            H: x.H,
            W: x.W,
            C: x.C,
            kernel: 3,
            stride: 1,
            top: padding,
            left: padding,
            OH: y.H,
            OW: y.W
        )
        var outputWindow = window
        outputWindow.C = y.C
        return Direction(
            window: window,
            O: y.C,
            outputWindow: outputWindow,
            tilesPerImage: Self.tiles(y).count
        )
    }

    /// How a batch's tiles are dealt out.
    private struct Plan {
        /// Tiles of a block.
        var tiles: Int
        /// Whether all threads work on one block at a time, because the filters fill the last cache, rather
        /// than each on its own.
        var shared: Bool
        /// Distance between the planes of the inputs and of the outputs.
        var V, M: Int
    }

    /// Whether the last cache does not hold the filters.
    private var fillsCache: Bool {
        Self.planes * geometry.input.C * geometry.output.C > Self.cachedFilters
    }

    private func plan(_ d: Direction, _ N: Int) -> Plan {
        let shared = fillsCache
        let own = max((1 << 18) / (Self.planes * (d.window.C + d.O)), 24)
        let wanted = shared ? max(Self.sharedTiles, 24 * threads) : own * threads
        let total = N * d.tilesPerImage
        let rounds = max(1, (total + wanted - 1) / wanted)
        let blocks = shared ? rounds : rounds * threads
        let rows = Self.rowsOfProducts
        let tiles = max(rows, ((total + blocks - 1) / blocks + rows - 1) / rows * rows)
        return Plan(
            tiles: tiles,
            shared: shared,
            V: Self.spread(tiles * d.window.C),
            M: Self.spread(tiles * d.O)
        )
    }

    /// Tasks that the threads make of a plane's product.
    static func partsOfPlane(_ threads: Int) -> Int { max(1, threads / 8) }

    /// A distance between planes that puts the same tile of all planes into different sets of a cache.
    static func spread(_ floats: Int) -> Int { (floats + 1023) / 1024 * 1024 + 16 }

    /// Floats of the filters, transformed for the forward pass.
    var forwardFilters: Int {
        Self.planes * Self.filterPlane(geometry.input.C, geometry.output.C)
    }

    /// Floats of the filters, rotated and transformed for the backward pass.
    var backwardFilters: Int {
        Self.planes * Self.filterPlane(geometry.output.C, geometry.input.C)
    }

    /// Distance between the planes of filters from C to O channels.
    static func filterPlane(_ C: Int, _ O: Int) -> Int { spread(filled(O) * C) }

    /// Channels with strips filled up.
    private static func filled(_ C: Int) -> Int { (C + widest - 1) / widest * widest }

    private func scratch(_ d: Direction) -> Int {
        let plans = (1...max(geometry.input.N, 1)).map { plan(d, $0) }
        let blocks = plans.map { ($0.shared ? 1 : threads) * Self.planes * ($0.V + $0.M) }
        return blocks.max() ?? 0
    }

    var scratch: Int { max(scratch(forwardDirection), scratch(backwardDirection)) }

    // MARK: Forward

    func prepareForward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let (I, O) = (geometry.input.C, geometry.output.C)
        let kernels = pool.kernels
        let plane = Self.filterPlane(I, O)
        pool.parallelFor(kernels.gemm.strips(O)) { strip, _ in
            let to = filters + strip * I * kernels.gemm.width
            kernels.winograd.filter(weights, O, I, strip, plane, fillsCache, to)
        }
    }

    func forward(
        _ x: Tensor,
        filters: UnsafePointer<Float>,
        finish: Finish,
        _ y: Tensor,
        notes: RecordedMoments?,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        convolve(x, forwardDirection, filters, finish, y, notes, scratch, pool)
    }

    // MARK: Backward

    func prepareBackward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let (I, O) = (geometry.input.C, geometry.output.C)
        let kernels = pool.kernels
        let plane = Self.filterPlane(O, I)
        pool.parallelFor(kernels.gemm.strips(I)) { strip, _ in
            let to = filters + strip * O * kernels.gemm.width
            kernels.winograd.rotatedFilter(weights, O, I, strip, plane, fillsCache, to)
        }
    }

    func backwardData(
        _ dy: Tensor,
        filters: UnsafePointer<Float>,
        _ dx: Tensor,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        convolve(dy, backwardDirection, filters, Finish(), dx, nil, scratch, pool)
    }
}

/// The steps of both directions, block by block.
extension WinogradConvolution {
    /// What the steps of one call work on.
    private struct Call {
        var x, y: Tensor
        var filters: UnsafePointer<Float>
        var finish: Finish
        var notes: RecordedMoments?
        var plan: Plan
        var kernels: KernelTable
    }

    /// Where a block's transformed maps lie.
    private struct Maps {
        var V, M: UnsafeMutablePointer<Float>
    }

    /// y = convolution of x with transformed filters.
    private func convolve(
        _ x: Tensor,
        _ d: Direction,
        _ filters: UnsafePointer<Float>,
        _ finish: Finish,
        _ y: Tensor,
        _ notes: RecordedMoments?,
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
            let tasks = TaperedTasks(
                pieces: (total + plan.tiles - 1) / plan.tiles,
                finest: plan.tiles / Self.rowsOfProducts,
                threads: pool.threads
            ).tasks
            pool.parallelFor(tasks.count) { number, thread in
                let tiles = tiles(tasks[number], plan, total)
                guard !tiles.isEmpty else { return }
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

    /// The tiles of a task, of `total`; a block is cut where tiles of the products' rows end.
    private func tiles(_ task: TaperedTasks.Task, _ plan: Plan, _ total: Int) -> Range<Int> {
        let rows = task.share(of: 0..<plan.tiles / Self.rowsOfProducts)
        let first = task.pieces.lowerBound * plan.tiles
        let end = min(total, first + rows.upperBound * Self.rowsOfProducts)
        return min(end, first + rows.lowerBound * Self.rowsOfProducts)..<end
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
