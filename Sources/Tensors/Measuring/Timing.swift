/// The spread of a figure over repetitions: seconds, or a rate.
public struct Timing: Codable, Sendable, Equatable {
    /// The smallest.
    public let minimum: Double
    /// The middle one, or the mean of the two in the middle.
    public let median: Double
    /// The largest.
    public let maximum: Double

    /// Sums up `values`, at least one.
    public init(_ values: [Double]) {
        precondition(!values.isEmpty, "a timing needs at least one repetition")
        let sorted = values.sorted()
        minimum = sorted[0]
        median = (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
        maximum = sorted[sorted.count - 1]
    }

    private init(minimum: Double, median: Double, maximum: Double) {
        self.minimum = minimum
        self.median = median
        self.maximum = maximum
    }

    /// `amount` for each of these seconds: the rate is smallest where the time was largest.
    public func rate(of amount: Double) -> Timing {
        Timing(minimum: amount / maximum, median: amount / median, maximum: amount / minimum)
    }
}

/// Seconds that `body` takes.
public func measureSeconds<E: Error>(_ body: () throws(E) -> Void) throws(E) -> Double {
    let start = ContinuousClock.now
    try body()
    let parts = (ContinuousClock.now - start).components
    return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
}
