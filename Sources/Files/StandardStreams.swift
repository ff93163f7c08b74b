import Foundation

/// The three streams that every program expects to be open, and what may go wrong with them.
public enum StandardStreams {
    /// Makes sure that a stream which is closed, or closes later, harms nothing but what was meant for
    /// it; call this before anything opens a file.
    ///
    /// A pipe whose reader has ended and a file at its largest size (`ulimit -f`) end a program
    /// by a signal unless it asks for an error instead. And what a shell closed (`>&-`) leaves a
    /// number free which the next file would get, with all that is printed in it.
    public static func secure() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        for descriptor in STDIN_FILENO...STDERR_FILENO {
            guard fcntl(descriptor, F_GETFD) < 0, errno == EBADF else { continue }
            // The lowest free number is this one. Opened the other way round, each use of it is still
            // the error that it was: a result that goes nowhere is no success.
            let flags = descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY
            if open("/dev/null", flags) < 0 { _ = open("/", O_RDONLY) }
        }
    }
}

/// Where results go; a result that cannot be written is an error, not a success without a result.
public enum StandardOutput {
    private static let name = "to standard output"

    /// Writes a line; what would break it in two or upset a terminal is escaped.
    ///
    /// - Throws: `FileError` where it cannot be written.
    public static func print(_ line: String) throws {
        try write(line.shown + "\n")
    }

    /// Writes lines.
    public static func print(_ lines: [String]) throws {
        try write(lines.map { $0.shown + "\n" }.joined())
    }

    /// Writes text, such as JSON or a table, as it is.
    ///
    /// - Throws: `FileError` where it cannot be written.
    public static func write(_ text: String) throws {
        try Array(text.utf8).withUnsafeBytes { try writeAll($0, to: STDOUT_FILENO, name) }
    }

    /// Finds out whether all that was written has arrived; called at the end of the program.
    ///
    /// - Throws: `FileError` where a part of it was lost.
    public static func finish() throws {
        guard fflush(nil) == 0 else { throw fileError("cannot write", name) }
        // Network file systems and quotas may report what was lost only when a file is closed.
        let copy = dup(STDOUT_FILENO)
        guard copy >= 0 else { return }
        guard close(copy) == 0 else { throw fileError("cannot write", name) }
    }
}

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
