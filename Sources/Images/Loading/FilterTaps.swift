/// For each output position along one axis, the input positions that it is made of and how much
/// each of them counts.
struct FilterTaps {
    /// First input position of each output position; never decreases.
    private(set) var starts: [Int32] = []
    /// Number of input positions of each.
    private(set) var counts: [Int32] = []
    /// Weights, `stride` of them for each output position; the used ones add up to 1.
    private(set) var weights: [Float] = []
    /// The same in units of 1/256, rounded so that they add up to 256.
    private(set) var fixed: [UInt16] = []
    /// Room for weights of one output position.
    private(set) var stride = 0

    /// Input positions that any output position needs.
    var span: Range<Int> {
        guard let first = starts.first, let start = starts.last, let count = counts.last else {
            return 0..<0
        }
        return Int(first)..<Int(start + count)
    }

    /// Computes the taps of `outputs` positions spread over `low` ..< `high` of the input axis.
    ///
    /// No tap leaves `low` ..< `high`, rounded outwards to whole positions, or `bounds`.
    mutating func compute(
        outputs: Int,
        low: Double,
        high: Double,
        bounds: Range<Int>,
        filter: SamplePlan.Filter
    ) {
        let scale = (high - low) / Double(outputs)
        let first = min(max(Int(low.rounded(.down)), bounds.lowerBound), bounds.upperBound - 1)
        let last = min(max(Int(high.rounded(.up)), first + 1), bounds.upperBound)
        let radius = filter == .antialiased ? max(scale, 1) : 1
        stride = Int((2 * radius).rounded(.up)) + 2
        starts.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
        weights.removeAll(keepingCapacity: true)
        for output in 0..<outputs {
            let centre = low + (Double(output) + 0.5) * scale
            append(centre: centre, radius: radius, first: first, last: last)
        }
        fix()
    }

    /// A triangle of `radius` around `centre`, cut off at `first` ..< `last`.
    ///
    /// With a radius of 1 these are the two nearest positions, whatever the reduction.
    private mutating func append(centre: Double, radius: Double, first: Int, last: Int) {
        let centre = min(max(centre, Double(first) + 0.5), Double(last) - 0.5)
        let begin = max(Int((centre - radius + 0.5).rounded(.down)), first)
        let end = min(Int((centre + radius + 0.5).rounded(.down)), last)
        let row = weights.count
        var sum = 0.0
        for position in begin..<max(end, begin + 1) {
            let weight = max(1 - abs(Double(position) + 0.5 - centre) / radius, 0)
            weights.append(Float(weight))
            sum += weight
        }
        starts.append(Int32(begin))
        counts.append(Int32(weights.count - row))
        for index in row..<weights.count { weights[index] /= Float(sum) }
        while weights.count < row + stride { weights.append(0) }
    }

    /// Rounds the running sums of the weights, so that what one loses the next gains.
    private mutating func fix() {
        fixed.removeAll(keepingCapacity: true)
        for row in Swift.stride(from: 0, to: weights.count, by: stride) {
            var sum: Float = 0
            var before = 0
            for index in row..<row + stride {
                sum += weights[index] * 256
                let rounded = min(Int(sum.rounded()), 256)
                fixed.append(UInt16(rounded - before))
                before = rounded
            }
        }
    }
}
