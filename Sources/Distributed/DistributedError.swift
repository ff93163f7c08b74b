/// What can go wrong between ranks, for reasons outside the program.
public enum DistributedError: Error, CustomStringConvertible, Sendable, Equatable {
    /// An MPI call failed; `text` is MPI's own explanation.
    case mpi(call: String, text: String)
    /// MPI cannot be started here.
    case start(String)
    /// Another rank ended or failed while this one waited for it.
    case rankGone(Int, String)
    /// Ranks called different collectives or passed sizes that do not fit together.
    case mismatch(String)

    /// The message, on one line.
    public var description: String {
        switch self {
        case .mpi(let call, let text):
            "\(call) failed: \(text); a node or the network may be gone, start again with --resume"
        case .start(let message): message
        case .rankGone(let rank, let reason): "rank \(rank) is gone: \(reason)"
        case .mismatch(let message): "the ranks disagree: \(message)"
        }
    }
}
