import KernelTable

/// A convolution that computes each channel from the one in its place alone.
///
/// With one multiply-add for each float that is read it is bound by memory. A task is a band of rows that stays in
/// cache: forward, the band is finished there, or its moments are recorded for the batch norm behind it. The
/// gradient of the input is gathered by the pixels that receive it. The gradient of the weights is summed over
/// bands, which are added in order; bands are cut by the geometry and the slices alone.
struct DepthwiseConvolution: ConvolutionMethod {
    let geometry: ConvolutionGeometry
    let slices: Int
    let threads: Int
    /// Rows of a band of the output.
    private let bandRows: Int
    /// Images whose gradients of the weights are summed together; more than one only where a band is a whole image.
    private let sumImages: Int

    /// Floats of a band: a part of the second cache.
    private static let bandFloats = 1 << 16
    /// Output pixels worth sums of the weights' gradients of their own.
    private static let sumPixels = 256

    init(_ geometry: ConvolutionGeometry, slices: Int, threads: Int) {
        self.geometry = geometry
        self.slices = slices
        self.threads = threads
        let y = geometry.output
        // The rows of the input that a row of the output takes are to stay in cache as well.
        let x = geometry.input
        let row = max(y.W * y.C, geometry.stride * x.W * x.C)
        let rows = max(1, min(y.H, Self.bandFloats / max(1, row)))
        // Bands of about equal height.
        let bands = (y.H + rows - 1) / rows
        bandRows = (y.H + bands - 1) / bands
        sumImages = bandRows < y.H ? 1 : max(1, Self.sumPixels / max(1, y.H * y.W))
    }

    var algorithm: String { "depthwise" }
    var readsWeights: Bool { false }
    var moments: MomentPlan? { MomentPlan(bandsOf: geometry.output, rows: bandRows) }

    private var bands: Int { (geometry.output.H + bandRows - 1) / bandRows }

    private func rows(_ band: Int) -> Range<Int> {
        band * bandRows..<min(geometry.output.H, (band + 1) * bandRows)
    }

    private var taps: Int { geometry.kernel * geometry.kernel }

    // MARK: Forward

    var forwardFilters: Int { taps * geometry.input.C }

    /// Brings [C][K][K] into [K][K][C].
    func prepareForward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let (taps, C) = (taps, geometry.input.C)
        for tap in 0..<taps {
            for c in 0..<C { filters[tap * C + c] = weights[c * taps + tap] }
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
        let g = geometry
        let (kernels, window, C) = (pool.kernels, g.window, g.output.C)
        let pixels = PixelRows(kernels: kernels.rows, C: C)
        let count = x.maps.shape.N * bands
        let tasks = TaperedTasks(
            pieces: count,
            grain: grain(count),
            finest: 1,
            threads: pool.threads
        ).tasks
        pool.parallelFor(tasks.count) { number, worker in
            for piece in tasks[number].pieces {
                let (image, band) = piece.quotientAndRemainder(dividingBy: bands)
                let rows = rows(band)
                let to = y.base + image * g.output.perImage
                kernels.depthwise.forward(
                    input(x, image, seen(by: rows), scratch + worker * seenFloats, kernels),
                    window,
                    rows,
                    filters,
                    to,
                    piece + 1 < tasks[number].pieces.upperBound ? unseen(x, image, rows) : nil
                )
                let start = image * g.output.perImage + rows.lowerBound * g.output.W * C
                let count = rows.count * g.output.W
                finish.advanced(by: start).apply(y.base + start, count, C, kernels)
                if let noted = notes?.group(band, ofImage: image) {
                    // The pivot is the mean, so that the sum of the differences is zero.
                    pixels.moments(y.base + start, count, noted, noted + 2 * C)
                    (noted + C).update(repeating: 0, count: C)
                }
            }
        }
    }

    /// The rows of the input that the windows of some output rows see.
    func seen(by rows: Range<Int>) -> Range<Int> {
        let (H, S, top) = (geometry.input.H, geometry.stride, geometry.top)
        let first = min(H, max(0, rows.lowerBound * S - top))
        return first..<max(first, min(H, (rows.upperBound - 1) * S - top + geometry.kernel))
    }

    /// Bands that a thread takes in turn, so that it can prefetch the next while it computes one.
    private func grain(_ count: Int) -> Int {
        max(1, min(Self.bandsInTurn, count / (Self.bandsInTurn * threads)))
    }

    private static let bandsInTurn = 8

