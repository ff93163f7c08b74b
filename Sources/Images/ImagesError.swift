/// What can be wrong with a folder of photos or a file to be written.
public enum ImagesError: Error, CustomStringConvertible, Sendable, Equatable {
    /// Photos, labels or tables that cannot be used.
    case data(String)
    /// A number that the caller must change.
    case usage(String)
    /// A file or folder that cannot be read or written.
    case files(String)

    /// The message, on one line.
    public var description: String {
        switch self {
        case .data(let message), .usage(let message), .files(let message): message
        }
    }

    /// The exit code of a program that ends with this error, as in `sysexits.h`.
    public var exitCode: Int32 {
        switch self {
        case .usage: 64
        case .data: 65
        case .files: 74
        }
    }
}

/// Why a photo cannot be used, or a batch of photos cannot be had.
public enum PhotoError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The file cannot be opened or read.
    case unreadable(path: String, reason: String)
    /// The content is no photo that can be decoded here; `reason` says what it is.
    case unsupported(path: String, reason: String)
    /// The content is a photo, but incomplete or corrupt.
    case damaged(path: String, reason: String)
    /// The photo claims extents beyond what memory should be spent on.
    case tooLarge(path: String, reason: String)
    /// Pixels cannot be encoded.
    case encoding(reason: String)
    /// A loader was asked for something that it cannot give.
    case loader(reason: String)

    /// The message, on one line, with the file where there is one.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason), .unsupported(let path, let reason),
            .damaged(let path, let reason), .tooLarge(let path, let reason):
            "\(path): \(reason)"
        case .encoding(let reason), .loader(let reason): reason
        }
    }

    /// The message without the file.
    public var reason: String {
        switch self {
        case .unreadable(_, let reason), .unsupported(_, let reason), .damaged(_, let reason),
            .tooLarge(_, let reason), .encoding(let reason), .loader(let reason):
            reason
        }
    }
}
