import Files
import Foundation

/// A text file to which lines are added, each in one go.
final class LineFile {
    /// What becomes of a line when the file is opened.
    enum Verdict {
        /// It stays.
        case keep
        /// It goes.
        case drop
        /// It cannot be read: it goes to a file beside this one.
        case setAside
    }

    /// What was wrong with the file when it was opened, in sentences.
    let remarks: [String]
    /// Lines that `judge` dropped.
    let dropped: Int
    private let path: String
    private let descriptor: Int32

    /// Opens or makes the file and mends it.
    ///
    /// Lines that `judge` refuses go, and so do a last line that was cut off, the zeros that a power
    /// failure leaves in place of what was not on the disk yet, and the line ends of another system
    /// with which somebody saved the file. Whole lines stay wherever others stood.
    init(_ path: String, judging judge: (UnsafeRawBufferPointer) -> Verdict) throws {
        self.path = path
        let text = try contents(of: path) ?? Data()
        let mended = text.withUnsafeBytes { MendedLines($0, judge) }
        dropped = mended.dropped
        remarks = try mended.remarks(path)
        if !mended.moved.isEmpty {
            let file = try DurableFile(path)
            try text[..<mended.untouched].withUnsafeBytes { try file.write($0) }
            try mended.moved.withUnsafeBytes { try file.write($0) }
            try file.finish()
        }
        descriptor = openFile(path, O_RDWR | O_CREAT | O_APPEND)
        guard descriptor >= 0 else { throw fileError("cannot write", path) }
        if mended.moved.isEmpty, mended.untouched < text.count {
            guard ftruncate(descriptor, off_t(mended.untouched)) == 0 else {
                throw fileError("cannot write", path)
            }
        }
        if mended.lacksEnd { try append(Data()) }
    }

    deinit { close(descriptor) }

    /// Adds a line.
    func append(_ line: Data) throws {
        let line = line + [0x0A]
        try line.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
                let count = write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    let code = count < 0 ? errno : ENOSPC
                    // The part that is there would spoil the next line.
                    let end = lseek(descriptor, 0, SEEK_END)
                    if done > 0 { ftruncate(descriptor, end - off_t(done)) }
                    throw fileError("cannot write", path, code)
                }
                done += count
            }
        }
    }

    /// Puts what was added on the disk.
    func sync() throws {
        guard fsync(descriptor) == 0 else { throw fileError("cannot write", path) }
    }
}

/// The lines of a text that stay, and what was found between them.
private struct MendedLines {
    /// Bytes at the front that stay as they are.
    private(set) var untouched = 0
    /// The lines that stay behind the first that went.
    private(set) var moved = Data()
    /// Whether the last line of those that are untouched is whole but not ended.
    private(set) var lacksEnd = false
    private(set) var dropped = 0
    private var broken: [(number: Int, line: Data)] = []
    private var zeros = 0
    private var isCutOff = false

    init(_ text: UnsafeRawBufferPointer, _ judge: (UnsafeRawBufferPointer) -> LineFile.Verdict) {
        var number = 0
        var start = 0
        var isWhole = true
        while start < text.count {
            let end = MendedLines.first(0x0A, text[start...]).map { start + $0 }
            let raw = text[start..<(end ?? text.count)]
            let next = end.map { $0 + 1 } ?? text.count
            number += 1
            let holes = MendedLines.first(0, raw) == nil ? 0 : raw.count { $0 == 0 }
            // The bytes of a line with holes are another array's, which lives as long as the line.
            let filled = holes == 0 ? [] : raw.filter { $0 != 0 }
            filled.withUnsafeBytes { filled in
                var line = holes == 0 ? UnsafeRawBufferPointer(rebasing: raw) : filled
                let isForeign = line.last == 0x0D
                if isForeign { line = UnsafeRawBufferPointer(rebasing: line.dropLast()) }
                let isBlank = line.allSatisfy { $0 == 0x20 || $0 == 0x09 }
                zeros += holes
                var stays = isBlank && holes == 0
                if !isBlank {
                    switch judge(line) {
                    case .keep: stays = true
                    case .drop: dropped += 1
                    case .setAside where end == nil: isCutOff = true
                    case .setAside: broken.append((number, Data(raw)))
                    }
                }
                isWhole = isWhole && stays && holes == 0 && !isForeign
                if isWhole {
                    untouched = next
                    lacksEnd = end == nil && !isBlank
                } else if stays, !isBlank {
                    moved += line
                    moved.append(0x0A)
                }
            }
            start = next
        }
    }

    /// How far into a part of a text a byte comes first; nil = nowhere.
    private static func first(_ byte: Int32, _ part: Slice<UnsafeRawBufferPointer>) -> Int? {
        let part = UnsafeRawBufferPointer(rebasing: part)
        guard let base = part.baseAddress, let found = memchr(base, byte, part.count) else {
            return nil
        }
        return UnsafeRawPointer(found) - base
    }

    /// Keeps lines that cannot be read in a file beside `path`, and says so and what else was wrong.
    func remarks(_ path: String) throws -> [String] {
        var remarks: [String] = []
        if !broken.isEmpty {
            let aside = path + ".broken"
            let file = try LineFile(aside) { _ in .keep }
            for (_, line) in broken { try file.append(line) }
            try file.sync()
            let lines = broken.count == 1 ? "line" : "\(broken.count) lines cannot be read:"
            remarks.append(
                "\(path): \(lines) \(RunFolder.list(broken.map(\.number)))"
                    + "\(broken.count == 1 ? " cannot be read;" : ";") kept in \(aside)"
            )
        }
        if isCutOff { remarks.append("\(path): its last line was cut off and is gone") }
        if zeros > 0 {
            remarks.append(
                "\(path): \(zeros) zero bytes, such as a power failure leaves, were removed"
            )
        }
        return remarks
    }
}
