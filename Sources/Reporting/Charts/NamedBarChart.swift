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
        let scale = Scale(
            low: 0,
            high: Double(bars.map(\.count).max() ?? 1),
            marks: 6,
            rounded: false,
            leastStep: 1
        )
        var parts = [
            "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
                + "viewBox=\"0 0 \(SVG.number(width)) \(SVG.number(height))\" "
                + "aria-label=\"\(SVG.escape(title))\">",
            text(title, x: NamedBarChart.margin, y: 22, style: "title", anchor: "start"),
        ]
        for tick in scale.ticks {
            let x = SVG.number(left + scale.position(tick) * room)
            parts.append(
                "<line class=\"grid\" x1=\"\(x)\" y1=\"\(SVG.number(NamedBarChart.top))\" "
                    + "x2=\"\(x)\" y2=\"\(SVG.number(foot))\"/>"
            )
            parts.append(
                text(
                    Figures.compact(tick),
                    x: left + scale.position(tick) * room,
                    y: foot + 16,
                    style: "mark",
                    anchor: "middle"
                )
            )
        }
        for (place, bar) in bars.enumerated() {
            let y = NamedBarChart.top + Double(place) * NamedBarChart.row
            parts.append(
                drawn(bar, y: y, left: left, length: scale.position(Double(bar.count)) * room)
            )
        }
        parts.append(
            text(label, x: left + room / 2, y: height - 8, style: "label", anchor: "middle")
        )
        parts.append("</svg>")
        return parts.joined(separator: "\n")
    }

    private func drawn(_ bar: Bar, y: Double, left: Double, length: Double) -> String {
        let columns = Int((left - NamedBarChart.margin - 10) / SVG.width("n"))
        let name = SVG.shortened(bar.name, columns: max(columns, 4))
        let count = Figures.grouped(bar.count)
        return "<g><title>\(SVG.escape("\(bar.name): \(count)"))</title>"
            + text(name, x: left - 8, y: y + 15, style: "label", anchor: "end")
            + "<rect class=\"f1\" x=\"\(SVG.number(left))\" y=\"\(SVG.number(y + 4))\" "
            + "width=\"\(SVG.number(max(length, 0.9)))\" height=\"\(SVG.number(NamedBarChart.row - 7))\" "
            + "rx=\"2\"/>"
            + text(count, x: left + length + 6, y: y + 15, style: "mark", anchor: "start")
            + "</g>"
    }

    private func text(_ text: String, x: Double, y: Double, style: String, anchor: String) -> String
    {
        // Isolated, so that a name written from right to left leaves its surroundings alone.
        "<text class=\"\(style)\" text-anchor=\"\(anchor)\" x=\"\(SVG.number(x))\" "
            + "y=\"\(SVG.number(y))\" style=\"unicode-bidi:isolate\">\(SVG.escape(text))</text>"
    }
}
