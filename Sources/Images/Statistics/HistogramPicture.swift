import Foundation

/// Draws the two pictures of a dataset as SVG.
public enum HistogramPicture {
    private static let width = 960.0
    private static let height = 480.0
    private static let left = 84.0
    private static let bottom = 64.0
    private static let top = 56.0
    private static let right = 24.0

    /// How many landmarks (Occurrences) have how many photos (Amount of images).
    public static func imagesPerClass(_ histogram: Histogram) -> String {
        let tallest = Double(histogram.counts.max() ?? 1)
        let plot = Plot(
            x: histogram.low...histogram.high,
            y: 0...max(tallest, 1),
            title: "Photos per landmark",
            xName: "Amount of images",
            yName: "Occurrences"
        )
        var bars = ""
        for (index, count) in histogram.counts.enumerated() where count > 0 {
            let edges = histogram.edges(index)
            bars += plot.bar(edges.lowerBound, edges.upperBound, Double(count))
        }
        return plot.svg(bars)
    }

    /// The number of photos of each landmark, by landmark id.
    ///
    /// Where there are more landmarks than columns, a column shows the tallest of its landmarks.
    public static func imagesPerLandmark(_ photos: any Dataset) -> String {
        let counts = photos.countsPerClass
        let ids = photos.classes.ids.map(Double.init)
        let low = ids.first ?? 0
        let high = max(ids.last ?? 1, low + 1)
        let plot = Plot(
            x: low...high,
            y: 0...Double(max(counts.max() ?? 1, 1)),
            title: "Photos of each landmark",
            xName: "Landmark id",
            yName: "Number of images"
        )
        let columns = 1_600
        var tallest = [Int](repeating: 0, count: columns)
        for (id, count) in zip(ids, counts) {
            let column = min(Int((id - low) / (high - low) * Double(columns)), columns - 1)
            tallest[column] = max(tallest[column], count)
        }
        let step = (high - low) / Double(columns)
        var bars = ""
        // Few landmarks get bars that can be seen.
        let wide = max(Double(columns) / Double(max(counts.count, 1)) * 0.4, 1)
        for (column, count) in tallest.enumerated() where count > 0 {
            let middle = low + step * (Double(column) + 0.5)
            let from = max(middle - step * wide / 2, low)
            bars += plot.bar(from, min(from + step * wide, high), Double(count))
        }
        return plot.svg(bars)
    }

    /// Axes and their scales.
    private struct Plot {
        let x, y: ClosedRange<Double>
        let title, xName, yName: String

        private func across(_ value: Double) -> Double {
            left + (value - x.lowerBound) / (x.upperBound - x.lowerBound) * (width - left - right)
        }

        private func up(_ value: Double) -> Double {
            height - bottom - value / y.upperBound * (height - bottom - top)
        }

        func bar(_ from: Double, _ to: Double, _ value: Double) -> String {
            let (a, b, tip) = (across(from), across(to), up(value))
            return String(
                format: "<rect x='%.2f' y='%.2f' width='%.2f' height='%.2f'/>\n",
                a,
                tip,
                max(b - a, 0.3),
                height - bottom - tip
            )
        }

        func svg(_ bars: String) -> String {
            var marks = ""
            for value in ticks(x) {
                let place = across(value)
                marks += line(place, height - bottom, place, height - bottom + 5)
                marks += text(place, height - bottom + 22, label(value), "middle")
            }
            for value in ticks(y) {
                marks += line(left - 5, up(value), left, up(value))
                marks += text(left - 10, up(value) + 5, label(value), "end")
            }
            marks += line(left, height - bottom, width - right, height - bottom)
            marks += line(left, top, left, height - bottom)
            marks += text((left + width - right) / 2, height - 14, xName, "middle")
            marks += text((left + width - right) / 2, 30, title, "middle", size: 19)
            let middle = (top + height - bottom) / 2
            marks +=
                "<text x='20' y='\(middle)' text-anchor='middle' "
                + "transform='rotate(-90 20 \(middle))'>\(yName)</text>\n"
            return """
                <svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 \(Int(width)) \(Int(height))' \
                font-family='sans-serif' font-size='14' fill='#222a33'>
                <rect width='100%' height='100%' fill='#fff'/>
                <g fill='#2f6fa8'>
                \(bars)</g>
                <g stroke='#222a33' stroke-width='0'>
                \(marks)</g>
                </svg>

                """
        }

        private func line(_ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double) -> String {
            String(
                format: "<path stroke-width='1' d='M%.2f %.2fL%.2f %.2f'/>\n",
                x0,
                y0,
                x1,
                y1
            )
        }

        private func text(
            _ x: Double,
            _ y: Double,
            _ words: String,
            _ anchor: String,
            size: Int = 14
        ) -> String {
            String(format: "<text x='%.2f' y='%.2f' ", x, y)
                + "font-size='\(size)' text-anchor='\(anchor)'>\(words)</text>\n"
        }

        /// Round numbers along an axis, about six of them.
        private func ticks(_ range: ClosedRange<Double>) -> [Double] {
            let rough = (range.upperBound - range.lowerBound) / 6
            let power = pow(10, log10(rough).rounded(.down))
            let step = max([1, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough, 1)
            let first = (range.lowerBound / step).rounded(.up) * step
            return Array(stride(from: first, through: range.upperBound, by: step))
        }

        private func label(_ value: Double) -> String { String(Int(value)) }
    }
}
