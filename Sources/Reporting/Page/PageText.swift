/// Text from outside, such as names and paths, made ready for the page.
///
/// All of it is escaped here and not by the template: the library that fills it goes by characters,
/// and takes a quotation mark with a combining accent for no quotation mark.
enum PageText {
    /// Characters of a name that are shown; the whole of it is in its tooltip.
    private static let longest = 90

    /// Text as it is.
    static func plain(_ text: String) -> String { SVG.escape(text) }

    /// A name: on one or several lines that break between words, in its own direction.
    static func name(_ name: String) -> String {
        "<bdi class=\"name\" title=\"\(SVG.escape(cut(name, 1000)))\">\(SVG.escape(cut(name)))</bdi>"
    }

    /// A name within a sentence.
    static func inline(_ name: String) -> String { "<bdi>\(SVG.escape(cut(name)))</bdi>" }

    /// A path, which may break behind each slash.
    static func path(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false)
            .map { SVG.escape(String($0)) }.joined(separator: "/<wbr>")
    }

    /// Words of a command line, or names of machines, none of which breaks at its hyphens.
    static func words(_ words: [String], separator: String = " ") -> String {
        words.map { "<span class=\"word\">\(SVG.escape(cut($0, 500)))</span>" }
            .joined(separator: separator)
    }

    /// The text up to so many characters, cut between words where there are some.
    static func cut(_ text: String, _ count: Int = longest) -> String {
        guard text.count > count else { return text }
        let kept = text.prefix(count)
        let words = kept.lastIndex(of: " ").map { kept[..<$0] } ?? kept
        return (words.count > count / 2 ? words : kept) + "…"
    }
}
