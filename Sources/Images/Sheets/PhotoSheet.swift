/// A sheet of photos with lines of text under each.
public struct PhotoSheet: Sendable {
    /// How a line of text is drawn.
    public enum Tone: Sendable {
        /// Dark and thick.
        case strong
        /// Dark.
        case plain
        /// Grey.
        case faint
        /// Green.
        case right
        /// Red.
        case wrong

        fileprivate var ink: SIMD3<UInt8> {
            switch self {
            case .strong, .plain: SIMD3(34, 36, 42)
            case .faint: SIMD3(120, 120, 124)
            case .right: SIMD3(24, 124, 62)
            case .wrong: SIMD3(190, 44, 36)
            }
        }
    }

    /// A line of text; it is wrapped, and cut where it is too long.
    public struct Line: Sendable {
        /// What it says.
        public var text: String
        /// How it is drawn.
        public var tone: Tone

        /// Makes a line.
        public init(_ text: String, _ tone: Tone = .plain) {
            self.text = text
            self.tone = tone
        }
    }

    /// A photo and what is said of it.
    public struct Entry: Sendable {
        /// The photo, or nil where it could not be read.
        public var photo: Bitmap?
        /// Lines under it.
        public var lines: [Line]
        /// Colour of its frame.
        public var tone: Tone

        /// Makes an entry.
        public init(photo: Bitmap?, lines: [Line], tone: Tone = .faint) {
            self.photo = photo
            self.lines = lines
            self.tone = tone
        }

        /// Makes an entry of the photo at `path`, which is left blank where it cannot be read.
        public init(path: String, lines: [Line], tone: Tone = .faint) {
            // Of a long, narrow photo the longer side would do, but which it is shows only later.
            let photo = try? decodePhoto(path: path, covering: (usualSide, usualSide))
            self.init(photo: photo, lines: lines, tone: tone)
        }
    }

    /// Photos under a heading.
    public struct Section: Sendable {
        /// The heading; empty = none.
        public var heading: String
        /// The photos, row by row.
        public var entries: [Entry]

        /// Makes a section.
        public init(_ heading: String, _ entries: [Entry]) {
            self.heading = heading
            self.entries = entries
        }
    }

    /// What the sheet is about.
    public var title: String
    /// Its photos.
    public var sections: [Section]
    /// Photos in a row.
    public var columns: Int
    /// Side of the square in which each photo is shown, in pixels.
    public var side: Int

    /// Makes a sheet.
    public init(title: String, sections: [Section], columns: Int = 5, side: Int = usualSide) {
        self.title = title
        self.sections = sections
        self.columns = max(columns, 1)
        self.side = max(side, 1)
    }

    /// The side that suits a sheet of many photos.
    public static let usualSide = 224

    /// The sheet as a JPEG.
    public func jpeg() throws -> [UInt8] { try encodeJPEG(draw(), quality: 92) }

