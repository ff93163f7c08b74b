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
            "<rect class=\"f1\" x=\"\(px: left)\" y=\"\(px: top)\" "
            + "width=\"\(px: width)\" height=\"\(px: frame.row(frame.y.low) - top)\""
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

/// Bars to the right, each with a name before it and its count behind it, as SVG.
public struct NamedBarChart: Sendable {
    /// A name and its count.
    public struct Bar: Sendable, Equatable {
        /// What is counted.
        public var name: String
        /// How many there are.
        public var count: Int

        /// Makes a bar.
        public init(name: String, count: Int) {
            self.name = name
            self.count = count
        }
    }

    /// Bars that still have room for their names; of more, `BarChart` shows the shape.
    public static let most = 60

    private let title: String
    private let label: String
    private let bars: [Bar]

    private static let row = 20.0
    private static let top = 38.0
    private static let bottom = 44.0
    private static let margin = 14.0
    /// Room for the count behind the longest bar.
    private static let countRoom = 62.0

    /// Describes a chart; bars are drawn from the top in the order given.
    ///
    /// - Parameter label: what is counted.
    public init(title: String, label: String, bars: [Bar]) {
        self.title = title
        self.label = label
        self.bars = bars
    }

    /// The chart as an SVG file of its own.
    public func document(width: Double = 900) -> String { ChartStyle.document(svg(width: width)) }

    /// The chart as an SVG element for a page that carries the charts' style; it is as high as the
    /// bars need.
    public func svg(width: Double = 900) -> String {
        let longest = bars.map { SVG.width($0.name) }.max() ?? 0
        let left = NamedBarChart.margin + min(longest, width * 0.36) + 10
        let room = width - left - NamedBarChart.countRoom
        let foot = NamedBarChart.top + Double(bars.count) * NamedBarChart.row + 4
        let height = foot + NamedBarChart.bottom
        let most = Double(bars.map(\.count).max() ?? 1)
        let scale = Scale(low: 0, high: most, marks: 6, rounded: false, leastStep: 1)
        var parts = [
            SVG.begin(title, width, height),
            SVG.text(title, NamedBarChart.margin, 22, "title"),
        ]
        for tick in scale.ticks {
            let x = left + scale.position(tick) * room
            parts.append(SVG.rule("grid", x, NamedBarChart.top, x, foot))
            parts.append(SVG.text(Figures.compact(tick), x, foot + 16, "mark", "middle"))
        }
        for (place, bar) in bars.enumerated() {
            let y = NamedBarChart.top + Double(place) * NamedBarChart.row
            parts.append(drawn(bar, y, left, scale.position(Double(bar.count)) * room))
        }
        parts.append(SVG.text(label, left + room / 2, height - 8, "label", "middle"))
        return (parts + ["</svg>"]).joined(separator: "\n")
    }

    private func drawn(_ bar: Bar, _ y: Double, _ left: Double, _ length: Double) -> String {
        let columns = Int((left - NamedBarChart.margin - 10) / SVG.width("n"))
        let name = SVG.shortened(bar.name, columns: max(columns, 4))
        let count = Figures.grouped(bar.count)
        return "<g><title>\(SVG.escape("\(bar.name): \(count)"))</title>"
            + SVG.text(name, left - 8, y + 15, "label", "end")
            + "<rect class=\"f1\" x=\"\(px: left)\" y=\"\(px: y + 4)\" rx=\"2\" "
            + "width=\"\(px: max(length, 0.9))\" height=\"\(px: NamedBarChart.row - 7)\"/>"
            + SVG.text(count, left + length + 6, y + 15, "mark") + "</g>"
    }
}