    /// Where the rows begin that the next band sees and this one does not, of maps that a norm waits for; the kernels
    /// prefetch other maps as they go.
    private func unseen(_ x: ConvolutionInput, _ image: Int, _ rows: Range<Int>)
        -> UnsafePointer<Float>?
    {
        guard !x.isPlain else { return nil }
        let row = image * geometry.input.H + seen(by: rows).upperBound
        return UnsafePointer(x.maps.base + row * geometry.input.W * geometry.input.C)
    }

    /// Floats of the rows that a band sees.
    private var seenFloats: Int {
        let x = geometry.input
        return min(x.H, (bandRows - 1) * geometry.stride + geometry.kernel) * x.W * x.C
    }

    /// Where row 0 of an image lies or would lie, of which some rows are there: in place, or normalised in `buffer`.
    private func input(
        _ x: ConvolutionInput,
        _ image: Int,
        _ rows: Range<Int>,
        _ buffer: UnsafeMutablePointer<Float>,
        _ kernels: KernelTable
    ) -> UnsafePointer<Float> {
        let (H, W, C) = (geometry.input.H, geometry.input.W, geometry.input.C)
        let first = image * H
        let pixels = (first + rows.lowerBound) * W..<(first + rows.upperBound) * W
        return x.pixels(pixels, buffer, kernels) - rows.lowerBound * W * C
    }

    // MARK: Backward

    var backwardFilters: Int { forwardFilters }

