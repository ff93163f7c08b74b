import Foundation

/// A file without a name, in which bytes wait until they are read once; nothing of it outlives the process.
public final class NamelessFile {
    private let path: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private static let bufferSize = 1 << 20

    /// Makes a file on the disk of `path`, whose folder has to be there.
    ///
    /// - Throws: `FileError` where it cannot be made.
    public init(beside path: String) throws {
        self.path = path
        let partial = path + ".partial"
        descriptor = openFile(partial, O_RDWR | O_CREAT | O_TRUNC)
        guard descriptor >= 0 else { throw fileError("cannot write", path) }
        _ = partial.withPathPointer { unlink($0) }
        buffer.reserveCapacity(NamelessFile.bufferSize)
    }

    deinit { close(descriptor) }

    /// Adds bytes at the end.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        if bytes.count + buffer.count > NamelessFile.bufferSize { try flush() }
        if bytes.count > NamelessFile.bufferSize {
            try writeAll(bytes, to: descriptor, path)
        } else {
            buffer.append(contentsOf: bytes)
        }
    }

    /// Reads all that was written as floats, piece by piece; it must be whole floats.
    public func read(_ body: (UnsafeBufferPointer<Float>) throws -> Void) throws {
        try flush()
        guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw fileError("cannot read", path) }
        var floats = [Float](repeating: 0, count: NamelessFile.bufferSize / 4)
        while true {
            let count = try floats.withUnsafeMutableBytes(fill)
            guard count > 0 else { return }
            try floats.withUnsafeBufferPointer {
                try body(UnsafeBufferPointer(rebasing: $0[..<(count / 4)]))
            }
        }
    }

    /// Fills `bytes` as far as the file goes.
    private func fill(_ bytes: UnsafeMutableRawBufferPointer) throws -> Int {
        var count = 0
        while count < bytes.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[count...])
            let got = Foundation.read(descriptor, rest.baseAddress, rest.count)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw fileError("cannot read", path) }
            if got == 0 { break }
            count += got
        }
        return count
    }

    private func flush() throws {
        try buffer.withUnsafeBytes { try writeAll($0, to: descriptor, path) }
        buffer.removeAll(keepingCapacity: true)
    }
}
