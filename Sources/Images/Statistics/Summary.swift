/// What pandas' `describe()` says of a column of numbers.
public struct Summary: Codable, Sendable, Equatable {
    /// How many numbers there are.
    public let count: Int
    /// Their mean.
    public let mean: Double
    /// Their sample standard deviation (n − 1); nil of one number.
    public let std: Double?
    /// The smallest.
    public let min: Double
    /// The first quartile; quartiles between two numbers interpolate linearly.
    public let quarter: Double
    /// The median.
    public let half: Double
    /// The third quartile.
    public let threeQuarters: Double
    /// The largest.
    public let max: Double

    enum CodingKeys: String, CodingKey {
        case count, mean, std, min
        case quarter = "25%"
        case half = "50%"
        case threeQuarters = "75%"
        case max
    }

    /// Summarises `values`, of which there must be one at least.
    public init(_ values: [Int]) {
        precondition(!values.isEmpty, "nothing to summarise")
        let sorted = values.sorted()
        let n = Double(sorted.count)
        let mean = Double(sorted.reduce(0, +)) / n
        var squares = 0.0
        for value in sorted { squares += (Double(value) - mean) * (Double(value) - mean) }
        func quantile(_ share: Double) -> Double {
            let place = share * (n - 1)
            let low = Int(place)
            let high = Swift.min(low + 1, sorted.count - 1)
            let part = place - Double(low)
            return Double(sorted[low]) + part * Double(sorted[high] - sorted[low])
        }
        count = sorted.count
        self.mean = mean
        std = sorted.count > 1 ? (squares / (n - 1)).squareRoot() : nil
        min = Double(sorted[0])
        quarter = quantile(0.25)
        half = quantile(0.5)
        threeQuarters = quantile(0.75)
        max = Double(sorted[sorted.count - 1])
    }
}
