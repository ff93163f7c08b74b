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

/// How many numbers lie in each of equally wide bins, as numpy counts them: a bin holds its lower
/// edge, the last one its upper edge too.
public struct Histogram: Codable, Sendable, Equatable {
    /// The lower edge of the first bin.
    public let low: Double
    /// The upper edge of the last bin.
    public let high: Double
    /// Numbers in each bin.
    public let counts: [Int]

    /// Counts `values`, none of them negative, in `bins` bins from 0 to the largest.
    public init(_ values: [Int], bins: Int) {
        let top = Double(Swift.max(values.max() ?? 0, 1))
        let width = top / Double(bins)
        func edge(_ index: Int) -> Double { index == bins ? top : Double(index) * width }
        var counts = [Int](repeating: 0, count: bins)
        for value in values {
            let exact = Double(value)
            var bin = min(Int(exact / top * Double(bins)), bins - 1)
            // The edges decide, as rounded as they are.
            if exact < edge(bin) {
                bin -= 1
            } else if bin < bins - 1, exact >= edge(bin + 1) {
                bin += 1
            }
            counts[bin] += 1
        }
        low = 0
        high = top
        self.counts = counts
    }

    /// The edges of bin `index`.
    public func edges(_ index: Int) -> ClosedRange<Double> {
        let width = (high - low) / Double(counts.count)
        return low + width * Double(index)...low + width * Double(index + 1)
    }
}
