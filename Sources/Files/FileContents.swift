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

/// A file or folder that cannot be read or written.
public struct FileError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The exit code of a program that ends with this error, as in `sysexits.h`: input or output.
    public static let exitCode: Int32 = 74

    /// The message, on one line: what, where, what to do.
    public let description: String

    /// Takes a message.
    public init(_ message: String) {
        description = message
    }
}

/// What went wrong with a file, from `errno`, and what can be done.
///
/// - Parameter deed: what was tried, such as "cannot write".
public func fileError(_ deed: String, _ path: String, _ code: Int32 = errno) -> FileError {
    let advice =
        switch code {
        case ENOSPC, EDQUOT: "free some space or choose another place"
        case EROFS, EACCES, EPERM: "check its permissions or choose another folder"
        case ENOENT, ENOTDIR: "check the path"
        case ELOOP, ENAMETOOLONG, EISDIR: "choose another path"
        case EPIPE: "the program that reads it has ended"
        case EMFILE, ENFILE: "raise the limit of open files, ulimit -n"
        default: "check the disk"
        }
    return FileError("\(deed) \(path): \(reason(code)); \(advice)")
}

/// The system's words for an error.
func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
