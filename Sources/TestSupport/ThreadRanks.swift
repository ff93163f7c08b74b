public import Distributed
import Foundation

/// Ranks as threads of one process, so that tests of what ranks do together need no launcher.
public enum ThreadRanks {
    /// Runs `body` on `size` ranks at the same time.
    ///
    /// A rank that throws or returns while others wait for it ends their waiting with
    /// `DistributedError.rankGone`, and so does a wait longer than `patience`: no test hangs.
    ///
    /// - Parameters:
    ///   - size: number of ranks.
    ///   - patience: seconds that a rank waits for the others.
    ///   - nodes: the node of each rank, whose ranks reach one another's memory; nil = one node.
    ///   - body: called once on each rank, on a thread of its own.
    /// - Returns: what the ranks returned, in order.
    /// - Throws: the error of the lowest rank that failed by itself, or else of the lowest.
    public static func run<T: Sendable>(
        _ size: Int,
        patience: Double = 120,
        nodes: [Int]? = nil,
        _ body: @escaping @Sendable (any Communicator) throws -> T
    ) throws -> [T] {
        let outcomes = outcomes(size, patience: patience, nodes: nodes, body)
        for case .failure(let error) in outcomes {
            if case DistributedError.rankGone = error { continue }
            throw error
        }
        return try outcomes.map { try $0.get() }
    }

    /// Runs `body` on `size` ranks and returns what became of each of them.
    public static func outcomes<T: Sendable>(
        _ size: Int,
        patience: Double = 120,
        nodes: [Int]? = nil,
        _ body: @escaping @Sendable (any Communicator) throws -> T
    ) -> [Result<T, any Error>] {
        let nodes = nodes ?? [Int](repeating: 0, count: size)
        precondition(nodes.count == size, "a node for each rank")
        let meeting = Meeting(size: size, patience: patience)
        let outcomes = Outcomes<T>(size)
        for rank in 0..<size {
            let thread = Thread {
                let communicator = ThreadCommunicator(rank: rank, nodes: nodes, meeting) { code in
                    let reason = "it ended all ranks with exit code \(code)"
                    meeting.leave(rank, reason)
                    outcomes.set(rank, .failure(DistributedError.rankGone(rank, reason)))
                }
                let outcome = Result { try body(communicator) }
                switch outcome {
                case .success: meeting.leave(rank, "it has finished")
                case .failure(let error): meeting.leave(rank, "\(error)")
                }
                outcomes.set(rank, outcome)
            }
            thread.name = "rank-\(rank)"
            thread.stackSize = 1 << 23
            thread.start()
        }
        return outcomes.wait()
    }
}

/// What became of the ranks so far.
///
/// `@unchecked Sendable`: `results` is touched under the lock alone.
private final class Outcomes<T: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var results: [Result<T, any Error>?]

    init(_ size: Int) { results = Array(repeating: nil, count: size) }

    func set(_ rank: Int, _ result: Result<T, any Error>) {
        condition.lock()
        results[rank] = result
        condition.broadcast()
        condition.unlock()
    }

    func wait() -> [Result<T, any Error>] {
        condition.lock()
        defer { condition.unlock() }
        while results.contains(where: { $0 == nil }) { condition.wait() }
        return results.compactMap { $0 }
    }
}
