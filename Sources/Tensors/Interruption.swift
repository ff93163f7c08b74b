import Synchronization

/// A request to leave what is being computed, made by any thread and seen by all.
public final class Interruption: Sendable {
    private let requested = Atomic<Int32>(0)

    /// Nothing is requested yet.
    public init() {}

    /// Why to leave, such as the number of a signal; 0 = nothing is requested.
    public var reason: Int32 { requested.load(ordering: .relaxed) }

    /// Whether to leave.
    @inline(__always)
    public var isRequested: Bool { reason != 0 }

    /// Requests to leave for `reason`, in the place of an earlier reason.
    public func request(_ reason: Int32) { requested.store(reason, ordering: .relaxed) }

    /// The same, unless something is requested already.
    public func requestFirst(_ reason: Int32) {
        _ = requested.compareExchange(expected: 0, desired: reason, ordering: .relaxed)
    }

    /// Takes the request back where its reason still is `reason`.
    public func withdraw(_ reason: Int32) {
        _ = requested.compareExchange(expected: reason, desired: 0, ordering: .relaxed)
    }
}
