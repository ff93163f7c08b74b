import Tensors

/// Filters in the form that a kernel reads, made anew for each pass unless the weights are known to
/// be the same as before.
struct PreparedFilters {
    /// Memory of their own, where they are kept from pass to pass.
    private let kept: UnsafeMutablePointer<Float>?
    private let period: WeightPeriod
    private var made = 0

    /// Asks for memory for `count` floats where the network keeps filters.
    init(_ count: Int, _ builder: inout Builder) {
        kept = builder.keepsFilters ? builder.filters(count) : nil
        period = builder.period
    }

    /// The filters, which `make` writes where they are not kept since the period began.
    ///
    /// - Parameter scratch: where they go if they are not kept.
    mutating func ready(
        scratch: UnsafeMutablePointer<Float>,
        _ make: (UnsafeMutablePointer<Float>) -> Void
    ) -> UnsafePointer<Float> {
        guard let kept else {
            make(scratch)
            return UnsafePointer(scratch)
        }
        if period.current == 0 || made != period.current {
            make(kept)
            made = period.current
        }
        return UnsafePointer(kept)
    }
}
