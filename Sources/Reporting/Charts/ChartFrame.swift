import Foundation

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
        let (left, right) = (ChartFrame.left, width - ChartFrame.right)
        let baseline = height - ChartFrame.bottom
        var parts = [SVG.begin(title, width, height)]
        if showsTitle { parts.append(SVG.text(title, left, headline, "title")) }
        for tick in y.ticks {
            parts.append(SVG.rule("grid", left, row(tick), right, row(tick)))
            parts.append(SVG.text(yText(tick), left - 8, row(tick) + 4, "mark", "end"))
        }
        parts.append(SVG.rule("axis", left, baseline, right, baseline))
        for tick in x.ticks {
            parts.append(SVG.rule("axis", column(tick), baseline, column(tick), baseline + 4))
            // A mark is moved inside where it would be cut off.
            let words = Figures.compact(tick)
            let half = SVG.width(words) / 2
            let place = min(max(column(tick), half), width - half)
            parts.append(SVG.text(words, place, baseline + 17, "mark", "middle"))
        }
        parts.append(SVG.text(xLabel, left + plotWidth / 2, height - 8, "label", "middle"))
        parts += [content, upward] + drawn(legend) + ["</svg>"]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private var upward: String {
        guard !yLabel.isEmpty else { return "" }
        let middle = SVG.number(top + plotHeight / 2)
        return "<text class=\"label\" text-anchor=\"middle\" x=\"0\" y=\"0\" "
            + "transform=\"translate(13 \(middle)) rotate(-90)\">\(SVG.escape(yLabel))</text>"
    }

    private func drawn(_ legend: [(name: String, style: String)]) -> [String] {
        var right = width - ChartFrame.right
        var parts: [String] = []
        for (name, style) in legend.reversed() {
            parts.append(SVG.text(name, right, headline, "label", "end"))
            right -= SVG.width(name) + 6
            parts.append(
                "<rect class=\"\(style)\" x=\"\(px: right - 10)\" "
                    + "y=\"\(px: headline - 9)\" width=\"10\" height=\"10\" rx=\"2\"/>"
            )
            right -= 24
        }
        return parts
    }
}

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

/// The look of charts, on a page and in files of their own.
enum ChartStyle {
    /// Colours by name, for light and for dark surroundings.
    ///
    /// Text in them has a contrast of 4.5 to 1 or more on cards and on the page's ground. Paper is
    /// light.
    static let colours = """
        :root{--card:#ffffff;--ink:#1b2433;--soft:#596376;--rule:#e3e0d8;\
        --c1:#2560cc;--c2:#d9601f;--c3:#1b8f69;--c4:#8d5bd6}
        @media screen and (prefers-color-scheme:dark){:root{--card:#1b2029;--ink:#e9ecf1;\
        --soft:#a3adbc;--rule:#333c49;--c1:#7aa9ff;--c2:#ff9a63;--c3:#4fcf9f;--c4:#b793f5}}
        """

    /// What the classes in a chart look like.
    static let chart = """
        .chart{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif}
        .chart text{fill:var(--soft);font-size:11.5px;unicode-bidi:isolate}
        .chart text.title{fill:var(--ink);font-size:14px;font-weight:600}
        .chart text.beyond{fill:var(--ink)}
        .chart .mark{font-variant-numeric:tabular-nums}
        .chart .grid{stroke:var(--rule);stroke-width:1}
        .chart .axis{stroke:var(--soft);stroke-width:1;opacity:.6}
        .chart .line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
        .chart .faint{fill:none;stroke-width:1;opacity:.28}
        .chart .s1{stroke:var(--c1)}.chart .s2{stroke:var(--c2)}
        .chart .s3{stroke:var(--c3)}.chart .s4{stroke:var(--c4)}
        .chart .f1{fill:var(--c1)}.chart .f2{fill:var(--c2)}
        .chart .f3{fill:var(--c3)}.chart .f4{fill:var(--c4)}
        """

    /// A chart as a file of its own, legible on light and on dark ground.
    static func document(_ svg: String) -> String {
        let style =
            "<style>\(colours)\n\(chart)\n.chart{background:var(--card)}</style>"
        guard let end = svg.firstIndex(of: ">") else { return svg }
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg[...end] + "\n" + style
            + svg[svg.index(after: end)...] + "\n"
    }
}
