/// Bars over a line of whole numbers, as SVG: histograms and other counts.
public struct BarChart: Sendable {
    /// A bar from `lower` to `upper`, `value` high.
    public struct Bar: Sendable, Equatable {
        /// Where it begins.
        public var lower: Double
        /// Where it ends; may be equal to `lower`, which gives a thin line.
        public var upper: Double
        /// Its height.
        public var value: Double
        /// What it stands for, shown by browsers where the pointer rests; nil = nothing.
        public var note: String?

        /// Makes a bar.
        public init(lower: Double, upper: Double, value: Double, note: String? = nil) {
            self.lower = lower
            self.upper = upper
            self.value = value
            self.note = note
        }
    }

    private let title: String
    private let xLabel: String
    private let yLabel: String
    private let bars: [Bar]

    /// Describes a chart; bars are in the order of x.
    ///
    /// Where heights differ by more than a factor of 50, the upward axis is logarithmic, since
    /// small bars would vanish otherwise.
    public init(title: String, xLabel: String, yLabel: String, bars: [Bar]) {
        self.title = title
        self.xLabel = xLabel
        self.yLabel = yLabel
        self.bars = bars
    }

    /// The chart as an SVG element for a page that carries the charts' style.
    public func svg(width: Double = 560, height: Double = 300, showsTitle: Bool = true) -> String {
        let values = bars.map(\.value).filter { $0 > 0 }
        let high = values.max() ?? 1
        let isLogarithmic = high > 50 * (values.min() ?? 1)
        let frame = ChartFrame(
            title: title,
            xLabel: xLabel,
            yLabel: isLogarithmic ? "\(yLabel) (logarithmic)" : yLabel,
            x: Scale(
                low: bars.first?.lower ?? 0,
                high: bars.last?.upper ?? 1,
                marks: width < 450 ? 5 : 8,
                rounded: false,
                leastStep: 1
            ),
            // Half of the smallest bar as ground, so that it can be seen.
            y: isLogarithmic
                ? Scale(logarithmicLow: (values.min() ?? 1) / 2, high: high)
                : Scale(low: 0, high: high, leastStep: 1),
            yText: Figures.compact,
            width: width,
            height: height,
            showsTitle: showsTitle
        )
        let drawn = BarChart.thin(bars, columns: Int(frame.plotWidth), frame.column)
        return frame.svg(drawn.map { rectangle($0, frame) }.joined(separator: "\n"))
    }

    /// The chart as an SVG file of its own.
    public func document(width: Double = 900, height: Double = 460) -> String {
        ChartStyle.document(svg(width: width, height: height))
    }

    private func rectangle(_ bar: Bar, _ frame: ChartFrame) -> String {
        let left = frame.column(bar.lower)
        let gap = frame.column(bar.upper) - left > 4 ? 1.0 : 0
        let width = max(frame.column(bar.upper) - left - gap, 0.9)
        let top = frame.row(bar.value)
        let shape =
            "<rect class=\"f1\" x=\"\(SVG.number(left))\" y=\"\(SVG.number(top))\" "
            + "width=\"\(SVG.number(width))\" height=\"\(SVG.number(frame.row(frame.y.low) - top))\""
        guard let note = bar.note else { return shape + "/>" }
        return shape + "><title>\(SVG.escape(note))</title></rect>"
    }

    /// Bars above 0, the highest of each pixel column where they are thinner than that.
    private static func thin(
        _ bars: [Bar],
        columns: Int,
        _ place: (Double) -> Double
    ) -> [Bar] {
        let shown = bars.filter { $0.value > 0 }
        guard shown.count > columns else { return shown }
        var highest: [Int: Bar] = [:]
        for bar in shown {
            let column = Int(place(bar.lower))
            if bar.value > highest[column]?.value ?? 0 { highest[column] = bar }
        }
        return highest.sorted { $0.key < $1.key }.map(\.value)
    }
}
