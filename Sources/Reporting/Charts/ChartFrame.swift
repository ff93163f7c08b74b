/// The frame of a chart: its ground, grid, marks and titles, around whatever is drawn in it.
struct ChartFrame {
    /// What the chart shows.
    let title: String
    /// What runs to the right.
    let xLabel: String
    /// What runs upwards.
    let yLabel: String
    let x: Scale
    let y: Scale
    /// How a value is written on the upward axis.
    let yText: (Double) -> String
    let width: Double
    let height: Double
    /// Whether the title is drawn; a page writes it above the chart, where it can be wrapped.
    var showsTitle = true

    static let left = 58.0
    static let right = 16.0
    static let bottom = 44.0

    /// Where the plot begins, with room for the title, the legend and the values beyond the scale.
    var top: Double { showsTitle ? 40 : 36 }
    var plotWidth: Double { width - ChartFrame.left - ChartFrame.right }
    var plotHeight: Double { height - top - ChartFrame.bottom }

    private var headline: Double { showsTitle ? 22 : 12 }

    /// Column of the value `value`, in pixels.
    func column(_ value: Double) -> Double { ChartFrame.left + x.position(value) * plotWidth }

    /// Row of the value `value`, in pixels from the top.
    func row(_ value: Double) -> Double {
        height - ChartFrame.bottom - y.position(value) * plotHeight
    }

    /// The chart with `content` drawn in the frame and `legend` in its upper right corner.
    func svg(_ content: String, legend: [(name: String, style: String)] = []) -> String {
        let baseline = height - ChartFrame.bottom
        var parts = [
            "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
                + "viewBox=\"0 0 \(SVG.number(width)) \(SVG.number(height))\" "
                + "aria-label=\"\(SVG.escape(title))\">"
        ]
        if showsTitle {
            parts.append(text(title, x: ChartFrame.left, y: headline, style: "title"))
        }
        for tick in y.ticks {
            parts.append(
                rule("grid", ChartFrame.left, row(tick), width - ChartFrame.right, row(tick))
            )
            parts.append(
                text(
                    yText(tick),
                    x: ChartFrame.left - 8,
                    y: row(tick) + 4,
                    style: "mark",
                    anchor: "end"
                )
            )
        }
        let right = width - ChartFrame.right
        parts.append(rule("axis", ChartFrame.left, baseline, right, baseline))
        for tick in x.ticks {
            parts.append(rule("axis", column(tick), baseline, column(tick), baseline + 4))
            parts.append(mark(Figures.compact(tick), under: column(tick), y: baseline + 17))
        }
        parts.append(
            text(
                xLabel,
                x: ChartFrame.left + plotWidth / 2,
                y: height - 8,
                style: "label",
                anchor: "middle"
            )
        )
        parts.append(content)
        parts.append(upward)
        parts += drawn(legend)
        parts.append("</svg>")
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private var upward: String {
        guard !yLabel.isEmpty else { return "" }
        let middle = SVG.number(top + plotHeight / 2)
        return "<text class=\"label\" text-anchor=\"middle\" x=\"0\" y=\"0\" "
            + "transform=\"translate(13 \(middle)) rotate(-90)\">\(SVG.escape(yLabel))</text>"
    }

    /// A mark of the axis to the right, moved inside where it would be cut off.
    private func mark(_ words: String, under x: Double, y: Double) -> String {
        let half = SVG.width(words) / 2
        let place = min(max(x, half), width - half)
        return text(words, x: place, y: y, style: "mark", anchor: "middle")
    }

    private func drawn(_ legend: [(name: String, style: String)]) -> [String] {
        var right = width - ChartFrame.right
        var parts: [String] = []
        for (name, style) in legend.reversed() {
            parts.append(text(name, x: right, y: headline, style: "label", anchor: "end"))
            right -= SVG.width(name) + 6
            parts.append(
                "<rect class=\"\(style)\" x=\"\(SVG.number(right - 10))\" "
                    + "y=\"\(SVG.number(headline - 9))\" width=\"10\" height=\"10\" rx=\"2\"/>"
            )
            right -= 24
        }
        return parts
    }

    /// A line of text at a place.
    func text(
        _ text: String,
        x: Double,
        y: Double,
        style: String,
        anchor: String = "start"
    ) -> String {
        "<text class=\"\(style)\" text-anchor=\"\(anchor)\" x=\"\(SVG.number(x))\" "
            + "y=\"\(SVG.number(y))\">\(SVG.escape(text))</text>"
    }

    private func rule(
        _ style: String,
        _ x1: Double,
        _ y1: Double,
        _ x2: Double,
        _ y2: Double
    ) -> String {
        "<line class=\"\(style)\" x1=\"\(SVG.number(x1))\" y1=\"\(SVG.number(y1))\" "
            + "x2=\"\(SVG.number(x2))\" y2=\"\(SVG.number(y2))\"/>"
    }
}
