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
    private let series: [Series]
    private let share: Bool
    private let showsAll: Bool

    /// Describes a chart; values that are no finite numbers are left out.
    ///
    /// - Parameters:
    ///   - share: values are shares, shown in per cent from 0 to at most 100.
    ///   - showsAll: the scale takes in every value, whatever becomes of the rest.
    public init(
        title: String,
        series: [Series],
        share: Bool = false,
        showsAll: Bool = false
    ) {
        self.title = title
        self.series = series.map(LineChart.finite).filter { !$0.points.isEmpty }
        self.share = share
        self.showsAll = showsAll || share
    }

    /// Whether there is nothing to draw.
    public var isEmpty: Bool { series.isEmpty }

    /// The chart as an SVG element for a page that carries the charts' style.
    public func svg(width: Double = 560, height: Double = 300, showsTitle: Bool = true) -> String {
        let frame = frame(width: width, height: height, showsTitle: showsTitle)
        var content = series.map { drawn($0, in: frame) }
        content.append(OffScale(series, frame).svg(text: precise))
        return frame.svg(
            content.filter { !$0.isEmpty }.joined(separator: "\n"),
            legend: series.count > 1 ? series.map { ($0.name, "f\($0.colour)") } : []
        )
    }

    private func frame(width: Double, height: Double, showsTitle: Bool) -> ChartFrame {
        let starts = series.compactMap(\.points.first?.x)
        let ends = series.compactMap(\.points.last?.x)
        var first = starts.min() ?? 0
        var last = ends.max() ?? 1
        // A single step stands in the middle.
        if first == last { (first, last) = (first - 0.5, last + 0.5) }
        let lows = series.compactMap { $0.points.lazy.map(\.y).min() }
        let highs = series.compactMap { $0.points.lazy.map(\.y).max() }
        let low = min(0, lows.min() ?? 0)
        let highest = highs.max() ?? 1
        let high = showsAll ? highest : min(highest, LineChart.worthShowing(series))
        return ChartFrame(
            title: title,
            xLabel: "step",
            yLabel: "",
            x: Scale(low: first, high: last, marks: 6, rounded: false, leastStep: 1),
            y: Scale(low: low, high: share ? min(high, 1) : high),
            yText: valueText,
            width: width,
            height: height,
            showsTitle: showsTitle
        )
    }

    private func valueText(_ value: Double) -> String {
        share ? Figures.percent(value, decimals: 0) : Figures.compact(value)
    }

    private func precise(_ value: Double) -> String {
        share ? Figures.percent(value) : Figures.compact(value)
    }

    /// The largest value that shapes the scale: four times the highest of the curves' medians, and
    /// half as much again as what a long curve begins with.
    ///
    /// One beyond, such as the loss of a run that diverges, is marked at the upper edge, for the
    /// rest to be seen. A single point says nothing of what is usual where there is a curve beside it.
    private static func worthShowing(_ series: [Series]) -> Double {
        let many = 20
        let hasCurve = series.contains { $0.points.count > 1 }
        func median(_ values: [Double]) -> Double { values.sorted()[(values.count - 1) / 2] }
        let tops = series.compactMap { one -> Double? in
            let values = one.points.map(\.y)
            if values.count == 1, hasCurve { return nil }
            let beginning = values.count < many ? 0 : 1.5 * median(Array(values.prefix(5)))
            return max(4 * median(values), beginning)
        }
        let top = tops.max() ?? 0
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
                parts += series.points.filter { $0.y <= frame.y.limit }.map {
                    dot($0, series, frame)
                }
            }
            return parts.filter { !$0.isEmpty }.joined(separator: "\n")
        }
        let mean = LineChart.smooth(series.points, window: max(5, series.points.count / 40))
        return [
            path(thinned, "faint \(colour)", frame),
            path(LineChart.thin(mean, columns: Int(frame.plotWidth / 2)), "line \(colour)", frame),
        ].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private func dot(_ point: (x: Double, y: Double), _ series: Series, _ frame: ChartFrame)
        -> String
    {
        "<circle class=\"f\(series.colour)\" cx=\"\(px: frame.column(point.x))\" "
            + "cy=\"\(px: frame.row(point.y))\" r=\"3\"><title>"
            + SVG.escape("\(series.name), step \(Figures.grouped(Int(point.x))): ")
            + SVG.escape(precise(point.y)) + "</title></circle>"
    }

    /// The curve through `points`, which leaves the frame where it leaves the scale.
    private func path(
        _ points: [(x: Double, y: Double)],
        _ style: String,
        _ frame: ChartFrame
    ) -> String {
        let top = frame.y.limit
        var shape = ""
        func add(_ command: String, _ x: Double, _ y: Double) {
            shape += "\(command)\(px: frame.column(x)) \(px: frame.row(y))"
        }
        var last: (x: Double, y: Double)?
        for point in points {
            if point.y <= top {
                if let last, last.y > top {
                    add("M", LineChart.crossing(last, point, top), top)
                    add("L", point.x, point.y)
                } else {
                    add(last == nil ? "M" : "L", point.x, point.y)
                }
            } else if let last, last.y <= top {
                add("L", LineChart.crossing(last, point, top), top)
            }
            last = point
        }
        return shape.isEmpty ? "" : "<path class=\"\(style)\" d=\"\(shape)\"/>"
    }

    /// Where the line from `a` to `b` has the height `y`, which lies between theirs.
    private static func crossing(
        _ a: (x: Double, y: Double),
        _ b: (x: Double, y: Double),
        _ y: Double
    ) -> Double {
        a.x + (b.x - a.x) * (y - a.y) / (b.y - a.y)
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
            if index >= window {
                let leaving = points[index - window].y
                sum -= leaving
                // What a huge value leaves behind when it is taken off again is rounding error.
                if abs(leaving) > 1e6 * abs(sum) {
                    sum = points[(index - window + 1)...index].reduce(0) { $0 + $1.y }
                }
            }
            return (points[index].x, sum / Double(min(index + 1, window)))
        }
    }
}

