public import Foundation

/// Opens `path` as `open` does, closed in programs that this one starts.
///
/// - Returns: a descriptor, or −1 with `errno` set.
public func openFile(_ path: String, _ flags: Int32, mode: mode_t = 0o644) -> Int32 {
    path.withPathPointer { open($0, flags | O_CLOEXEC, mode) }
}

/// The bytes of the file at `path`; nil where there is none.
///
/// - Throws: `FileError` where there is one that cannot be read.
public func contents(of path: String) throws -> Data? {
    let descriptor = openFile(path, O_RDONLY)
    guard descriptor >= 0 else {
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw fileError("cannot read", path)
    }
    defer { close(descriptor) }
    var data = Data()
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw fileError("cannot read", path) }
        guard count > 0 else { return data }
        data.append(contentsOf: piece[..<count])
    }
}

/// Writes all of `bytes` to an open file, pipe or device.
///
/// - Throws: `FileError` that names `path`.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, _ path: String) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
        let part = UnsafeRawBufferPointer(rebasing: rest)
        let count = write(descriptor, part.baseAddress, min(part.count, 1 << 30))
        if count < 0, errno == EINTR { continue }
        if count < 0, errno == EAGAIN {
            // A pipe that somebody made non-blocking is full.
            var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&wanted, 1, -1)
            continue
        }
        guard count > 0 else { throw fileError("cannot write", path) }
        rest = rest.dropFirst(count)
    }
}
