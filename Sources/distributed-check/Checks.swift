import Distributed
import Foundation

/// Runs checks on all ranks and lets rank 0 print what came of each.
final class Checks {
    /// Checks that did not hold on some rank.
    private(set) var failed = 0
    private let communicator: any Communicator

    init(_ communicator: any Communicator) { self.communicator = communicator }

    /// Runs `body` on every rank; the check holds where it returns true on all.
    ///
    /// An error that a rank did not expect ends all ranks, for the others may wait for this one.
    func check(_ name: String, _ body: () throws -> Bool) {
        do {
            let holds = try communicator.gather(body())
            let ranks = holds.indices.filter { !holds[$0] }
            failed += ranks.isEmpty ? 0 : 1
            guard communicator.rank == 0 else { return }
            let place = "on \(communicator.size) ranks"
            say(ranks.isEmpty ? "ok      \(name), \(place)" : "FAILED  \(name), \(place): \(ranks)")
        } catch {
            say("FAILED  \(name), on rank \(communicator.rank): \(error)")
            communicator.abort(EXIT_FAILURE)
        }
    }

    private func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }
}
