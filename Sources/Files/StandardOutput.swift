import Foundation

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
