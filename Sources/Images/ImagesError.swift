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