    /// Draws the sheet.
    public func draw() -> Bitmap {
        let most = max(sections.map(\.entries.count).max() ?? 1, 1)
        let columns = min(columns, most)
        let inside = columns * side + (columns - 1) * gap
        // What is drawn, from above: its height, and how.
        var blocks: [(height: Int, draw: (inout Bitmap, _ y: Int) -> Void)] = []
        func add(_ text: String, _ style: CaptionStyle, isBold: Bool, before: Int, after: Int) {
            let lines = style.wrap(text, width: inside, lines: 2)
            guard !lines.isEmpty else { return }
            let height = before + lines.count * style.lineHeight + after
            blocks.append(
                (
                    height,
                    { bitmap, y in
                        for (number, line) in lines.enumerated() {
                            let y = y + before + number * style.lineHeight
                            style.draw(
                                line,
                                on: &bitmap,
                                x: margin,
                                y: y,
                                Tone.plain.ink,
                                isBold: isBold
                            )
                        }
                    }
                )
            )
        }
        add(title, CaptionStyle(scale: 3), isBold: true, before: 0, after: 12)
        for section in sections {
            add(section.heading, captions, isBold: true, before: 12, after: 6)
            for start in stride(from: 0, to: section.entries.count, by: columns) {
                let cells = section.entries.dropFirst(start).prefix(columns).map {
                    Cell($0, side: side)
                }
                let text = cells.map(\.lines.count).max() ?? 0
                blocks.append(
                    (
                        side + 8 + text * captions.lineHeight + gap,
                        { bitmap, y in
                            for (column, cell) in cells.enumerated() {
                                cell.draw(on: &bitmap, x: margin + column * (side + gap), y: y)
                            }
                        }
                    )
                )
            }
        }
        let height = 2 * margin + blocks.map(\.height).reduce(0, +)
        var bitmap = Bitmap(width: inside + 2 * margin, height: height, fill: SIMD3(250, 249, 246))
        var y = margin
        for block in blocks {
            block.draw(&bitmap, y)
            y += block.height
        }
        return bitmap
    }

    /// An entry with its lines wrapped.
    private struct Cell {
        let entry: Entry
        let side: Int
        let lines: [Line]

        init(_ entry: Entry, side: Int) {
            (self.entry, self.side) = (entry, side)
            lines = entry.lines.flatMap { line in
                captions.wrap(line.text, width: side, lines: 2).map { Line($0, line.tone) }
            }
        }

        func draw(on bitmap: inout Bitmap, x: Int, y: Int) {
            bitmap.fill(x: x, y: y, width: side, height: side, SIMD3(234, 232, 226))
            if let photo = entry.photo, photo.width > 0, photo.height > 0 {
                let scale = Double(side) / Double(max(photo.width, photo.height))
                let width = max(Int((Double(photo.width) * scale).rounded()), 1)
                let height = max(Int((Double(photo.height) * scale).rounded()), 1)
                let small = photo.resized(width: width, height: height)
                bitmap.place(small, x: x + (side - width) / 2, y: y + (side - height) / 2)
            } else {
                let text = "cannot be read"
                let left = x + (side - captions.width(text)) / 2
                captions.draw(text, on: &bitmap, x: left, y: y + side / 2 - 12, Tone.faint.ink)
            }
            let edge = entry.tone == .right || entry.tone == .wrong ? 3 : 1
            for (dx, dy, width, height) in [
                (0, 0, side, edge), (0, side - edge, side, edge), (0, 0, edge, side),
                (side - edge, 0, edge, side),
            ] {
                bitmap.fill(x: x + dx, y: y + dy, width: width, height: height, entry.tone.ink)
            }
            for (number, line) in lines.enumerated() {
                let y = y + side + 8 + number * captions.lineHeight
                let isBold = line.tone == .strong
                captions.draw(line.text, on: &bitmap, x: x, y: y, line.tone.ink, isBold: isBold)
            }
        }
    }
}

/// The sheet's margin and the room between photos, in pixels.
private let (margin, gap) = (24, 20)
private let captions = CaptionStyle(scale: 2)

extension Bitmap {
    /// Fills a rectangle; what lies outside is left out.
    mutating func fill(x: Int, y: Int, width: Int, height: Int, _ colour: SIMD3<UInt8>) {
        for row in max(y, 0)..<max(min(y + height, self.height), max(y, 0)) {
            for column in max(x, 0)..<max(min(x + width, self.width), max(x, 0)) {
                self[column, row] = colour
            }
        }
    }

    /// Copies another bitmap to (x, y); what lies outside is left out.
    fileprivate mutating func place(_ other: Bitmap, x: Int, y: Int) {
        for row in max(-y, 0)..<max(min(other.height, height - y), max(-y, 0)) {
            for column in max(-x, 0)..<max(min(other.width, width - x), max(-x, 0)) {
                self[x + column, y + row] = other[column, row]
            }
        }
    }
}
