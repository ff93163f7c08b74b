import Tensors

/// Filters in the form that a kernel reads, made anew for each pass unless the weights are known to
/// be the same as before.
public final class PreparedFilters {
    /// Memory of their own, where they are kept from pass to pass.
    private let kept: UnsafeMutablePointer<Float>?
    private let period: WeightPeriod
    private var made = 0

    init(kept: UnsafeMutablePointer<Float>?, _ period: WeightPeriod) {
        self.kept = kept
        self.period = period
    }

    /// The filters, which `make` writes where they are not kept since the period began.
    ///
    /// - Parameter workspace: where they go if they are not kept.
    func ready(
        workspace: UnsafeMutablePointer<Float>,
        _ make: (UnsafeMutablePointer<Float>) -> Void
    ) -> UnsafePointer<Float> {
        guard let kept else {
            make(workspace)
            return UnsafePointer(workspace)
        }
        if period.current == 0 || made != period.current {
            make(kept)
            made = period.current
        }
        return UnsafePointer(kept)
    }
}

/// While one is held the weights are frozen, so that what was derived from them may be kept.
final class WeightPeriod {
    /// Number of the period; 0 outside of one.
    private(set) var current = 0
    private var last = 0

    /// Whether one is held.
    var isHeld: Bool { current != 0 }

    /// Begins anew in the middle of one: what was made in it so far may be incomplete.
    func renew() {
        guard isHeld else { return }
        last += 1
        current = last
    }

    /// Runs `body`, in which nobody changes the weights.
    func hold<T>(_ body: () throws -> T) rethrows -> T {
        precondition(current == 0, "a period in which weights are constant begins within another")
        last += 1
        current = last
        defer { current = 0 }
        return try body()
    }
}
