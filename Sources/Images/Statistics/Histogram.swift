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
