import KernelTable

/// A planned convolution: y[n][oh][ow][o] = bias[o] + Σ x[n][oh·s + kh − p][ow·s + kw − p][i] ·
/// weights[o][kh][kw][i].
///
/// The algorithm is chosen when the plan is made. Every sum's order depends on the geometry and the
/// slices, never on the threads.
public struct ConvolutionKernel: Sendable {
    private let columns: ColumnConvolution
    private let columnWeights: ColumnWeights
    private let winograd: WinogradConvolution?
    private let winogradWeights: WinogradWeights?
    private let system: SystemConvolution?
    private let moments: MomentPlan?
    private let biasScratch: Int

    /// Plans `geometry` for pools of at most `threads` threads.
    ///
    /// - Parameters:
    ///   - geometry: extents; calls may pass smaller batches.
    ///   - slices: the most slices of a batch, none of them with more than its share of `input.N`.
    ///   - threads: the most threads that a call's pool may have.
    ///   - exact: whether only algorithms with the rounding of plain fp32 sums may be chosen.
    ///   - blas: the engine of the pool that calls are made with; `system` is always exact.
    public init(
        _ geometry: ConvolutionGeometry,
        slices: Int = 1,
        threads: Int,
        exact: Bool = false,
        blas: BLASEngine = .own
    ) {
        system = SystemBLAS.library(blas).map {
            SystemConvolution(geometry, slices: slices, threads: threads, library: $0)
        }
        columns = ColumnConvolution(geometry, threads: threads)
        columnWeights = ColumnWeights(columns: columns, slices: slices)
        let fast = !exact && blas == .own && WinogradConvolution.pays(for: geometry)
        winograd = fast ? WinogradConvolution(geometry: geometry, threads: threads) : nil
        winogradWeights =
            fast ? WinogradWeights(geometry: geometry, slices: slices, threads: threads) : nil
        moments = fast ? MomentPlan(geometry.output) : nil
        biasScratch = channelSumsScratch(geometry.output, slices: slices)
    }

    /// Whether the passes read the weights as they are, which are passed for `filters` then.
    public var readsWeights: Bool { system != nil }

    /// Floats of scratch that each call takes.
    public var scratch: Int { max(forwardFilters, backwardFilters) + scratchBesideFilters }

    /// Floats of scratch that a call with prepared filters takes.
    public var scratchBesideFilters: Int {
        let products = winograd.map { max($0.scratch, winogradWeights?.scratch ?? 0) }
        let own = products ?? max(columns.scratch, columnWeights.scratch)
        return max(system?.scratch ?? own, biasScratch)
    }

    /// Name of the chosen algorithm.
    public var algorithm: String {
        system?.algorithm ?? (winograd == nil ? columns.algorithm : "winograd 4×4")
    }

    /// Ends the program where a pass gets what was not planned.
    private func check(_ x: Tensor, _ y: Tensor, _ pool: ThreadPool) {
        let (input, output) = (columns.geometry.input, columns.geometry.output)
        precondition(
            x.shape.hasImages(like: input) && y.shape.hasImages(like: output)
                && x.shape.N == y.shape.N && x.shape.N <= input.N,
            "a convolution of \(input) to \(output) is given \(x.shape) and \(y.shape)"
        )
        precondition(pool.threads <= columns.threads, "planned for \(columns.threads) threads")
    }

    // MARK: Forward

    /// Floats of the notes that a forward pass may take of its outputs.
    public var notedFloats: Int { (moments?.perImage ?? 0) * columns.geometry.output.N }

    /// Notes in `notedFloats` floats; nil where the method takes none.
    public func notes(in floats: UnsafeMutablePointer<Float>) -> RecordedMoments? {
        moments.map { RecordedMoments(plan: $0, base: floats) }
    }

    /// Floats of the filters that `prepareForward` makes.
    public var forwardFilters: Int {
        readsWeights ? 0 : winograd?.forwardFilters ?? columns.forwardFilters
    }

