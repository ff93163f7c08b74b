import Foundation

/// A file that appears under its name only when it is whole and on the disk.
///
/// It is written beside its place, synced, renamed, and the folder is synced. Where it is not
/// finished, nothing of it stays.
public final class DurableFile {
    /// Where the file appears.
    public let path: String
    private let partial: String
    private var descriptor: Int32
    private var buffer: [UInt8] = []
    private var hasName = false
    private static let bufferSize = 1 << 20

    /// Opens a file of another name in the folder of `path`.
    ///
    /// - Throws: `FileError` where it cannot be made.
    public init(_ path: String) throws {
        self.path = path
        partial = path + ".partial"
        descriptor = openFile(partial, O_WRONLY | O_CREAT | O_TRUNC)
        guard descriptor >= 0 else { throw fileError("cannot write", path) }
        buffer.reserveCapacity(DurableFile.bufferSize)
    }

    deinit {
        guard descriptor >= 0 else { return }
        close(descriptor)
        if !hasName { removePartial() }
    }

    /// Adds bytes at the end.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        if bytes.count + buffer.count <= DurableFile.bufferSize {
            buffer.append(contentsOf: bytes)
            return
        }
        try flush()
        try writeAll(bytes, to: descriptor, path)
    }

    /// Gives the whole file its name before it is on the disk; `finish` puts it there.
    ///
    /// What a process has written outlives it, though not a machine that fails: this is for one that
    /// may be killed before the disk is through.
    public func appear() throws {
        try flush()
        keepMode()
        guard rename() == 0 else { throw fileError("cannot write", path) }
        hasName = true
    }

    /// Syncs the file and gives it its name, if it has none yet.
    public func finish() throws {
        try flush()
        if !hasName { keepMode() }
        guard fsync(descriptor) == 0 else { throw fileError("cannot write", path) }
        let closing = descriptor
        descriptor = -1
        // Network file systems report a full disk only here.
        guard close(closing) == 0, hasName || rename() == 0 else {
            let error = fileError("cannot write", path)
            if !hasName { removePartial() }
            throw error
        }
        try syncFolder(Path.parent(of: path))
    }

    private func flush() throws {
        try buffer.withUnsafeBytes { try writeAll($0, to: descriptor, path) }
        buffer.removeAll(keepingCapacity: true)
    }

    /// A file that is replaced keeps who may read it.
    private func keepMode() {
        var status = stat()
        guard path.withPathPointer({ stat($0, &status) }) == 0 else { return }
        _ = fchmod(descriptor, status.st_mode & 0o777)
    }

    private func rename() -> Int32 {
        partial.withPathPointer { old in path.withPathPointer { Foundation.rename(old, $0) } }
    }

    private func removePartial() {
        _ = partial.withPathPointer { unlink($0) }
    }
}

/// Makes what was done in a folder, such as renaming a file, outlast a power failure.
///
/// - Throws: `FileError` where the folder cannot be opened or the disk refuses.
public func syncFolder(_ path: String) throws {
    let descriptor = openFile(path, O_RDONLY)
    guard descriptor >= 0 else { throw fileError("cannot open", path) }
    defer { close(descriptor) }
    // Some file systems refuse to sync a folder; they have nothing to lose then.
    guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP else {
        throw fileError("cannot sync", path)
    }
}
