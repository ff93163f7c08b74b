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
        .chart text{fill:var(--soft);font-size:11.5px}
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
