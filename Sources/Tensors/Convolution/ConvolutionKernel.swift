import KernelTable

/// A planned convolution: y[n][oh][ow][o] = bias[o] + Σ x[n][oh·s + kh − top][ow·s + kw − left][i] ·
/// weights[o][kh][kw][i], the sum over the inputs of o's group.
///
/// The algorithm is chosen when the plan is made. Every sum's order depends on the geometry and the
/// slices, never on the threads.
public struct ConvolutionKernel: Sendable {
    private let geometry: ConvolutionGeometry
    private let threads: Int
    private let method: any ConvolutionMethod
    private let biasScratch: Int

    /// Plans `geometry` for pools of at most `threads` threads.
    ///
    /// - Parameters:
    ///   - geometry: extents; calls may pass smaller batches.
    ///   - slices: the most slices of a batch, none of them with more than its share of `input.N`.
    ///   - threads: the most threads that a call's pool may have.
    ///   - exact: whether only algorithms with the rounding of plain fp32 sums may be chosen.
    ///   - blas: the engine of the pool that calls are made with; `system` is always exact. Depthwise
    ///     convolutions are no matrix products: our loops compute them with either engine.
    public init(
        _ geometry: ConvolutionGeometry,
        slices: Int = 1,
        threads: Int,
        exact: Bool = false,
        blas: BLASEngine = .own
    ) {
        self.geometry = geometry
        self.threads = threads
        if geometry.isDepthwise {
            method = DepthwiseConvolution(geometry, slices: slices, threads: threads)
        } else {
            let each = PlainConvolution(
                geometry.ofGroup,
                slices: slices,
                threads: threads,
                exact: exact,
                blas: blas
            )
            method =
                geometry.groups == 1 ? each : GroupedConvolution(geometry: geometry, each: each)
        }
        biasScratch = channelSumsScratch(geometry.output, slices: slices)
    }

    /// Whether the passes read the weights as they are, which are passed for `filters` then.
    public var readsWeights: Bool { method.readsWeights }

    /// Floats of scratch that each call takes.
    public var scratch: Int { max(forwardFilters, backwardFilters) + scratchBesideFilters }

    /// Floats of scratch that a call with prepared filters takes.
    public var scratchBesideFilters: Int { max(method.scratch, biasScratch) }

    /// Name of the chosen algorithm.
    public var algorithm: String { method.algorithm }

    /// Ends the program where a pass gets what was not planned.
    private func check(_ x: Tensor, _ y: Tensor, _ pool: ThreadPool) {
        let (input, output) = (geometry.input, geometry.output)
        precondition(
            x.shape.hasImages(like: input) && y.shape.hasImages(like: output)
                && x.shape.N == y.shape.N && x.shape.N <= input.N,
            "a convolution of \(input) to \(output) is given \(x.shape) and \(y.shape)"
        )
        precondition(pool.threads <= threads, "planned for \(threads) threads")
    }

    // MARK: Forward

    /// Floats of the notes that a forward pass may take of its outputs.
    public var notedFloats: Int { (method.moments?.perImage ?? 0) * geometry.output.N }

    /// Notes in `notedFloats` floats; nil where the method takes none.
    public func notes(in floats: UnsafeMutablePointer<Float>) -> RecordedMoments? {
        method.moments.map { RecordedMoments(plan: $0, base: floats) }
    }

    /// Whether forward's output may be the memory of the residual that a batch norm adds.
    public var mayOverwriteResidual: Bool { method.mayOverwriteResidual }

    /// Floats of the filters that `prepareForward` makes.
    public var forwardFilters: Int { method.forwardFilters }

