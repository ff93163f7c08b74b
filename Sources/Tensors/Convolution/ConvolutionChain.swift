import KernelTable

/// Convolutions one behind the other, computed band by band in evaluation, so that the wide maps between them never leave
/// the second cache: a pointwise one, a depthwise one and a pointwise one, of which the first or the last may be
/// missing (the inverted residual of Sandler et al., 2018).
///
/// A task goes down the rows of an image and keeps those of the first map that the next band's windows reach again. Each
/// output is the same chain of multiply-adds as where every convolution runs by itself, so that the bits are the same
/// however the rows are cut; the cut may therefore depend on the threads. Limited by the GEMM.
public struct ConvolutionChain: Sendable {
    private let expansion: ColumnConvolution?
    private let depthwise: DepthwiseConvolution
    private let projection: ColumnConvolution?
    private let threads: Int
    /// Rows of the depthwise output in a band.
    private let bandRows: Int
    /// Images of a task, at most; more than one only where a band is a whole image.
    private let taskImages: Int

    /// Floats of the maps of a band: a part of the second cache.
    private static let bandFloats = 1 << 16
    /// Pixels worth reading all weights of a pointwise convolution for.
    private static let leastPixels = 192

    /// Plans convolutions, each of which reads what the one before gives, for pools of at most `threads` threads; nil
    /// where they are not of those kinds.
    public init?(_ geometries: [ConvolutionGeometry], threads: Int) {
        guard geometries.count > 1,
            let place = geometries.firstIndex(where: \.isDepthwise), place < 2,
            geometries.count <= place + 2,
            geometries.indices.allSatisfy({ $0 == place || geometries[$0].isPointwise }),
            zip(geometries, geometries.dropFirst()).allSatisfy({ $0.output == $1.input })
        else { return nil }
        func columns(_ geometry: ConvolutionGeometry) -> ColumnConvolution {
            ColumnConvolution(geometry, threads: threads)
        }
        let middle = geometries[place]
        expansion = place == 1 ? columns(geometries[0]) : nil
        depthwise = DepthwiseConvolution(middle, slices: 1, threads: threads)
        projection = geometries.count == place + 2 ? columns(geometries[place + 1]) : nil
        self.threads = threads
        let (x, y) = (middle.input, middle.output)
        let ofRow = (expansion == nil ? 0 : middle.stride * x.W * x.C) + y.W * y.C
        bandRows = max(1, min(y.H, Self.bandFloats / max(1, ofRow)))
        taskImages =
            bandRows < y.H ? 1 : max(1, min(x.N / threads, Self.leastPixels / max(1, y.H * y.W)))
    }

    /// Name of the algorithm.
    public var algorithm: String { "fused bands" }

    private var geometry: ConvolutionGeometry { depthwise.geometry }

    // MARK: Filters

    /// Floats of each convolution's filters in the form that the pass reads.
    public var forwardFilters: [Int] {
        [expansion?.forwardFilters, depthwise.forwardFilters, projection?.forwardFilters]
            .compactMap { $0 }
    }

    /// Brings the weights of a convolution of the chain into that form.
    public func prepareForward(
        _ number: Int,
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        switch number - (expansion == nil ? 0 : 1) {
        case -1: expansion?.prepareForward(weights, into: filters, pool)
        case 0: depthwise.prepareForward(weights, into: filters, pool)
        default: projection?.prepareForward(weights, into: filters, pool)
        }
    }

    // MARK: Forward

    /// Floats of scratch that a call takes.
    public var scratch: Int { threads * taskImages * (expandedFloats + bandOutputs) }

    /// Floats of the first map that a band of an image reads.
    private var expandedFloats: Int {
        let (x, g) = (geometry.input, geometry)
        return expansion == nil ? 0 : min(x.H, (bandRows - 1) * g.stride + g.kernel) * x.W * x.C
    }

    /// Floats of the second map that a band of an image gives.
    private var bandOutputs: Int {
        projection == nil ? 0 : bandRows * geometry.output.W * geometry.output.C
    }

    /// y = the last convolution of what the others make of x, each finished in its own way.
    ///
    /// - Parameters:
    ///   - filters: what `prepareForward` made for each.
    ///   - finishes: of each; a residual may be added by the last alone.
    ///   - scratch: `scratch` floats.
    public func forward(
        _ x: Tensor,
        filters: [UnsafePointer<Float>],
        finishes: [ConvolutionEpilogue],
        _ y: Tensor,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let first = expansion?.geometry ?? geometry
        let last = projection?.geometry ?? geometry
        precondition(
            x.shape.hasImages(like: first.input) && y.shape.hasImages(like: last.output)
                && x.shape.N == y.shape.N && x.shape.N <= first.input.N,
            "a chain from \(first.input) to \(last.output) is given \(x.shape) and \(y.shape)"
        )
        precondition(pool.threads <= threads, "planned for \(threads) threads")
        let stages = [expansion?.geometry, geometry, projection?.geometry].compactMap { $0 }
        let finishes = zip(stages, finishes).map {
            $1.kernelArguments($0.output.with(N: x.shape.N))
        }
        let (N, H) = (x.shape.N, geometry.output.H)
        // Images of a task with several are whole, as `project` wants them.
        let together = max(1, min(taskImages, N / pool.threads))
        let groups = (N + together - 1) / together
        let tasks = TaperedTasks(
            pieces: groups,
            finest: together > 1 ? together : finestParts(groups, pool.threads),
            threads: pool.threads
        ).tasks
        pool.parallelFor(tasks.count) { number, worker in
            let task = tasks[number]
            let first = task.pieces.lowerBound * together
            let images = first..<min(N, first + together)
            let pass = Pass(
                images: together > 1 ? task.share(of: images) : images,
                rows: together > 1 ? 0..<H : task.share(of: 0..<H),
                x: x,
                y: y,
                filters: filters,
                finishes: finishes,
                expanded: scratch + worker * taskImages * (expandedFloats + bandOutputs),
                kernels: pool.kernels
            )
            if !pass.images.isEmpty { run(pass) }
        }
    }

