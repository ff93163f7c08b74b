/// A planned convolution: y[n][oh][ow][o] = bias[o] + Σ x[n][oh·s + kh − p][ow·s + kw − p][i] ·
/// weights[o][kh][kw][i].
///
/// The algorithm is chosen when the plan is made. Every sum's order depends on the geometry and the
/// batch, never on the threads.
public struct ConvolutionKernel: Sendable {
    private let columns: ColumnConvolution
    private let columnWeights: ColumnWeights
    private let winograd: WinogradConvolution?
    private let winogradWeights: WinogradWeights?
    private let biasScratch: Int

    /// Plans `geometry` for pools of at most `threads` threads.
    ///
    /// - Parameters:
    ///   - geometry: extents; calls may pass smaller batches.
    ///   - threads: the most threads that a call's pool may have.
    ///   - exact: whether only algorithms with the rounding of plain fp32 sums may be chosen.
    public init(_ geometry: ConvolutionGeometry, threads: Int, exact: Bool = false) {
        columns = ColumnConvolution(geometry, threads: threads)
        columnWeights = ColumnWeights(columns: columns)
        let fast = !exact && WinogradConvolution.pays(for: geometry)
        winograd = fast ? WinogradConvolution(geometry: geometry, threads: threads) : nil
        winogradWeights = fast ? WinogradWeights(geometry: geometry, threads: threads) : nil
        biasScratch = channelSumsScratch(geometry.output)
    }

    /// Floats of scratch that each call takes.
    public var scratch: Int {
        let products = winograd.map { max($0.scratch, winogradWeights?.scratch ?? 0) }
        return max(products ?? max(columns.scratch, columnWeights.scratch), biasScratch)
    }

    /// Name of the chosen algorithm.
    public var algorithm: String { winograd == nil ? columns.algorithm : "winograd 4×4" }

    /// y = convolution of x, plus the bias of each channel.
    public func forward(
        _ x: Tensor,
        weights: UnsafePointer<Float>,
        bias: UnsafePointer<Float>?,
        _ y: Tensor,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        if let winograd {
            winograd.forward(x, weights: weights, bias: bias, y, scratch: scratch, pool)
        } else {
            columns.forward(x, weights: weights, bias: bias, y, scratch: scratch, pool)
        }
    }

    /// Overwrites `dx` with the gradient of the input.
    public func backwardData(
        _ dy: Tensor,
        weights: UnsafePointer<Float>,
        _ dx: Tensor,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        if let winograd {
            winograd.backwardData(dy, weights: weights, dx, scratch: scratch, pool)
        } else {
            columns.backwardData(dy, weights: weights, dx, scratch: scratch, pool)
        }
    }

    /// Adds the gradients of the weights and of the bias.
    public func backwardWeights(
        _ x: Tensor,
        _ dy: Tensor,
        dweights: UnsafeMutablePointer<Float>,
        dbias: UnsafeMutablePointer<Float>?,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        if let winogradWeights {
            winogradWeights.backwardWeights(x, dy, dweights: dweights, scratch: scratch, pool)
        } else {
            columnWeights.backwardWeights(x, dy, dweights: dweights, scratch: scratch, pool)
        }
        if let dbias { addChannelSums(dy, dbias, scratch: scratch, pool) }
    }
}
