import Foundation

/// Bytes that another program or a redirection gives to this one.
public enum StandardInput {
    /// What messages call it.
    public static let name = "standard input"

    /// Whether a person would have to type them.
    public static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Reads all of it; where it is longer than `limit` bytes, its beginning, which is longer too.
    ///
    /// - Throws: `FileError` where it cannot be read.
    public static func read(atMost limit: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= limit {
            let count = piece.withUnsafeMutableBytes {
                Foundation.read(STDIN_FILENO, $0.baseAddress, $0.count)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                // A pipe that somebody made non-blocking is empty for now.
                var wanted = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
                poll(&wanted, 1, -1)
                continue
            }
            guard count >= 0 else { throw fileError("cannot read", name) }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
        }
        return bytes
    }
}
