import KernelTable

/// A convolution of evaluation and the max-pool behind it, computed band by band, so that the map between them, the largest of
/// a ResNet, never leaves the second cache.
///
/// A task goes down the rows of an image and keeps those of the map that the next band's windows reach again. Each output has
/// the bits that it has where both run by themselves, however the rows are cut; the cut may therefore depend on the threads.
/// Limited by the GEMM.
public struct PooledConvolution: Sendable {
    private let convolution: ColumnConvolution
    private let pool: PoolGeometry
    private let threads: Int
    /// Rows of the pool's output in a band.
    private let bandRows: Int

    /// Floats of the map that a band reads: a part of the second cache.
    private static let bandFloats = 1 << 16

    /// Plans a convolution and the pool of its output, for pools of at most `threads` threads; nil where the convolution is
    /// computed in another way.
    public init?(_ geometry: ConvolutionGeometry, _ pool: PoolGeometry, threads: Int) {
        guard geometry.groups == 1, !WinogradConvolution.pays(for: geometry),
            pool.input == geometry.output
        else { return nil }
        convolution = ColumnConvolution(geometry, threads: threads)
        self.pool = pool
        self.threads = threads
        let row = max(1, geometry.output.W * geometry.output.C)
        let rows = (Self.bandFloats / row - pool.window.kernel) / pool.window.stride + 1
        bandRows = max(1, min(pool.output.H, rows))
    }

    /// Name of the algorithm.
    public var algorithm: String { "fused bands" }

    /// Floats of the filters in the form that the pass reads.
    public var forwardFilters: Int { convolution.forwardFilters }

    /// Brings the weights into that form.
    public func prepareForward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        convolution.prepareForward(weights, into: filters, pool)
    }

    /// Floats of scratch that a call takes.
    public var scratch: Int { threads * (mapFloats + convolution.columnFloats) }

    /// Floats of the rows of the map that a band reads.
    private var mapFloats: Int {
        let (y, window) = (convolution.geometry.output, pool.window)
        return min(y.H, (bandRows - 1) * window.stride + window.kernel) * y.W * y.C
    }

    /// y = the maxima of what the convolution makes of x.
    ///
    /// - Parameters:
    ///   - filters: what `prepareForward` made.
    ///   - finish: of the convolution; without a residual.
    ///   - scratch: `scratch` floats.
    public func forward(
        _ x: Tensor,
        filters: UnsafePointer<Float>,
        finish: ConvolutionEpilogue,
        _ y: Tensor,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        let map = convolution.geometry.output
        precondition(
            x.shape.hasImages(like: convolution.geometry.input)
                && y.shape.hasImages(like: self.pool.output) && x.shape.N == y.shape.N
                && x.shape.N <= map.N,
            "a pool of \(map) to \(self.pool.output) is given \(x.shape) and \(y.shape)"
        )
        precondition(pool.threads <= threads, "planned for \(threads) threads")
        let finish = finish.kernelArguments(map.with(N: x.shape.N))
        precondition(finish.residual == nil, "a residual of a map that is nowhere")
        let (N, H) = (x.shape.N, self.pool.output.H)
        let tasks = TaperedTasks(pieces: N, finest: H, threads: pool.threads).tasks
        pool.parallelFor(tasks.count) { number, worker in
            let task = tasks[number]
            let pass = Pass(
                image: task.pieces.lowerBound,
                rows: task.share(of: 0..<H),
                x: x,
                y: y,
                filters: filters,
                finish: finish,
                map: scratch + worker * (mapFloats + convolution.columnFloats),
                kernels: pool.kernels
            )
            run(pass)
        }
    }

    /// Rows of an image's output, and what a task needs to compute them.
    private struct Pass {
        let image: Int
        let rows: Range<Int>
        let x, y: Tensor
        let filters: UnsafePointer<Float>
        let finish: Finish
        /// Where a band's rows of the map lie, then the columns.
        let map: UnsafeMutablePointer<Float>
        let kernels: KernelTable
    }

    private func run(_ pass: Pass) {
        let row = convolution.geometry.output.W * convolution.geometry.output.C
        /// Rows of the map that lie in the buffer.
        var held = 0..<0
        for first in stride(from: pass.rows.lowerBound, to: pass.rows.upperBound, by: bandRows) {
            let band = first..<min(first + bandRows, pass.rows.upperBound)
            let needed = mapRows(band)
            let kept =
                max(
                    needed.lowerBound,
                    held.lowerBound
                )..<max(
                    needed.lowerBound,
                    min(held.upperBound, needed.upperBound)
                )
            if !kept.isEmpty {
                // Rows move towards the beginning, those before them first.
                let from = pass.map + (kept.lowerBound - held.lowerBound) * row
                pass.map.update(from: from, count: kept.count * row)
            }
            convolve(
                pass,
                max(kept.upperBound, needed.lowerBound)..<needed.upperBound,
                pass.map - needed.lowerBound * row
            )
            held = needed
            pass.kernels.windows.maximum(
                pass.map - needed.lowerBound * row,
                pool.window,
                band,
                pass.y.base + pass.image * pool.output.perImage,
                nil
            )
        }
    }

    /// The rows of the map that the windows of some output rows see.
    private func mapRows(_ band: Range<Int>) -> Range<Int> {
        let (H, w) = (pool.input.H, pool.window)
        let first = min(H, max(0, band.lowerBound * w.stride - w.top))
        let end = (band.upperBound - 1) * w.stride - w.top + w.kernel
        return first..<max(first, min(H, end))
    }

    /// Some rows of an image's map, row 0 of which lies or would lie at `to`.
    private func convolve(_ pass: Pass, _ rows: Range<Int>, _ to: UnsafeMutablePointer<Float>) {
        let y = convolution.geometry.output
        let columns = pass.map + mapFloats
        for step in convolution.steps(rows, ofImage: pass.image) {
            convolution.multiply(
                convolution.columns(ConvolutionInput(maps: pass.x), step, columns, pass.kernels),
                pass.filters,
                to + step.rows.lowerBound * y.W * y.C,
                step.count,
                pass.finish,
                pass.kernels
            )
        }
    }
}