    /// Brings the weights into the form that the forward pass reads.
    public func prepareForward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        precondition(!readsWeights, "weights that are read as they are need no preparation")
        method.prepareForward(weights, into: filters, pool)
    }

    /// y = convolution of x with prepared filters, finished on the way to memory.
    ///
    /// - Parameters:
    ///   - norm: the norm that is applied to `x` first; only where `fusesBackward` with an input's gradient.
    ///   - gate: what scales the channels of `x` first, only where `appliesGates`.
    ///   - notes: filled in for the batch norm that follows, if any.
    ///   - slices: the slices of the batch; nil in evaluation, where each image is computed as if alone.
    public func forward(
        _ x: Tensor,
        norm: DeferredNorm? = nil,
        gate: ChannelGate? = nil,
        filters: UnsafePointer<Float>,
        finish: ConvolutionEpilogue,
        _ y: Tensor,
        notes: RecordedMoments? = nil,
        slices: Slices? = nil,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        check(x, y, pool)
        precondition(
            norm == nil || method.fusesBackward(inputGradient: true),
            "a norm that nobody applies"
        )
        precondition(gate == nil || appliesGates && norm == nil, "a gate that nobody applies")
        method.forward(
            ConvolutionInput(maps: x, norm: norm, gate: gate),
            filters: filters,
            finish: finish.kernelArguments(y.shape),
            y,
            notes: notes,
            slices: slices,
            scratch: scratch,
            pool
        )
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
    public var backwardFilters: Int { method.backwardFilters }

    /// Brings the weights into the form that `backwardData` reads.
    public func prepareBackward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        precondition(!readsWeights, "weights that are read as they are need no preparation")
        method.prepareBackward(weights, into: filters, pool)
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
        method.backwardData(dy, filters: filters, dx, slices: slices, scratch: scratch, pool)
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
        method.backwardWeights(x, dy, slices, dweights, scratch: scratch, pool)
        if let dbias { channelSums(dy, slices, dbias, scratch: scratch, pool) }
    }

    /// Whether `backwardFused` is there and pays.
    ///
    /// - Parameters:
    ///   - inputGradient: whether somebody needs the gradient of the input.
    ///   - residual: whether the norm's gradient writes that of a residual too, which depthwise convolutions, whose tasks
    ///     share rows, would do twice.
    public func fusesBackward(inputGradient: Bool, residual: Bool) -> Bool {
        method.fusesBackward(inputGradient: inputGradient) && !(residual && geometry.isDepthwise)
    }

    /// Whether both passes can scale the channels of what they read by a gate.
    public var appliesGates: Bool {
        method.fusesBackward(inputGradient: true) && !geometry.isDepthwise
    }

    /// Overwrites the gradients of the weights, with the sums over all slices, and of the input, from the gradient of the output
    /// as the batch norm behind it tells it.
    ///
    /// - Parameters:
    ///   - norm: as in the forward pass; it is given the sums of its gradient, and `dx` is the gradient of what it makes of
    ///     `x`.
    ///   - gate: as in the forward pass; it is given its gradient, and `dx` is that of `x` before the gate.
    ///   - filters: what `prepareBackward` made, where there is a `dx`.
    ///   - dx: nil where nobody needs it.
    public func backwardFused(
        _ x: Tensor,
        norm: DeferredNorm? = nil,
        gate: ChannelGate? = nil,
        _ dy: NormInputGradient,
        slices: Slices,
        dweights: UnsafeMutablePointer<Float>,
        filters: UnsafePointer<Float>?,
        _ dx: Tensor?,
        scratch: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        precondition(
            dx?.shape ?? x.shape == x.shape && x.shape.hasImages(like: geometry.input)
                && dy.shape.hasImages(like: geometry.output) && x.shape.N == dy.shape.N,
            "a convolution of \(geometry.input) is given \(x.shape) and \(dy.shape)"
        )
        precondition(pool.threads <= threads, "planned for \(threads) threads")
        precondition((dx == nil) == (filters == nil), "filters go with the input's gradient")
        method.backwardFused(
            ConvolutionInput(maps: x, norm: norm, gate: gate),
            dy,
            slices,
            dweights,
            filters: filters,
            dx,
            scratch: scratch,
            pool
        )
    }
}
