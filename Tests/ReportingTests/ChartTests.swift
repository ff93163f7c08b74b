import Foundation
import Reporting
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct ChartTests {
    /// What an SVG draws, by reading it as XML.
    private final class Drawing: NSObject, XMLParserDelegate {
        var elements: [(name: String, attributes: [String: String])] = []
        var text = ""

        init(_ svg: String) throws {
            super.init()
            let parser = XMLParser(data: Data(svg.utf8))
            parser.delegate = self
            try #require(parser.parse(), "not well-formed: \(svg.prefix(200))")
        }

        func parser(
            _ parser: XMLParser,
            didStartElement name: String,
            namespaceURI: String?,
            qualifiedName: String?,
            attributes: [String: String]
        ) {
            elements.append((name, attributes))
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) { text += string + "|" }

        func count(_ name: String, _ style: String) -> Int {
            elements.count { $0.name == name && $0.attributes["class"] == style }
        }
    }

    @Test func countsAreMarkedInWholeNumbers() throws {
        let chart = BarChart(
            title: "t",
            xLabel: "x",
            yLabel: "y",
            bars: [.init(lower: 0, upper: 10, value: 2)]
        )
        let text = chart.svg()
        #expect(text.contains(">1</text>") && !text.contains(">0.5</text>"))
    }

    @Test func barsAreAsHighAsTheirValuesAndNoneWhereThereIsNothing() throws {
        let chart = BarChart(
            title: "Images per class",
            xLabel: "Amount of images",
            yLabel: "Occurrences",
            bars: [1.0, 2, 0, 3].enumerated().map { bin, value in
                .init(lower: Double(bin), upper: Double(bin + 1), value: value)
            }
        )
        let drawing = try Drawing(chart.svg(width: 474, height: 184))
        let bars = drawing.elements.filter { $0.name == "rect" }
        // The frame leaves 400 × 100; the upward axis ends at 3.
        #expect(bars.map { $0.attributes["x"] } == ["58", "158", "358"])
        let heights = bars.compactMap { $0.attributes["height"].flatMap(Double.init) }
        #expect(abs(heights[1] - 2 * heights[0]) < 0.05 && abs(heights[2] - 3 * heights[0]) < 0.05)
        for word in ["Images per class", "Amount of images", "Occurrences"] {
            #expect(drawing.text.contains(word))
        }
    }

    @Test func manyBarsBecomeOneForAColumn() throws {
        let bars = (0..<81_313).map {
            BarChart.Bar(lower: Double($0), upper: Double($0 + 1), value: $0 == 40_000 ? 900 : 1)
        }
        let chart = BarChart(title: "t", xLabel: "x", yLabel: "y", bars: bars)
        let drawing = try Drawing(chart.svg(width: 974, height: 400))
        #expect(drawing.count("rect", "f1") <= 901)
        let rows = drawing.elements.filter { $0.name == "rect" }
            .compactMap { $0.attributes["y"].flatMap(Double.init) }
        // The one tall bar among thousands of small ones is still there.
        #expect(rows.filter { $0 < 60 }.count == 1)
        #expect(drawing.text.contains("(logarithmic)"))
    }

    @Test func aDocumentIsWellFormedAndEscaped() throws {
        let chart = BarChart(
            title: "<Notre-Dame & \"co\">",
            xLabel: "x",
            yLabel: "y",
            bars: [.init(lower: 0, upper: 1, value: 1, note: "a < b")]
        )
        let drawing = try Drawing(chart.document())
        #expect(drawing.elements.first?.name == "svg")
        #expect(drawing.count("style", "") == 0 && drawing.text.contains("prefers-color-scheme"))
        #expect(chart.document().contains("&lt;Notre-Dame &amp; &quot;co&quot;&gt;"))
    }

    @Test func curvesRunFromLeftToRightInTheFrame() throws {
        let chart = LineChart(
            title: "Loss",
            series: [
                .init(
                    name: "training",
                    points: (0..<500).map { (Double($0), 5 / Double($0 + 1)) },
                    smoothed: true
                ),
                .init(name: "held out", points: [(100, 2), (200, 1), (300, .nan)], colour: 2),
            ]
        )
        let drawing = try Drawing(chart.svg(width: 560, height: 300))
        #expect(drawing.count("path", "faint s1") == 1 && drawing.count("path", "line s1") == 1)
        #expect(drawing.count("path", "line s2") == 1 && drawing.count("circle", "f2") == 2)
        for path in drawing.elements.filter({ $0.name == "path" }) {
            let places = (path.attributes["d"] ?? "").dropFirst().split(separator: "L").map {
                $0.split(separator: " ").compactMap { Double($0) }
            }
            #expect(places.allSatisfy { (58...544).contains($0[0]) && (40...256).contains($0[1]) })
            #expect(zip(places, places.dropFirst()).allSatisfy { $0[0] <= $1[0] })
        }
        #expect(drawing.text.contains("held out"))
    }

    @Test func oneLossBeyondAllOthersLeavesTheRestToBeSeen() throws {
        let values = [700_000.0, 3, 2.5, 2, 1.5]
        let chart = LineChart(
            title: "Loss",
            series: [
                .init(name: "loss", points: values.enumerated().map { (Double($0), $1) })
            ]
        )
        let drawing = try Drawing(chart.svg())
        let rows = drawing.elements.filter { $0.name == "circle" }
            .compactMap { $0.attributes["cy"].flatMap(Double.init) }
        #expect(rows.count == values.count && rows == rows.sorted())
        #expect(rows[4] - rows[1] > 20)
    }

    @Test func nothingToDrawIsAnEmptyFrame() throws {
        let line = try Drawing(LineChart(title: "Loss", series: []).svg())
        #expect(line.count("path", "line s1") == 0)
        let bars = BarChart(title: "t", xLabel: "x", yLabel: "y", bars: [])
        #expect(try Drawing(bars.svg()).count("rect", "f1") == 0)
    }
}
