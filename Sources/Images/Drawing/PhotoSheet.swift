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
            let side = PhotoSheet.photoSide
            // Of a long, narrow photo the longer side would do, but which it is shows only later.
            photo = try? decodePhoto(path: path, covering: (side, side))
            self.lines = lines
            self.tone = tone
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

    /// Side of the square in which each photo is shown, in pixels.
    static let photoSide = 224

    /// What the sheet is about.
    public var title: String
    /// Its photos.
    public var sections: [Section]
    /// Photos in a row.
    public var columns: Int

    /// Makes a sheet.
    public init(title: String, sections: [Section], columns: Int = 5) {
        self.title = title
        self.sections = sections
        self.columns = max(columns, 1)
    }

    /// Draws the sheet.
    public func draw() -> Bitmap { SheetPainter(self).draw() }

    /// The sheet as a JPEG.
    public func jpeg() throws -> [UInt8] { try encodeJPEG(draw(), quality: 92) }
}