    /// Brings the weights into the form that the forward pass reads.
    public func prepareForward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        precondition(!readsWeights, "weights that are read as they are need no preparation")
        if let winograd {
            winograd.prepareForward(weights, into: filters, pool)
        } else {
            columns.prepareForward(weights, into: filters, pool)
        }
    }

    /// y = convolution of x with prepared filters, finished on the way to memory.
    ///
    /// - Parameters:
    ///   - notes: filled in for the batch norm that follows, if any.
    ///   - slices: the slices of the batch; nil in evaluation, where each image is computed as if alone.
    public func forward(
        _ x: Tensor,
        filters: UnsafePointer<Float>,
        finish: ConvolutionEpilogue,
        _ y: Tensor,
        notes: RecordedMoments? = nil,
        slices: Slices? = nil,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        check(x, y, pool)
        let finish = finish.kernelArguments(y.shape)
        if let system {
            system.forward(
                x,
                weights: filters,
                finish: finish,
                y,
                slices: slices,
                scratch: scratch,
                pool
            )
        } else if let winograd {
            winograd.forward(
                x,
                filters: filters,
                finish: finish,
                y,
                notes: notes,
                scratch: scratch,
                pool
            )
        } else {
            columns.forward(x, filters: filters, finish: finish, y, scratch: scratch, pool)
        }
    }

    /// y = convolution of x, plus the bias of each channel.
    public func forward(
        _ x: Tensor,
        weights: UnsafePointer<Float>,
        bias: UnsafePointer<Float>?,
        _ y: Tensor,
        slices: Slices? = nil,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        if !readsWeights { prepareForward(weights, into: scratch, pool) }
        forward(
            x,
            filters: readsWeights ? weights : UnsafePointer(scratch),
            finish: ConvolutionEpilogue(bias: bias),
            y,
            slices: slices,
            scratch: scratch + forwardFilters,
            pool
        )
    }

    // MARK: Backward

    /// Floats of the filters that `prepareBackward` makes.
    public var backwardFilters: Int {
        readsWeights ? 0 : winograd?.backwardFilters ?? columns.backwardFilters
    }

    /// Brings the weights into the form that `backwardData` reads.
    public func prepareBackward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        precondition(!readsWeights, "weights that are read as they are need no preparation")
        if let winograd {
            winograd.prepareBackward(weights, into: filters, pool)
        } else {
            columns.prepareBackward(weights, into: filters, pool)
        }
    }

    /// Overwrites `dx` with the gradient of the input, from prepared filters.
    public func backwardData(
        _ dy: Tensor,
        filters: UnsafePointer<Float>,
        _ dx: Tensor,
        slices: Slices? = nil,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        check(dx, dy, pool)
        if let system {
            system.backwardData(dy, weights: filters, dx, slices: slices, scratch: scratch, pool)
        } else if let winograd {
            winograd.backwardData(dy, filters: filters, dx, scratch: scratch, pool)
        } else {
            columns.backwardData(dy, filters: filters, dx, scratch: scratch, pool)
        }
    }

    /// Overwrites `dx` with the gradient of the input.
    public func backwardData(
        _ dy: Tensor,
        weights: UnsafePointer<Float>,
        _ dx: Tensor,
        slices: Slices? = nil,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        if !readsWeights { prepareBackward(weights, into: scratch, pool) }
        backwardData(
            dy,
            filters: readsWeights ? weights : UnsafePointer(scratch),
            dx,
            slices: slices,
            scratch: scratch + backwardFilters,
            pool
        )
    }

    /// Overwrites the gradients of the weights and of the bias with the sums over all slices.
    public func backwardWeights(
        _ x: Tensor,
        _ dy: Tensor,
        slices: Slices,
        dweights: UnsafeMutablePointer<Float>,
        dbias: UnsafeMutablePointer<Float>?,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        check(x, dy, pool)
        if let system {
            system.backwardWeights(x, dy, slices, dweights, scratch: scratch, pool)
        } else if let winogradWeights {
            winogradWeights.backwardWeights(x, dy, slices, dweights, scratch: scratch, pool)
        } else {
            columnWeights.backwardWeights(x, dy, slices, dweights, scratch: scratch, pool)
        }
        if let dbias { channelSums(dy, slices, dbias, scratch: scratch, pool) }
    }
}

/// Extents of a convolution with square windows.
public struct ConvolutionGeometry: Hashable, Sendable {
    /// Extents of the input; `N` is the largest batch.
    public let input: Shape
    /// Extents of the output.
    public let output: Shape
    /// Side of the window.
    public let kernel: Int
    /// Step of the window.
    public let stride: Int
    /// Border of zeros on each side.
    public let padding: Int

    /// Plans `channels` outputs of `kernel` × `kernel` windows, `stride` apart.
    public init(input: Shape, channels: Int, kernel: Int, stride: Int = 1, padding: Int = 0) {
        precondition(kernel > 0 && stride > 0 && padding >= 0, "a window without extent")
        self.input = input
        self.kernel = kernel
        self.stride = stride
        self.padding = padding
        output = Shape(
            N: input.N,
            H: max(0, input.H + 2 * padding - kernel) / stride + 1,
            W: max(0, input.W + 2 * padding - kernel) / stride + 1,
            C: channels
        )
    }

    /// Number of weights, [O][KH][KW][I] in memory.
    public var weights: Int { output.C * taps }

    /// Inputs that one output sums over: the columns of the im2col matrix.
    var taps: Int { kernel * kernel * input.C }

    /// Whether the im2col matrix is the input itself.
    var isPointwise: Bool { kernel == 1 && stride == 1 && padding == 0 }

    var window: Window {
        Window(
            H: input.H,
            W: input.W,
            C: input.C,
            kernel: kernel,
            stride: stride,
            padding: padding,
            OH: output.H,
            OW: output.W
        )
    }
}
