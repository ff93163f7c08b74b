import Distributed
import Foundation

/// What ranks do together, checked under mpirun: prints a line for each check, and ends with exit
/// status 0 only where all checks hold on all ranks.
@main
enum DistributedCheck {
    static func main() {
        // A check that hangs must fail: the signal ends this rank, and mpirun the others.
        alarm(900)
        let communicator: MPICommunicator
        do {
            communicator = try MPICommunicator()
        } catch {
            FileHandle.standardError.write(Data("distributed-check: \(error)\n".utf8))
            exit(EXIT_FAILURE)
        }
        let checks = Checks(communicator)
        checkCollectives(checks, communicator)
        checkSharing(checks, communicator)
        checkReduction(checks, communicator)
        checkErrors(checks, communicator)
        checkTopology(checks, communicator)
        let failed = checks.failed
        communicator.finish()
        exit(failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE)
    }
}
