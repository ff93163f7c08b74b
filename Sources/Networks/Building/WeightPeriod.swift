/// Tells layers how long what they derived from the weights stays right.
final class WeightPeriod {
    /// Number of the period in which the weights do not change; 0 outside of one.
    private(set) var current = 0
    private var last = 0

    /// Runs `body`, in which nobody changes the weights.
    func hold<T>(_ body: () throws -> T) rethrows -> T {
        precondition(current == 0, "a period in which weights are constant begins within another")
        last += 1
        current = last
        defer { current = 0 }
        return try body()
    }
}
