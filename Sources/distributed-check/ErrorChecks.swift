import Distributed
import Foundation
import Training

/// That errors are thrown, and that all ranks learn of one rank's error.
func checkErrors(_ checks: Checks, _ world: MPICommunicator) {
    checks.check("an error of MPI is thrown with its text") {
        var bytes: [UInt8] = [0]
        do {
            try bytes.withUnsafeMutableBytes { try world.broadcast($0, from: world.size + 5) }
            return false
        } catch DistributedError.mpi(let call, let text) {
            return call == "MPI_Bcast" && text.contains("MPI_ERR_ROOT")
        }
    }
    checks.check("MPI starts once") {
        do {
            _ = try MPICommunicator()
            return false
        } catch DistributedError.start(let message) {
            return message.contains("already started")
        }
    }
    checks.check("work that succeeds everywhere goes on everywhere") {
        try world.together(exitCode: { _ in 70 }) { world.rank } == world.rank
    }
    checks.check("rank 0 gives its value to all") {
        try world.fromRoot { ["of rank \(world.rank)"] } == ["of rank 0"]
    }
    for failing in 0..<world.size {
        checks.check("all ranks learn that rank \(failing) failed") {
            try allLearn(world) { $0 == failing } == failing
        }
    }
    checks.check("where all ranks fail, the lowest speaks") {
        try allLearn(world) { _ in true } == 0
    }
}

/// Lets some ranks fail at work done together.
///
/// - Returns: the rank that is named to have failed; nil where the error says something else.
private func allLearn(
    _ world: any Communicator,
    fails: (Int) -> Bool
) throws -> Int? {
    struct Failure: Error, CustomStringConvertible { let description = "no such photo" }
    do {
        try world.together(exitCode: { _ in 65 }) {
            if fails(world.rank) { throw Failure() }
        }
        return nil
    } catch TrainingError.rank(let rank, let code, let text) {
        return code == 65 && text.contains("no such photo") ? rank : nil
    }
}
