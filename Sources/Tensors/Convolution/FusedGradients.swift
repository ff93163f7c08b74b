import KernelTable

/// Both gradients of a pointwise convolution behind which a batch norm stands, or the weights' alone of any, from one pass over
/// the norm's.
///
/// The gradient of the norm's input, which is the convolution's output, is written a step at a time to a buffer in the
/// second cache, and both products read it there; alone, each pass would carry it to memory and back. Sums have the same
/// order as those of `addLong`. A norm that was deferred to this convolution gets the sums of its gradient, and a gate its
/// gradient, of each step while it is in cache.
extension ColumnWeights {
    /// Whether a slice has groups of images for enough tasks; the products of fewer are better cut by channels.
    ///
    /// The gradient of the input is that of the columns, which are pixels in pointwise convolutions alone.
    func fusesBackward(inputGradient: Bool) -> Bool {
        (geometry.isPointwise || !inputGradient) && !isShort(sliceImages)
            && groups(sliceImages) == Self.tasks
    }

    /// Floats of one thread's packed columns, of its rows of the gradient and of those that a norm is applied to.
    private var fusedFloats: (packed: Int, gradient: Int, normalised: Int) {
        let pixels = columns.columnFloats / max(geometry.taps, 1)
        let width = isTransposed ? geometry.output.C : geometry.taps
        return (
            pixels * (width + Self.widest),
            pixels * geometry.output.C,
            columns.columnFloats
        )
    }

    /// Whether the gradient of the weights is computed as [taps][O], so that the gradient of the output is packed.
    ///
    /// It is where it is narrower than the columns, but for products so wide that they pack both.
    private var isTransposed: Bool {
        geometry.taps > geometry.output.C && geometry.output.C < Self.widestPacked
    }

    private static let widestPacked = 128

    /// Floats of all threads' areas.
    private var fusedWorkers: Int {
        let floats = fusedFloats
        return columns.threads * (floats.packed + floats.gradient + floats.normalised)
    }

    var scratchOfFused: Int {
        waitingFloats + fusedWorkers + Self.tasks * geometry.weights
            + columns.steps(sliceImages, groups: Self.tasks) * 2 * geometry.taps
            + sliceImages * columns.bands * geometry.taps
    }

    /// - Parameters:
    ///   - filters: as for `ColumnConvolution.backwardData`.
    ///   - dx: overwritten with the gradient of `x`.
    func backwardFused(
        _ x: ConvolutionInput,
        _ dy: NormInputGradient,
        _ slices: Slices,
        _ dweights: UnsafeMutablePointer<Float>,
        filters: UnsafePointer<Float>?,
        _ dx: Tensor?,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        precondition(
            slices.count <= self.slices && slices.total == x.maps.shape.N
                && slices.images.allSatisfy { $0.count <= sliceImages },
            "planned for \(self.slices) slices of \(sliceImages) images, not for \(slices.images)"
        )
        let working = scratch + waitingFloats
        func place(_ level: Int) -> UnsafeMutablePointer<Float> {
            level == 0 ? dweights : scratch + (level - 1) * geometry.weights
        }
        Slices.addTree(
            0..<slices.count,
            compute: { leaf, level, _ in
                addFused(
                    x,
                    dy,
                    leaf.lowerBound,
                    slices.images[leaf.lowerBound],
                    place(level),
                    filters,
                    dx,
                    working,
                    pool
                )
            },
            add: { addFloats(place($0), place($1), geometry.weights, pool) }
        )
    }

    /// The same for the images of one slice.
    private func addFused(
        _ x: ConvolutionInput,
        _ dy: NormInputGradient,
        _ slice: Int,
        _ images: Range<Int>,
        _ dweights: UnsafeMutablePointer<Float>,
        _ filters: UnsafePointer<Float>?,
        _ dx: Tensor?,
        _ scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let g = geometry
        guard !images.isEmpty else { return dweights.update(repeating: 0, count: g.weights) }
        let kernels = pool.kernels
        let gemm = kernels.gemm
        let (taps, O, N) = (g.taps, g.output.C, images.count)
        let groups = groups(N)
        let floats = fusedFloats
        let partials = scratch + fusedWorkers
        let normSums = partials + Self.tasks * g.weights
        let steps = columns.steps(before: groups, of: groups, N)
        let gateSums = normSums + steps * 2 * taps
        pool.parallelFor(groups) { group, worker in
            let own =
                images.lowerBound + group * N / groups..<images.lowerBound + (group + 1) * N
                / groups
            let packed =
                scratch + worker * (floats.packed + floats.gradient + floats.normalised)
            let gradient = packed + floats.packed
            let before = columns.steps(before: group, of: groups, N)
            for index in 0..<columns.steps(own.count) {
                let step = columns.step(index, of: own)
                let pixels = step.pixels
                dy.write(pixels, to: gradient)
                let next =
                    index + 1 < columns.steps(own.count)
                    ? columns.step(index + 1, of: own).pixels : 0..<0
                // The widest maps that the next step reads, one beside each product.
                let later = (
                    weights: g.isPointwise && taps > O ? x.floats(next) : dy.rows(next).x,
                    data: dy.rows(next).dy
                )
                let matrix = columns.columns(x, step, gradient + floats.gradient, kernels)
                let (A, B) =
                    isTransposed
                    ? (matrix, UnsafePointer(gradient)) : (UnsafePointer(gradient), matrix)
                let (M, N) = isTransposed ? (taps, O) : (O, taps)
                gemm.pack(B, N, 1, step.count, N, packed)
                gemm.multiply(
                    GemmKernels.Product(
                        M: M,
                        N: N,
                        K: step.count,
                        A: A,
                        rowStride: 1,
                        columnStride: M,
                        B: packed,
                        stripStride: step.count * gemm.width,
                        C: partials + group * g.weights,
                        ldc: N,
                        adding: index > 0,
                        later: later.weights
                    )
                )
                guard let dx, let filters else { continue }
                gemm.multiply(
                    GemmKernels.Product(
                        M: step.count,
                        N: taps,
                        K: O,
                        A: gradient,
                        rowStride: O,
                        columnStride: 1,
                        B: filters,
                        stripStride: O * gemm.width,
                        C: dx.base + step.first * taps,
                        ldc: taps,
                        adding: false,
                        later: later.data
                    )
                )
                let sums = normSums + (before + index) * 2 * taps
                x.norm?.takeSums(x.maps, dx, pixels, into: sums, kernels.rows)
                guard let gate = x.gate else { continue }
                for (index, image) in step.images.enumerated() {
                    let place = (image - images.lowerBound) * columns.bands + step.band
                    let sums = gateSums + place * taps
                    gate.takeGradient(x.maps, dx, step.pixels(index), into: sums, kernels.channels)
                }
            }
        }
        x.norm?.combine(normSums, count: steps, slice: slice, pool)
        x.gate?.combine(gateSums, images: images, bands: columns.bands, kernels.flat)
        pool.parallelRanges(O, grain: max(1, (1 << 14) / taps)) { outputs, _ in
            for output in outputs {
                let to = dweights + output * taps
                let from = partials + (isTransposed ? output : output * taps)
                for group in 0..<groups {
                    let own = from + group * g.weights
                    if isTransposed {
                        for tap in 0..<taps {
                            to[tap] = group == 0 ? own[tap * O] : to[tap] + own[tap * O]
                        }
                    } else if group == 0 {
                        to.update(from: own, count: taps)
                    } else {
                        kernels.flat.add(to, own, taps)
                    }
                }
            }
        }
    }
}