/// Values beyond a chart's scale: an arrow at the upper edge, with the value beside it.
struct OffScale {
    private struct Mark {
        var column: Double
        var x: Double
        var y: Double
        /// Points that the arrow stands for.
        var points = 1
        var name: String
        var colour: Int
    }

    private let frame: ChartFrame
    private var marks: [Mark] = []
    /// Least distance of two arrows, for the words beside them.
    private static let room = 210.0

    /// Takes the points that lie above the frame; of those near one another the highest gets the
    /// arrow and the others are counted.
    init(_ series: [LineChart.Series], _ frame: ChartFrame) {
        self.frame = frame
        let beyond = series.flatMap { one in
            one.points.lazy.filter { $0.y > frame.y.limit }.map { point in
                Mark(
                    column: frame.column(point.x),
                    x: point.x,
                    y: point.y,
                    name: one.name,
                    colour: one.colour
                )
            }
        }
        for mark in beyond.sorted(by: { ($1.y, $0.x) < ($0.y, $1.x) }) {
            let near = marks.firstIndex { abs($0.column - mark.column) < OffScale.room }
            if let near { marks[near].points += 1 } else { marks.append(mark) }
        }
    }

    /// The arrows, with values as `text` writes them.
    func svg(text: (Double) -> String) -> String {
        marks.map { drawn($0, text($0.y)) }.joined(separator: "\n")
    }

    private func drawn(_ mark: Mark, _ value: String) -> String {
        let words = value + (mark.points > 1 ? " and \(Figures.grouped(mark.points - 1)) more" : "")
        let fits = mark.column + 9 + SVG.width(words) <= frame.width
        let place = mark.column + (fits ? 9 : -9)
        let (left, right, foot) = (mark.column - 5, mark.column + 5, frame.top - 2)
        let note = "\(mark.name), step \(Figures.grouped(Int(mark.x))): \(value), beyond the scale"
        return "<g><title>\(SVG.escape(note))</title><path class=\"f\(mark.colour)\" "
            + "d=\"M\(px: left) \(px: foot)L\(px: right) \(px: foot)"
            + "L\(px: mark.column) \(px: foot - 8)Z\"/>"
            + SVG.text(words, place, frame.top - 2, "beyond", fits ? "start" : "end") + "</g>"
    }
}
