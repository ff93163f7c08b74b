/// Curves over steps, as SVG.
public struct LineChart: Sendable {
    /// A curve.
    public struct Series: Sendable {
        /// Its name in the legend.
        public var name: String
        /// Points in the order of x.
        public var points: [(x: Double, y: Double)]
        /// Number of its colour, from 1 to 4.
        public var colour: Int
        /// Draw the points faintly and their running mean over them.
        public var smoothed: Bool

        /// Names a curve.
        public init(
            name: String,
            points: [(x: Double, y: Double)],
            colour: Int = 1,
            smoothed: Bool = false
        ) {
            self.name = name
            self.points = points
            self.colour = colour
            self.smoothed = smoothed
        }
    }

    private let title: String
    private let xLabel: String
    private let series: [Series]
    private let share: Bool
    private let fromZero: Bool

    /// Describes a chart.
    ///
    /// - Parameters:
    ///   - share: values are shares, shown in per cent from 0 to at most 100.
    ///   - fromZero: the upward axis starts at 0.
    public init(
        title: String,
        xLabel: String = "step",
        series: [Series],
        share: Bool = false,
        fromZero: Bool = true
    ) {
        self.title = title
        self.xLabel = xLabel
        self.series = series
        self.share = share
        self.fromZero = fromZero
    }

    /// The chart as an SVG element for a page that carries the charts' style.
    public func svg(width: Double = 560, height: Double = 300) -> String {
        let shown = series.map(LineChart.finite).filter { !$0.points.isEmpty }
        let xs = shown.flatMap { $0.points.map(\.x) }
        let ys = shown.flatMap { $0.points.map(\.y) }
        let low = fromZero ? min(0, ys.min() ?? 0) : ys.min() ?? 0
        let high = min(ys.max() ?? 1, LineChart.worthShowing(shown))
        let frame = ChartFrame(
            title: title,
            xLabel: xLabel,
            yLabel: "",
            x: Scale(
                low: xs.min() ?? 0,
                high: xs.max() ?? 1,
                marks: 6,
                rounded: false
            ),
            y: Scale(low: low, high: share ? min(high, 1) : high),
            yText: valueText,
            width: width,
            height: height
        )
        let content = shown.map { drawn($0, in: frame) }.joined(separator: "\n")
        return frame.svg(
            content,
            legend: shown.count > 1 ? shown.map { ($0.name, "f\($0.colour)") } : []
        )
    }

    private func valueText(_ value: Double) -> String {
        share ? Figures.percent(value, decimals: 0) : Figures.compact(value)
    }

    /// Four times the largest of the curves' medians: a value beyond, such as the loss before batch
    /// norm's running statistics have settled, is drawn at the upper edge, for the rest to be seen.
    private static func worthShowing(_ series: [Series]) -> Double {
        let medians = series.map { one in
            let values = one.points.map(\.y).sorted()
            return values[values.count / 2]
        }
        let top = 4 * (medians.max() ?? 0)
        return top > 0 ? top : .infinity
    }

    private static func finite(_ series: Series) -> Series {
        var kept = series
        kept.points = series.points.filter { $0.x.isFinite && $0.y.isFinite }
        return kept
    }

    private func drawn(_ series: Series, in frame: ChartFrame) -> String {
        let thinned = LineChart.thin(series.points, columns: Int(frame.plotWidth / 2))
        let colour = "s\(series.colour)"
        guard series.smoothed, series.points.count > 30 else {
            var parts = [path(thinned, "line \(colour)", frame)]
            if series.points.count <= 40 {
                parts += series.points.map { dot($0, series, frame) }
            }
            return parts.joined(separator: "\n")
        }
        let mean = LineChart.smooth(series.points, window: max(5, series.points.count / 40))
        return path(thinned, "faint \(colour)", frame) + "\n"
            + path(LineChart.thin(mean, columns: Int(frame.plotWidth / 2)), "line \(colour)", frame)
    }

    private func dot(_ point: (x: Double, y: Double), _ series: Series, _ frame: ChartFrame)
        -> String
    {
        let value = share ? Figures.percent(point.y) : Figures.compact(point.y)
        return "<circle class=\"f\(series.colour)\" cx=\"\(SVG.number(frame.column(point.x)))\" "
            + "cy=\"\(SVG.number(frame.row(point.y)))\" r=\"3\"><title>"
            + SVG.escape("\(series.name), \(xLabel) \(Figures.compact(point.x)): \(value)")
            + "</title></circle>"
    }

    private func path(
        _ points: [(x: Double, y: Double)],
        _ style: String,
        _ frame: ChartFrame
    ) -> String {
        let places = points.map {
            "\(SVG.number(frame.column($0.x))) \(SVG.number(frame.row($0.y)))"
        }
        return "<path class=\"\(style)\" d=\"M\(places.joined(separator: "L"))\"/>"
    }

    /// At most two points for each of `columns`: the lowest and the highest, so that peaks stay.
    static func thin(_ points: [(x: Double, y: Double)], columns: Int) -> [(x: Double, y: Double)] {
        guard points.count > 2 * columns, columns > 0 else { return points }
        var kept: [(x: Double, y: Double)] = []
        for column in 0..<columns {
            let range =
                column * points.count / columns..<(column + 1) * points.count / columns
            guard let low = range.min(by: { points[$0].y < points[$1].y }),
                let high = range.max(by: { points[$0].y < points[$1].y })
            else { continue }
            kept += Set([low, high]).sorted().map { points[$0] }
        }
        return kept
    }

    /// The mean of each point and up to `window` − 1 points before it.
    static func smooth(
        _ points: [(x: Double, y: Double)],
        window: Int
    ) -> [(x: Double, y: Double)] {
        var sum = 0.0
        return points.indices.map { index in
            sum += points[index].y
            if index >= window { sum -= points[index - window].y }
            return (points[index].x, sum / Double(min(index + 1, window)))
        }
    }
}
