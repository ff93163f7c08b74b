/// What can be wrong with a network that a file or a user asked for.
public enum NetworksError: Error, Equatable, CustomStringConvertible, Sendable {
    /// The description cannot be built; says why and what would do.
    case unfit(String)

    /// The message, one line.
    public var description: String {
        switch self {
        case .unfit(let message): message
        }
    }
}
