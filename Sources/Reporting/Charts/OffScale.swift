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
        let (left, right) = (SVG.number(mark.column - 5), SVG.number(mark.column + 5))
        let (foot, tip) = (SVG.number(frame.top - 2), SVG.number(frame.top - 10))
        let note = "\(mark.name), step \(Figures.grouped(Int(mark.x))): \(value), beyond the scale"
        return "<g><title>\(SVG.escape(note))</title><path class=\"f\(mark.colour)\" "
            + "d=\"M\(left) \(foot)L\(right) \(foot)L\(SVG.number(mark.column)) \(tip)Z\"/>"
            + frame.text(
                words,
                x: mark.column + (fits ? 9 : -9),
                y: frame.top - 2,
                style: "beyond",
                anchor: fits ? "start" : "end"
            ) + "</g>"
    }
}