    func prepareBackward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        prepareForward(weights, into: filters, pool)
    }

    func backwardData(
        _ dy: Tensor,
        filters: UnsafePointer<Float>,
        _ dx: Tensor,
        slices: Slices?,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let g = geometry
        let (loop, window) = (pool.kernels.depthwise.data, g.window)
        let height = bandRows * g.stride
        let bands = (g.input.H + height - 1) / height
        pool.parallelFor(dy.shape.N * bands) { task, _ in
            let (image, band) = task.quotientAndRemainder(dividingBy: bands)
            loop(
                dy.base + image * g.output.perImage,
                window,
                band * height..<min(g.input.H, (band + 1) * height),
                filters,
                dx.base + image * g.input.perImage,
                nil
            )
        }
    }

    /// Output rows of images of one slice, whose gradients of the weights are summed together.
    private struct Part {
        var slice: Int
        var images: Range<Int>
        var rows: Range<Int>
    }

    private func parts(_ slices: Slices) -> [Part] {
        slices.images.enumerated().flatMap { slice, images in
            stride(from: images.lowerBound, to: images.upperBound, by: sumImages).flatMap { first in
                (0..<bands).map { band in
                    Part(
                        slice: slice,
                        images: first..<min(first + sumImages, images.upperBound),
                        rows: rows(band)
                    )
                }
            }
        }
    }

    /// The sums of the parts, and those of the slices, then for each thread a band of the gradient and of what a norm
    /// makes of the input, then the sums of the norm.
    var scratch: Int {
        sumFloats + threads * (bandFloats + seenFloats) + partCount * sumImages * normFloats
    }

    /// The most parts.
    private var partCount: Int {
        ((geometry.input.N + sumImages - 1) / sumImages + slices) * bands
    }

    private var sumFloats: Int { (partCount + slices) * forwardFilters }

    /// Floats of a group of a deferred norm's sums.
    private var normFloats: Int { 2 * geometry.input.C }

    /// Floats of a band of the output with the rows around it that the input's gradient takes.
    private var bandFloats: Int {
        let y = geometry.output
        return min(y.H, bandRows + 2 * geometry.kernel) * y.W * y.C
    }

    func backwardWeights(
        _ x: Tensor,
        _ dy: Tensor,
        _ slices: Slices,
        _ dweights: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        sumWeights(slices, of: x.shape.N, dweights, scratch: scratch, pool) { _, part, own, _, _ in
            for image in part.images {
                pool.kernels.depthwise.weights(
                    x.base + image * geometry.input.perImage,
                    dy.base + image * geometry.output.perImage,
                    geometry.window,
                    part.rows,
                    own
                )
            }
        }
    }

    /// Adds up what `body` writes for each part to zeros of its own; it is told which part is the last that the thread
    /// takes in turn.
    private func sumWeights(
        _ slices: Slices,
        of N: Int,
        _ dweights: UnsafeMutablePointer<Float>,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool,
        _ body: (
            _ number: Int, _ part: Part, _ sums: UnsafeMutablePointer<Float>, _ worker: Int,
            _ isLast: Bool
        ) -> Void
    ) {
        precondition(
            slices.count <= self.slices && slices.total == N,
            "planned for \(self.slices) slices, not for \(slices.images) of \(N) images"
        )
        let (kernels, floats) = (pool.kernels, forwardFilters)
        let parts = parts(slices)
        let totals = scratch
        let sums = scratch + slices.count * floats
        pool.parallelRanges(parts.count, grain: grain(parts.count)) { indices, worker in
            for index in indices {
                let own = sums + index * floats
                own.update(repeating: 0, count: floats)
                body(index, parts[index], own, worker, index + 1 == indices.upperBound)
            }
        }
        totals.update(repeating: 0, count: slices.count * floats)
        for (index, part) in parts.enumerated() {
            kernels.flat.add(totals + part.slice * floats, sums + index * floats, floats)
        }
        sumSlices(totals, slices, width: floats, into: sums)
        let (taps, C) = (taps, geometry.input.C)
        for c in 0..<C {
            for tap in 0..<taps { dweights[c * taps + tap] = sums[tap * C + c] }
        }
    }

    // MARK: Backward, both gradients from a batch norm's

    func fusesBackward(inputGradient: Bool) -> Bool { inputGradient }

    /// A task writes the norm's gradient for its rows, and for those around them that the input's gradient takes, to a
    /// buffer in the second cache, and there takes the sums for a norm that was deferred to this convolution.
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
        guard let dx, let filters else { preconditionFailure("both gradients or neither") }
        let g = geometry
        let kernels = pool.kernels
        let loops = kernels.depthwise
        let row = g.output.W * g.output.C
        let buffers = scratch + sumFloats
        let normSums = buffers + threads * (bandFloats + seenFloats)
        sumWeights(slices, of: x.maps.shape.N, dweights, scratch: scratch, pool) {
            number,
            part,
            sums,
            worker,
            isLast in
            let inputs = inputRows(part.rows)
            let wanted = outputRows(reaching: inputs, and: part.rows)
            let buffer = buffers + worker * (bandFloats + seenFloats)
            // Where row 0 of the image would lie.
            let gradient = buffer - wanted.lowerBound * row
            for (place, image) in part.images.enumerated() {
                let first = image * g.output.H
                dy.write(
                    (first + wanted.lowerBound) * g.output.W..<(first + wanted.upperBound)
                        * g.output.W,
                    to: buffer
                )
                loops.weights(
                    input(x, image, seen(by: part.rows), buffer + bandFloats, kernels),
                    gradient,
                    g.window,
                    part.rows,
                    sums
                )
                let to = dx.base + image * g.input.perImage
                let hasNext = place + 1 < part.images.count || !isLast
                let later = hasNext ? unseen(x, image, part.rows) : nil
                loops.data(gradient, g.window, inputs, filters, to, later)
                let from = image * g.input.H
                x.norm?.takeSums(
                    x.maps,
                    dx,
                    (from + inputs.lowerBound) * g.input.W..<(from + inputs.upperBound) * g.input.W,
                    into: normSums + (number * sumImages + place) * normFloats,
                    kernels.rows
                )
            }
            for place in part.images.count..<sumImages {
                (normSums + (number * sumImages + place) * normFloats)
                    .update(repeating: 0, count: x.norm == nil ? 0 : normFloats)
            }
        }
        guard let norm = x.norm else { return }
        let parts = parts(slices)
        for slice in 0..<slices.count {
            let own = parts.indices.filter { parts[$0].slice == slice }
            guard let first = own.first else { continue }
            let groups = normSums + first * sumImages * normFloats
            norm.combine(groups, count: own.count * sumImages, slice: slice, pool)
        }
    }

    /// The rows of the input's gradient that go with a band of the output.
    private func inputRows(_ band: Range<Int>) -> Range<Int> {
        let H = geometry.input.H
        let end = band.upperBound == geometry.output.H ? H : band.upperBound * geometry.stride
        return min(H, band.lowerBound * geometry.stride)..<min(H, end)
    }

    /// The rows of the output whose windows reach rows of the input, and those of a band.
    private func outputRows(reaching inputs: Range<Int>, and band: Range<Int>) -> Range<Int> {
        let (K, S, top) = (geometry.kernel, geometry.stride, geometry.top)
        guard !inputs.isEmpty else { return band }
        let first = max(0, inputs.lowerBound + top - K + S) / S
        let last = (inputs.upperBound - 1 + top) / S
        return min(first, band.lowerBound)..<min(geometry.output.H, max(last + 1, band.upperBound))
    }
}
