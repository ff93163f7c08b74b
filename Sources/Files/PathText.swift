import Foundation

/// Paths as text that keeps every byte.
///
/// A file name on Linux is any string of bytes without 0 and `/`; folders that come from elsewhere hold
/// names in Latin-1 and worse. A path stays a `String` here: bytes that are not UTF-8 stand in it as
/// private-use scalars, U+10FE80 for 0x80 to U+10FEFF for 0xFF, and become bytes again where the path is
/// handed to the system. A name that holds such scalars as UTF-8 is taken apart into bytes likewise, so
/// that no two names are the same text.
extension String {
    /// The text of a path, or of any bytes.
    public init(pathBytes bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        // 0xF4 begins the UTF-8 of plane 16, where the private scalars lie.
        if !bytes.contains(0xF4), let text = String(validating: bytes, as: UTF8.self) {
            self = text
        } else {
            self = String.keeping(bytes)
        }
    }

    /// The text of a path that the system gave.
    public init(pathPointer: UnsafePointer<CChar>) {
        let bytes = UnsafeRawBufferPointer(start: pathPointer, count: strlen(pathPointer))
        self.init(pathBytes: bytes)
    }

    /// The bytes of a path, as `String(pathBytes:)` took them.
    public var pathBytes: [UInt8] {
        guard holdsBytes else { return Array(utf8) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count)
        for scalar in unicodeScalars {
            if let byte = scalar.keptByte {
                bytes.append(byte)
            } else {
                bytes.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
            }
        }
        return bytes
    }

    /// Calls `body` with the path as the system's calls take it.
    ///
    /// A path with a zero byte inside, which no file can have, is given as an empty one: every call
    /// answers `ENOENT` to that, instead of taking the part before the zero for the path.
    public func withPathPointer<T>(_ body: (UnsafePointer<CChar>) throws -> T) rethrows -> T {
        guard !utf8.contains(0) else { return try "".withCString(body) }
        guard holdsBytes else { return try withCString(body) }
        return try (pathBytes + [0]).withUnsafeBufferPointer { bytes in
            try bytes.withMemoryRebound(to: CChar.self) { characters in
                guard let base = characters.baseAddress else { return try "".withCString(body) }
                return try body(base)
            }
        }
    }

    /// The text for tables and JSON: bytes that are not UTF-8 as `\xE9`, all else as it is.
    public var readable: String {
        guard holdsBytes else { return self }
        return escaping { scalar in scalar.keptByte.map(String.escape) }
    }

    /// The text for messages, on one line whatever is in it: also control characters, line ends and
    /// marks that turn the direction of writing are told by their codes.
    public var shown: String {
        let isPlain = utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
        guard !isPlain else { return self }
        return escaping { scalar in
            if let byte = scalar.keptByte { return String.escape(byte) }
            switch scalar.value {
            case 0..<0x20, 0x7F: return String.escape(UInt8(scalar.value))
            case 0x80..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069:
                return "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
            default: return nil
            }
        }
    }

    /// The path as a word of a command in bash, quoted where it has to be.
    public var shellWord: String {
        let isPlain = unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic && $0.keptByte == nil
                || "0123456789/._-+=:,@%".unicodeScalars.contains($0)
        }
        guard !isPlain || isEmpty else { return self }
        guard shown == self else {
            let escaped = replacing("\\", with: "\\\\").replacing("'", with: "\\'").escaping {
                scalar in
                if let byte = scalar.keptByte { return String.escape(byte) }
                let isShown = String(scalar).shown == String(scalar)
                return isShown ? nil : String(scalar).utf8.map(String.escape).joined()
            }
            return "$'" + escaped + "'"
        }
        return "'" + replacing("'", with: "'\\''") + "'"
    }

    /// Whether bytes that are not UTF-8 stand in the text.
    private var holdsBytes: Bool {
        utf8.contains(0xF4) && unicodeScalars.contains { $0.keptByte != nil }
    }

    private func escaping(_ code: (Unicode.Scalar) -> String?) -> String {
        var text = ""
        for scalar in unicodeScalars {
            if let code = code(scalar) { text += code } else { text.unicodeScalars.append(scalar) }
        }
        return text
    }

    private static func escape(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "\\x" + (digits.count < 2 ? "0" : "") + digits
    }

    /// Text of bytes that are not all UTF-8, or that hold one of the private scalars.
    private static func keeping(_ bytes: [UInt8]) -> String {
        var text = String.UnicodeScalarView()
        var place = 0
        while place < bytes.count {
            // The shortest run of bytes that is a character; there are at most four.
            let end = (place + 1...place + 4).first { end in
                end <= bytes.count && String(validating: bytes[place..<end], as: UTF8.self) != nil
            }
            let scalar = end.flatMap {
                String(validating: bytes[place..<$0], as: UTF8.self)?.unicodeScalars.first
            }
            if let end, let scalar, scalar.keptByte == nil {
                text.append(scalar)
                place = end
            } else {
                if let kept = Unicode.Scalar(0x10FE00 + UInt32(bytes[place])) { text.append(kept) }
                place += 1
            }
        }
        return String(text)
    }
}

extension Unicode.Scalar {
    /// The byte that the scalar stands for in a path; nil where it is a character like others.
    fileprivate var keptByte: UInt8? {
        (0x10FE80...0x10FEFF).contains(value) ? UInt8(truncatingIfNeeded: value) : nil
    }
}
