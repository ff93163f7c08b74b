import Foundation

/// The way from values to a line of pixels, with round numbers to mark on it.
struct Scale {
    /// Whether equal factors, rather than equal differences, have equal lengths.
    let isLogarithmic: Bool
    /// Smallest value shown.
    let low: Double
    /// Largest value shown.
    let high: Double
    /// Values to mark, ascending.
    let ticks: [Double]

    /// A scale from `low` to `high`, widened to round numbers where `rounded`; marks are at least
    /// `leastStep` apart, which is 1 for what is counted.
    init(
        low: Double,
        high: Double,
        marks: Int = 5,
        rounded: Bool = true,
        leastStep: Double = 0
    ) {
        let span = high > low ? high - low : max(abs(high), 1)
        let step = Scale.roundStep(max(span / Double(max(marks, 1)), leastStep))
        let bottom = (low / step + 1e-6).rounded(.down) * step
        let top = max((high / step - 1e-6).rounded(.up) * step, bottom + step)
        isLogarithmic = false
        self.low = rounded ? bottom : low
        self.high = rounded ? top : max(high, low + span)
        let first = (self.low / step - 1e-9).rounded(.up)
        let last = (self.high / step + 1e-9).rounded(.down)
        ticks = stride(from: first, through: last, by: 1).map { $0 * step + 0 }
    }

    /// A scale from `low` to the power of ten not below `high`, both positive.
    init(logarithmicLow low: Double, high: Double) {
        isLogarithmic = true
        self.low = max(low, 1e-12)
        let bottom = log10(self.low).rounded(.up)
        let top = max(log10(max(high, self.low)).rounded(.up), bottom + 1)
        self.high = pow(10, top)
        ticks = stride(from: bottom, through: top, by: 1).map { pow(10, $0) }
    }

    /// The value above which one is off the scale: what rounding adds to the largest is not.
    var limit: Double { high + 1e-5 * (high - low) }

    /// The place of `value` as a share of the line, from 0 to 1.
    func position(_ value: Double) -> Double {
        let share =
            isLogarithmic
            ? (log10(max(value, low)) - log10(low)) / (log10(high) - log10(low))
            : (value - low) / (high - low)
        return min(max(share, 0), 1)
    }

    /// The smallest of 1, 2, 2.5 and 5 times a power of ten that is not below `step`; not 2.5 itself,
    /// since things are often counted.
    static func roundStep(_ step: Double) -> Double {
        guard step > 0, step.isFinite else { return 1 }
        let power = pow(10, log10(step).rounded(.down))
        let factor =
            (power == 1 ? [1, 2, 5, 10] : [1, 2, 2.5, 5, 10]).first {
                $0 * power >= step * 0.999_999
            } ?? 10
        return factor * power
    }
}
