/// What can go wrong with reports.
public enum ReportingError: Error, CustomStringConvertible, Sendable, Equatable {
    /// A file that cannot be read or written.
    case files(String)
    /// A file of a run that holds something else than it should.
    case data(String)

    /// The message, on one line.
    public var description: String {
        switch self {
        case .files(let message), .data(let message): message
        }
    }

    /// The exit code of a program that ends with this error, as in `sysexits.h`.
    public var exitCode: Int32 {
        switch self {
        case .data: 65
        case .files: 74
        }
    }
}
