import KernelTable

/// A convolution of several groups, one group after another: its channels are gathered, and the method of an
/// ungrouped convolution computes them.
///
/// Gathering and scattering are memory traffic of two more reads and writes of each map.
struct GroupedConvolution: ConvolutionMethod {
    let geometry: ConvolutionGeometry
    /// The convolution of one group.
    let each: PlainConvolution

    /// Pixels of a task that moves channels.
    private static let pixels = 1 << 10

    var algorithm: String { "groups, \(each.algorithm)" }
    var readsWeights: Bool { each.readsWeights }
    var moments: MomentPlan? { nil }

    private var weightsOfGroup: Int { geometry.weights / geometry.groups }

    /// Floats of a group's channels of the input and of the output, whole lines of a cache.
    private var inputFloats: Int { filled(geometry.input) }
    private var outputFloats: Int { filled(geometry.output) }

    private func filled(_ maps: Shape) -> Int { (maps.count / geometry.groups + 15) / 16 * 16 }

    var scratch: Int { inputFloats + outputFloats + each.scratch }

    // MARK: Forward

    var forwardFilters: Int { geometry.groups * each.forwardFilters }

    func prepareForward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        for group in 0..<geometry.groups {
            each.prepareForward(
                weights + group * weightsOfGroup,
                into: filters + group * each.forwardFilters,
                pool
            )
        }
    }

    func forward(
        _ x: ConvolutionInput,
        filters: UnsafePointer<Float>,
        finish: Finish,
        _ y: Tensor,
        notes: RecordedMoments?,
        slices: Slices?,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let step = readsWeights ? weightsOfGroup : each.forwardFilters
        let x = x.maps
        let (own, ownY) = places(scratch, x.shape.N)
        for group in 0..<geometry.groups {
            gather(x, group, own, pool)
            each.forward(
                ConvolutionInput(maps: own),
                filters: filters + group * step,
                finish: Finish(),
                ownY,
                notes: nil,
                slices: slices,
                scratch: scratch + inputFloats + outputFloats,
                pool
            )
            scatter(ownY, group, y, pool)
        }
        pool.parallelRanges(y.shape.pixels, grain: Self.pixels) { rows, _ in
            let start = rows.lowerBound * y.shape.C
            finish.advanced(by: start).apply(y.base + start, rows.count, y.shape.C, pool.kernels)
        }
    }

    // MARK: Backward

    var backwardFilters: Int { geometry.groups * each.backwardFilters }

    func prepareBackward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        for group in 0..<geometry.groups {
            each.prepareBackward(
                weights + group * weightsOfGroup,
                into: filters + group * each.backwardFilters,
                pool
            )
        }
    }

    func backwardData(
        _ dy: Tensor,
        filters: UnsafePointer<Float>,
        _ dx: Tensor,
        slices: Slices?,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let step = readsWeights ? weightsOfGroup : each.backwardFilters
        let (own, ownY) = places(scratch, dx.shape.N)
        for group in 0..<geometry.groups {
            gather(dy, group, ownY, pool)
            each.backwardData(
                ownY,
                filters: filters + group * step,
                own,
                slices: slices,
                scratch: scratch + inputFloats + outputFloats,
                pool
            )
            scatter(own, group, dx, pool)
        }
    }

    func backwardWeights(
        _ x: Tensor,
        _ dy: Tensor,
        _ slices: Slices,
        _ dweights: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let (own, ownY) = places(scratch, x.shape.N)
        for group in 0..<geometry.groups {
            gather(x, group, own, pool)
            gather(dy, group, ownY, pool)
            each.backwardWeights(
                own,
                ownY,
                slices,
                dweights + group * weightsOfGroup,
                scratch: scratch + inputFloats + outputFloats,
                pool
            )
        }
    }

    // MARK: Channels of a group

    /// Where a group's channels of `N` images of the input and of the output lie.
    private func places(_ scratch: UnsafeMutablePointer<Float>, _ N: Int) -> (Tensor, Tensor) {
        var (x, y) = (geometry.input.with(N: N), geometry.output.with(N: N))
        x.C /= geometry.groups
        y.C /= geometry.groups
        return (Tensor(scratch, x), Tensor(scratch + inputFloats, y))
    }

    private func gather(_ all: Tensor, _ group: Int, _ own: Tensor, _ pool: ThreadPool) {
        let (C, part) = (all.shape.C, own.shape.C)
        pool.parallelRanges(all.shape.pixels, grain: Self.pixels) { rows, _ in
            for row in rows {
                (own.base + row * part).update(from: all.base + row * C + group * part, count: part)
            }
        }
    }

    private func scatter(_ own: Tensor, _ group: Int, _ all: Tensor, _ pool: ThreadPool) {
        let (C, part) = (all.shape.C, own.shape.C)
        pool.parallelRanges(all.shape.pixels, grain: Self.pixels) { rows, _ in
            for row in rows {
                (all.base + row * C + group * part).update(from: own.base + row * part, count: part)
            }
        }
    }
}
