/// Lays out a sheet and draws it.
struct SheetPainter {
    private static let margin = 24
    private static let gap = 20
    private static let underTitle = 12
    private static let paper = SIMD3<UInt8>(250, 249, 246)

    private let sheet: PhotoSheet
    private let titles = TextPainter(lineHeight: 34)
    private let headings = TextPainter(lineHeight: 26)
    private let lines = TextPainter(lineHeight: 19)

    init(_ sheet: PhotoSheet) { self.sheet = sheet }

    private var side: Int { PhotoSheet.photoSide }
    private var columns: Int {
        min(sheet.columns, max(sheet.sections.map(\.entries.count).max() ?? 1, 1))
    }
    private var width: Int {
        2 * SheetPainter.margin + columns * side + (columns - 1) * SheetPainter.gap
    }

    /// A row of photos with its lines wrapped.
    private struct Row {
        var heading: [String] = []
        var entries: [(entry: PhotoSheet.Entry, lines: [PhotoSheet.Line])] = []
    }

    func draw() -> Bitmap {
        let inside = width - 2 * SheetPainter.margin
        let title = titles.wrap(sheet.title, width: inside, lines: 2)
        let rows = rows(inside)
        var height = 2 * SheetPainter.margin + title.count * titles.lineHeight
        if !title.isEmpty { height += SheetPainter.underTitle }
        for row in rows { height += self.height(row) }
        var bitmap = Bitmap(width: width, height: height, fill: SheetPainter.paper)
        var y = SheetPainter.margin
        for line in title {
            titles.draw(line, on: &bitmap, x: SheetPainter.margin, y: y, ink(.plain), isBold: true)
            y += titles.lineHeight
        }
        if !title.isEmpty { y += SheetPainter.underTitle }
        for row in rows {
            draw(row, on: &bitmap, y: y)
            y += self.height(row)
        }
        return bitmap
    }

    private func rows(_ inside: Int) -> [Row] {
        var rows: [Row] = []
        for section in sheet.sections {
            for start in stride(from: 0, to: max(section.entries.count, 1), by: columns) {
                var row = Row()
                if start == 0, !section.heading.isEmpty {
                    row.heading = headings.wrap(section.heading, width: inside, lines: 2)
                }
                for entry in section.entries.dropFirst(start).prefix(columns) {
                    let wrapped = entry.lines.flatMap { line in
                        lines.wrap(line.text, width: side, lines: 2).map {
                            PhotoSheet.Line($0, line.tone)
                        }
                    }
                    row.entries.append((entry, wrapped))
                }
                rows.append(row)
            }
        }
        return rows
    }

    private func height(_ row: Row) -> Int {
        let heading = row.heading.isEmpty ? 0 : row.heading.count * headings.lineHeight + 18
        guard !row.entries.isEmpty else { return heading }
        let text = row.entries.map(\.lines.count).max() ?? 0
        return heading + side + 8 + text * lines.lineHeight + SheetPainter.gap
    }

    private func draw(_ row: Row, on bitmap: inout Bitmap, y: Int) {
        var y = y
        if !row.heading.isEmpty {
            y += 12
            for line in row.heading {
                headings.draw(line, on: &bitmap, x: SheetPainter.margin, y: y, ink(.plain))
                y += headings.lineHeight
            }
            y += 6
        }
        for (column, cell) in row.entries.enumerated() {
            let x = SheetPainter.margin + column * (side + SheetPainter.gap)
            draw(cell.entry, on: &bitmap, x: x, y: y)
            var below = y + side + 8
            for line in cell.lines {
                lines.draw(
                    line.text,
                    on: &bitmap,
                    x: x - 1,
                    y: below,
                    ink(line.tone),
                    isBold: line.tone == .strong
                )
                below += lines.lineHeight
            }
        }
    }

    private func draw(_ entry: PhotoSheet.Entry, on bitmap: inout Bitmap, x: Int, y: Int) {
        bitmap.fill(x: x, y: y, width: side, height: side, SIMD3(234, 232, 226))
        if let photo = entry.photo, photo.width > 0, photo.height > 0 {
            let scale = Double(side) / Double(max(photo.width, photo.height))
            let width = max(Int((Double(photo.width) * scale).rounded()), 1)
            let height = max(Int((Double(photo.height) * scale).rounded()), 1)
            bitmap.place(
                photo.resized(width: width, height: height),
                x: x + (side - width) / 2,
                y: y + (side - height) / 2
            )
        } else {
            let text = "cannot be read"
            let left = x + (side - lines.width(text)) / 2
            lines.draw(text, on: &bitmap, x: left, y: y + side / 2 - 10, ink(.faint))
        }
        let thickness = entry.tone == .right || entry.tone == .wrong ? 3 : 1
        bitmap.frame(x: x, y: y, width: side, height: side, thickness: thickness, ink(entry.tone))
    }

    private func ink(_ tone: PhotoSheet.Tone) -> SIMD3<UInt8> {
        switch tone {
        case .strong, .plain: SIMD3(34, 36, 42)
        case .faint: SIMD3(120, 120, 124)
        case .right: SIMD3(24, 124, 62)
        case .wrong: SIMD3(190, 44, 36)
        }
    }
}
