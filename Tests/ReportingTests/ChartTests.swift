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
        let curves = drawing.elements.filter { $0.name == "path" && $0.attributes["class"] != "f1" }
        for path in curves {
            let places = (path.attributes["d"] ?? "").dropFirst().split(separator: "L").map {
                $0.split(separator: " ").compactMap { Double($0) }
            }
            #expect(places.allSatisfy { (58...544).contains($0[0]) && (40...256).contains($0[1]) })
            #expect(zip(places, places.dropFirst()).allSatisfy { $0[0] <= $1[0] })
        }
        #expect(drawing.text.contains("held out"))
    }

    @Test func oneLossBeyondAllOthersIsMarkedAndLeavesTheRestToBeSeen() throws {
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
        #expect(rows.count == values.count - 1 && rows == rows.sorted())
        #expect(rows[3] - rows[0] > 20)
        // The arrow stands at the upper edge, its value beside it.
        #expect(drawing.count("path", "f1") == 1 && drawing.text.contains("700k|"))
        #expect(drawing.text.contains("loss, step 0: 700k, beyond the scale"))
    }

    @Test func valuesBeyondTheScaleThatAreCloseShareAnArrow() throws {
        var points = (0..<400).map { (x: Double($0), y: 2.0) }
        for (step, loss) in [(100, 900.0), (101, 1906), (103, 800), (390, 50)] {
            points[step].y = loss
        }
        let series = LineChart.Series(name: "training", points: points, smoothed: true)
        let drawing = try Drawing(LineChart(title: "Loss", series: [series]).svg())
        #expect(drawing.count("path", "f1") == 2)
        #expect(drawing.text.contains("1906 and 2 more|") && drawing.text.contains("|50|"))
        // The curve leaves the frame and comes back, so it has several pieces.
        let curve = drawing.elements.first { $0.attributes["class"] == "faint s1" }
        #expect((curve?.attributes["d"] ?? "").count { $0 == "M" } == 4)
    }

    @Test func theBeginningOfACurveIsNotBeyondItsScale() throws {
        let points = (0..<1000).map { step -> (x: Double, y: Double) in
            let x = Double(step)
            return (x, 0.05 + 3.8 * exp(-x / 80))
        }
        let series = LineChart.Series(name: "training", points: points, smoothed: true)
        let drawing = try Drawing(LineChart(title: "Loss", series: [series]).svg())
        #expect(!drawing.text.contains("beyond the scale"))
    }

    @Test func whatRoundingAddsToTheLargestValueIsOnTheScale() throws {
        // A learning rate of 0.05 as single precision has it.
        let points = (0...10).map { (x: Double($0), y: Double(Float(0.05)) * Double($0) / 10) }
        #expect((points.last?.y ?? 0) > 0.05)
        let series = LineChart.Series(name: "rate", points: points)
        let drawing = try Drawing(LineChart(title: "Learning rate", series: [series]).svg())
        #expect(!drawing.text.contains("beyond the scale"))
    }

    @Test func aRunningMeanForgetsAHugeValue() throws {
        var points = (0..<400).map { (x: Double($0), y: 2.0) }
        points[100].y = 1e30
        let series = LineChart.Series(name: "training", points: points, smoothed: true)
        let drawing = try Drawing(LineChart(title: "Loss", series: [series]).svg())
        let mean = drawing.elements.first { $0.attributes["class"] == "line s1" }
        let last = (mean?.attributes["d"] ?? "").split(separator: "L").last ?? ""
        let faint = drawing.elements.first { $0.attributes["class"] == "faint s1" }
        #expect(!last.isEmpty && (faint?.attributes["d"] ?? "").hasSuffix("L" + last))
    }

    @Test(arguments: [1, 2, 3, 7, 100])
    func stepsAreMarkedInWholeNumbers(count: Int) throws {
        let points = (1...count).map { (x: Double($0), y: 1.0) }
        let chart = LineChart(title: "Loss", series: [.init(name: "loss", points: points)])
        let drawing = try Drawing(chart.svg())
        let marks = drawing.elements.indices.filter {
            drawing.elements[$0].attributes["text-anchor"] == "middle"
                && drawing.elements[$0].attributes["class"] == "mark"
        }
        #expect(!marks.isEmpty)
        let text = drawing.text.split(separator: "|").map(String.init)
        #expect(text.contains("1") || count > 7)
        for wrong in ["0.5", "1.5", "2.5"] { #expect(!text.contains(wrong)) }
    }

    @Test func namedBarsHaveTheirNamesAndWholeMarks() throws {
        let long = String(repeating: "Notre-Dame ", count: 30)
        let chart = NamedBarChart(
            title: "Photos of each landmark",
            label: "photos",
            bars: [
                .init(name: "Tour <Eiffel> \"&\" \u{7}", count: 3), .init(name: "東京タワー", count: 1),
                .init(name: "قلعة حلب", count: 0), .init(name: long, count: 2),
            ]
        )
        let drawing = try Drawing(chart.document())
        let bars = drawing.elements.filter { $0.name == "rect" }
        let widths = bars.compactMap { $0.attributes["width"].flatMap(Double.init) }
        #expect(widths.count == 4 && abs(widths[0] - 3 * widths[1]) < 0.1)
        #expect(drawing.text.contains("東京タワー") && drawing.text.contains("قلعة حلب"))
        #expect(chart.document().contains("&lt;Eiffel&gt;") && drawing.text.contains("\\x07"))
        #expect(drawing.text.contains("…|") && !drawing.text.contains("|0.5|"))
    }

    @Test func nothingToDrawIsAnEmptyFrame() throws {
        let line = try Drawing(LineChart(title: "Loss", series: []).svg())
        #expect(line.count("path", "line s1") == 0)
        let bars = BarChart(title: "t", xLabel: "x", yLabel: "y", bars: [])
        #expect(try Drawing(bars.svg()).count("rect", "f1") == 0)
    }
}
