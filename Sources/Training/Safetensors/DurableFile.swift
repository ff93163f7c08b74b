import Foundation

/// A file that appears under its name only when it is whole and on the disk.
///
/// It is written beside its place, synced, renamed, and the folder is synced. Where it is not
/// finished, nothing of it stays.
final class DurableFile {
    let path: String
    private let partial: String
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private static let bufferSize = 1 << 20

    /// Opens a file of another name in the folder of `path`.
    init(_ path: String) throws {
        self.path = path
        partial = path + ".partial"
        descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw fileError("cannot write", path) }
        buffer.reserveCapacity(DurableFile.bufferSize)
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        unlink(partial)
    }

    /// Adds bytes at the end.
    func write(_ bytes: UnsafeRawBufferPointer) throws {
        if bytes.count + buffer.count <= DurableFile.bufferSize {
            buffer.append(contentsOf: bytes)
            return
        }
        try flush()
        try put(bytes)
    }

    /// Syncs the file and gives it its name.
    func finish() throws {
        try flush()
        guard fsync(descriptor) == 0 else { throw fileError("cannot write", path) }
        let closing = descriptor
        descriptor = -1
        // Network file systems report a full disk only here.
        guard close(closing) == 0, rename(partial, path) == 0 else {
            let error = fileError("cannot write", path)
            unlink(partial)
            throw error
        }
        try syncFolder(folder(of: path))
    }

    private func flush() throws {
        try buffer.withUnsafeBytes { try put($0) }
        buffer.removeAll(keepingCapacity: true)
    }

    private func put(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let written = Foundation.write(descriptor, part.baseAddress, min(part.count, 1 << 30))
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw fileError("cannot write", path) }
            rest = rest.dropFirst(written)
        }
    }
}