    /// Parts that an image is cut into, at most: each computes the rows of the first map again that it shares with the next.
    private func finestParts(_ images: Int, _ threads: Int) -> Int {
        min(geometry.output.H, max(2, (threads + images - 1) / max(images, 1)))
    }

    /// Rows of the depthwise output of some images, and what a task needs to compute what the chain makes of them.
    private struct Pass {
        let images: Range<Int>
        let rows: Range<Int>
        let x, y: Tensor
        let filters: [UnsafePointer<Float>]
        let finishes: [Finish]
        let expanded: UnsafeMutablePointer<Float>
        let kernels: KernelTable
    }

    private func run(_ pass: Pass) {
        /// Rows of the first map that lie in its buffer.
        var held = 0..<0
        for first in stride(from: pass.rows.lowerBound, to: pass.rows.upperBound, by: bandRows) {
            let band = first..<min(first + bandRows, pass.rows.upperBound)
            let needed = inputRows(band)
            if let expansion {
                expand(expansion, pass, needed, held)
                held = needed
            }
            filter(pass, band, needed)
            if let projection { project(projection, pass, band) }
        }
    }

    /// The rows of the depthwise input that the windows of some output rows see.
    private func inputRows(_ band: Range<Int>) -> Range<Int> {
        let g = geometry
        let first = max(0, band.lowerBound * g.stride - g.top)
        let end = (band.upperBound - 1) * g.stride - g.top + g.kernel
        return min(first, g.input.H)..<max(min(first, g.input.H), min(g.input.H, end))
    }

    /// Brings the rows `needed` of the first map into its buffer, where the rows `held` lie.
    private func expand(
        _ expansion: ColumnConvolution,
        _ pass: Pass,
        _ needed: Range<Int>,
        _ held: Range<Int>
    ) {
        let g = expansion.geometry
        let row = g.output.W * g.output.C
        let kept = max(needed.lowerBound, held.lowerBound)..<max(needed.lowerBound, held.upperBound)
        for (place, image) in pass.images.enumerated() {
            let buffer = pass.expanded + place * expandedFloats
            if !kept.isEmpty {
                // Rows move towards the beginning, those before them first.
                let from = buffer + (kept.lowerBound - held.lowerBound) * row
                buffer.update(from: from, count: kept.count * row)
            }
            // Whole images lie one behind the other: one product for all of them.
            let isWhole = needed.count == g.output.H && expandedFloats == g.output.H * row
            if isWhole && place > 0 { break }
            let new = kept.isEmpty ? needed : kept.upperBound..<needed.upperBound
            let first = (image * g.output.H + new.lowerBound) * g.output.W
            let count = new.count * g.output.W * (isWhole ? pass.images.count : 1)
            expansion.multiply(
                pass.x.base + first * g.taps,
                pass.filters[0],
                buffer + (new.lowerBound - needed.lowerBound) * row,
                count,
                pass.finishes[0],
                pass.kernels
            )
        }
    }

    /// The depthwise convolution of a band.
    private func filter(_ pass: Pass, _ band: Range<Int>, _ needed: Range<Int>) {
        let g = geometry
        let number = expansion == nil ? 0 : 1
        let (row, C) = (g.output.W * g.output.C, g.output.C)
        for (place, image) in pass.images.enumerated() {
            let expanded = pass.expanded + place * expandedFloats
            // Where row 0 of the image lies or would lie.
            let from =
                expansion == nil
                ? pass.x.base + image * g.input.perImage
                : expanded - needed.lowerBound * g.input.W * g.input.C
            let to =
                projection == nil
                ? pass.y.base + image * g.output.perImage
                : outputs(pass, place) - band.lowerBound * row
            pass.kernels.depthwise.forward(from, g.window, band, pass.filters[number], to, nil)
            var finish = pass.finishes[number]
            if projection == nil {
                finish = finish.advanced(
                    by: image * g.output.perImage + band.lowerBound * row
                )
            }
            finish.apply(to + band.lowerBound * row, band.count * g.output.W, C, pass.kernels)
        }
    }

    /// Where a task's second map of an image lies.
    private func outputs(_ pass: Pass, _ place: Int) -> UnsafeMutablePointer<Float> {
        pass.expanded + taskImages * expandedFloats + place * bandOutputs
    }

    /// The last convolution of a band; bands of several images are whole ones, which lie one behind the other.
    private func project(_ projection: ColumnConvolution, _ pass: Pass, _ band: Range<Int>) {
        let g = projection.geometry
        let first = (pass.images.lowerBound * g.output.H + band.lowerBound) * g.output.W
        let start = first * g.output.C
        projection.multiply(
            outputs(pass, 0),
            pass.filters[pass.filters.count - 1],
            pass.y.base + start,
            pass.images.count * band.count * g.output.W,
            pass.finishes[pass.finishes.count - 1].advanced(by: start),
            pass.kernels
        )
    }
}
