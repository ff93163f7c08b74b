import Files
import Foundation

/// A text file to which lines are added, each in one go.
final class LineFile {
    private let path: String
    private let descriptor: Int32

    /// Opens or makes the file and cuts it before the first line that `isKept` refuses, or that was
    /// never ended.
    init(_ path: String, keeping isKept: (Data) -> Bool) throws {
        self.path = path
        descriptor = openFile(path, O_RDWR | O_CREAT | O_APPEND)
        guard descriptor >= 0 else { throw fileError("cannot write", path) }
        let text = try contents(of: path) ?? Data()
        var kept = text.startIndex
        while let end = text[kept...].firstIndex(of: 0x0A), isKept(text[kept..<end]) {
            kept = text.index(after: end)
        }
        guard kept < text.endIndex else { return }
        guard ftruncate(descriptor, off_t(kept - text.startIndex)) == 0 else {
            throw fileError("cannot write", path)
        }
    }

    deinit { close(descriptor) }

    /// Adds a line.
    func append(_ line: Data) throws {
        try (line + [0x0A]).withUnsafeBytes { bytes in
            let written = write(descriptor, bytes.baseAddress, bytes.count)
            guard written >= 0 else { throw fileError("cannot write", path) }
            guard written == bytes.count else { throw fileError("cannot write", path, ENOSPC) }
        }
    }

    /// Puts what was added on the disk.
    func sync() throws {
        guard fsync(descriptor) == 0 else { throw fileError("cannot write", path) }
    }
}
