extension Orientation {
    /// Finds the orientation in the Exif segment of a JPEG; upright where there is none or where it
    /// makes no sense.
    ///
    /// Reads segment headers and one directory of at most 65,535 entries; every offset is checked
    /// against the segment.
    init(jpeg bytes: UnsafeBufferPointer<UInt8>) {
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
            let segment = UnsafeBufferPointer(rebasing: bytes[at + 4..<at + 2 + length])
            if marker == 0xE1, segment.starts(with: [0x45, 0x78, 0x69, 0x66, 0, 0]) {
                self.init(tiff: segment)
                return
            }
            at += 2 + length
        }
    }

    /// Finds the orientation in the eXIf chunk of a PNG, before or behind the pixels.
    init(png bytes: UnsafeBufferPointer<UInt8>) {
        self = .upright
        var at = 8
        while at <= bytes.count - 12 {
            let length = (0..<4).reduce(0) { $0 << 8 | Int(bytes[at + $1]) }
            guard length <= bytes.count - at - 12 else { return }
            if bytes[at + 4..<at + 8].elementsEqual([0x65, 0x58, 0x49, 0x66]) {
                self.init(tiff: UnsafeBufferPointer(rebasing: bytes[at + 8..<at + 8 + length]))
                return
            }
            at += 12 + length
        }
    }

    /// Finds the orientation in a TIFF block, which JPEGs and some WebPs begin with `Exif` and two
    /// zeros.
    init(tiff bytes: UnsafeBufferPointer<UInt8>) {
        let isMarked = bytes.starts(with: [0x45, 0x78, 0x69, 0x66, 0, 0])
        let tiff = isMarked ? UnsafeBufferPointer(rebasing: bytes[6...]) : bytes
        self.init(tag: Orientation.tag(tiff) ?? 1)
    }

    /// The value of tag 0x0112 in the first directory of a TIFF block.
    private static func tag(_ tiff: UnsafeBufferPointer<UInt8>) -> Int? {
        let littleEndian: Bool
        if tiff.starts(with: [0x49, 0x49, 0x2A, 0]) {
            littleEndian = true
        } else if tiff.starts(with: [0x4D, 0x4D, 0, 0x2A]) {
            littleEndian = false
        } else {
            return nil
        }
        func number(_ offset: Int, bytes: Int) -> Int? {
            guard offset >= 0, offset <= tiff.count - bytes else { return nil }
            return (0..<bytes).reduce(0) { value, index in
                let place = littleEndian ? bytes - 1 - index : index
                return value << 8 | Int(tiff[offset + place])
            }
        }
        guard let directory = number(4, bytes: 4), let entries = number(directory, bytes: 2) else {
            return nil
        }
        for entry in 0..<entries {
            let at = directory + 2 + 12 * entry
            guard let tag = number(at, bytes: 2) else { return nil }
            if tag == 0x0112 { return number(at + 8, bytes: 2) }
        }
        return nil
    }
}
