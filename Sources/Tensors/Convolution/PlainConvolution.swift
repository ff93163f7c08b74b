import KernelTable

/// A convolution of one group, in which every output sums over all inputs: the best of the methods that make
/// matrix products of it.
struct PlainConvolution: ConvolutionMethod {
    private let columns: ColumnConvolution
    private let columnWeights: ColumnWeights
    private let winograd: WinogradConvolution?
    private let winogradWeights: WinogradWeights?
    private let system: SystemConvolution?
    let moments: MomentPlan?

    init(
        _ geometry: ConvolutionGeometry,
        slices: Int,
        threads: Int,
        exact: Bool,
        blas: BLASEngine
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
        moments =
            fast ? MomentPlan(tilesOf: geometry.output) : system == nil ? columns.moments : nil
    }

    var readsWeights: Bool { system != nil }

    var scratch: Int {
        let products = winograd.map { max($0.scratch, winogradWeights?.scratch ?? 0) }
        let own = products ?? max(columns.scratch, columnWeights.scratch, scratchOfFused)
        return system?.scratch ?? own
    }

    var algorithm: String {
        system?.algorithm ?? (winograd == nil ? columns.algorithm : "winograd 4×4")
    }

    // MARK: Forward

    var mayOverwriteResidual: Bool {
        system == nil && winograd == nil && columns.mayOverwriteResidual
    }

    var forwardFilters: Int {
        readsWeights ? 0 : winograd?.forwardFilters ?? columns.forwardFilters
    }

    func prepareForward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        if let winograd {
            winograd.prepareForward(weights, into: filters, pool)
        } else {
            columns.prepareForward(weights, into: filters, pool)
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
        if let system {
            system.forward(
                x.maps,
                weights: filters,
                finish: finish,
                y,
                slices: slices,
                scratch: scratch,
                pool
            )
        } else if let winograd {
            winograd.forward(
                x.maps,
                filters: filters,
                finish: finish,
                y,
                notes: notes,
                scratch: scratch,
                pool
            )
        } else {
            columns.forward(
                x,
                filters: filters,
                finish: finish,
                y,
                notes: notes,
                scratch: scratch,
                pool
            )
        }
    }

    // MARK: Backward

    var backwardFilters: Int {
        readsWeights ? 0 : winograd?.backwardFilters ?? columns.backwardFilters
    }

    func prepareBackward(
        _ weights: UnsafePointer<Float>,
        into filters: UnsafeMutablePointer<Float>,
        _ pool: ThreadPool
    ) {
        if let winograd {
            winograd.prepareBackward(weights, into: filters, pool)
        } else {
            columns.prepareBackward(weights, into: filters, pool)
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
        if let system {
            system.backwardData(dy, weights: filters, dx, slices: slices, scratch: scratch, pool)
        } else if let winograd {
            winograd.backwardData(dy, filters: filters, dx, scratch: scratch, pool)
        } else {
            columns.backwardData(dy, filters: filters, dx, scratch: scratch, pool)
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
        if let system {
            system.backwardWeights(x, dy, slices, dweights, scratch: scratch, pool)
        } else if let winogradWeights {
            winogradWeights.backwardWeights(x, dy, slices, dweights, scratch: scratch, pool)
        } else {
            columnWeights.backwardWeights(x, dy, slices, dweights, scratch: scratch, pool)
        }
    }

    // MARK: Backward, both gradients from a batch norm's

    func fusesBackward(inputGradient: Bool) -> Bool {
        system == nil && winograd == nil
            && columnWeights.fusesBackward(inputGradient: inputGradient)
    }

    private var scratchOfFused: Int {
        fusesBackward(inputGradient: false) ? columnWeights.scratchOfFused : 0
    }

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
        columnWeights.backwardFused(
            x,
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
