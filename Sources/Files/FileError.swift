public import Foundation

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
