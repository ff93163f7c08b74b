/// How a photo as stored must be turned to stand upright (Exif 2.3, tag 0x0112).
///
/// Upright column u and row v come from stored column x and row y by swapping x and y first, where
/// `transposed`, and counting u from the other side, where `mirrorsColumns`, or v, where
/// `mirrorsRows`.
package struct Orientation: Equatable {
    var transposed = false
    var mirrorsColumns = false
    var mirrorsRows = false

    package static let upright = Orientation()

    /// The meaning of the tag's values 1…8; others count as upright.
    package init(tag: Int) {
        switch tag {
        case 2: mirrorsColumns = true
        case 3: (mirrorsColumns, mirrorsRows) = (true, true)
        case 4: mirrorsRows = true
        case 5: transposed = true
        case 6: (transposed, mirrorsColumns) = (true, true)
        case 7: (transposed, mirrorsColumns, mirrorsRows) = (true, true, true)
        case 8: (transposed, mirrorsRows) = (true, true)
        default: break
        }
    }

    private init() {}

    /// The rectangle of the stored photo that shows `box` of the upright one of the given extents.
    func stored(_ box: CropBox, width: Int, height: Int) -> CropBox {
        var box = box
        if mirrorsColumns { box.x = Double(width) - box.x - box.width }
        if mirrorsRows { box.y = Double(height) - box.y - box.height }
        guard transposed else { return box }
        return CropBox(x: box.y, y: box.x, width: box.height, height: box.width)
    }
}

// Files are hostile: they are read through spans, whose bounds are checked in the release build too.
extension Orientation {
    /// Finds the orientation in the Exif segment of a JPEG; upright where there is none or where it
    /// makes no sense.
    package init(jpeg bytes: Span<UInt8>) {
        self = .upright
        var at = 2
        while at + 4 <= bytes.count, bytes[at] == 0xFF {
            let marker = bytes[at + 1]
            if marker == 0xFF {
                at += 1
                continue
            }
            // Frames, scans and the end: Exif comes before them.
            if marker == 0xDA || marker == 0xD9 { return }
            let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
            guard length >= 2, at + 2 + length <= bytes.count else { return }
            let segment = bytes.extracting(at + 4..<at + 2 + length)
            if marker == 0xE1, segment.holds(Orientation.mark, at: 0) {
                self.init(tiff: segment)
                return
            }
            at += 2 + length
        }
    }

    /// Finds the orientation in the eXIf chunk of a PNG, before or behind the pixels.
    package init(png bytes: Span<UInt8>) {
        self = .upright
        var at = 8
        while at <= bytes.count - 12 {
            let length = bytes.number(at, bytes: 4, littleEndian: false) ?? 0
            guard length <= bytes.count - at - 12 else { return }
            if bytes.holds([0x65, 0x58, 0x49, 0x66], at: at + 4) {
                self.init(tiff: bytes.extracting(at + 8..<at + 8 + length))
                return
            }
            at += 12 + length
        }
    }

    /// Finds the orientation in a TIFF block, which JPEGs and some WebPs begin with `Exif` and two
    /// zeros.
    package init(tiff bytes: Span<UInt8>) {
        let isMarked = bytes.holds(Orientation.mark, at: 0)
        let tiff = bytes.extracting(droppingFirst: isMarked ? Orientation.mark.count : 0)
        self.init(tag: Orientation.tag(tiff) ?? 1)
    }

    /// `Exif` and two zeros.
    private static let mark: [UInt8] = [0x45, 0x78, 0x69, 0x66, 0, 0]

    /// The value of tag 0x0112 in the first directory of a TIFF block.
    private static func tag(_ tiff: Span<UInt8>) -> Int? {
        let littleEndian = tiff.holds([0x49, 0x49, 0x2A, 0], at: 0)
        guard littleEndian || tiff.holds([0x4D, 0x4D, 0, 0x2A], at: 0),
            let directory = tiff.number(4, bytes: 4, littleEndian: littleEndian),
            let entries = tiff.number(directory, bytes: 2, littleEndian: littleEndian)
        else { return nil }
        for entry in 0..<entries {
            let at = directory + 2 + 12 * entry
            guard let tag = tiff.number(at, bytes: 2, littleEndian: littleEndian) else {
                return nil
            }
            if tag == 0x0112 { return tiff.number(at + 8, bytes: 2, littleEndian: littleEndian) }
        }
        return nil
    }
}

extension Span<UInt8> {
    /// The whole number of `bytes` bytes from `offset` on; nil where the span ends before it does.
    func number(_ offset: Int, bytes: Int, littleEndian: Bool) -> Int? {
        guard offset >= 0, offset <= count - bytes else { return nil }
        var value = 0
        for index in 0..<bytes {
            value = value << 8 | Int(self[offset + (littleEndian ? bytes - 1 - index : index)])
        }
        return value
    }

    /// Whether `expected` stands from `offset` on.
    func holds(_ expected: [UInt8], at offset: Int) -> Bool {
        guard offset >= 0, offset <= count - expected.count else { return false }
        for (index, byte) in expected.enumerated() where self[offset + index] != byte {
            return false
        }
        return true
    }
}
