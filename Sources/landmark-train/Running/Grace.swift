import Foundation
import Reporting
import Training

/// The time that Open MPI leaves its ranks once `mpirun` is asked to end, and whether a checkpoint fits in.
///
/// `mpirun` sends SIGCONT at once, SIGTERM after `odls_base_sigkill_timeout` seconds and SIGKILL after as many
/// again, however soon the ranks are through.
struct Grace {
    /// Seconds from the first signal to the last.
    let seconds: Double
    private let pause: Double

    /// The grace of this launch; nil where `mpirun` did not start it.
    init?(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
        guard environment["OMPI_COMM_WORLD_SIZE"] != nil else { return nil }
        pause = environment["OMPI_MCA_odls_base_sigkill_timeout"].flatMap(Double.init) ?? 1
        seconds = 2 * pause
    }

    /// What to do where a checkpoint of `bytes` takes too long at `rate` bytes a second; nil = it does not.
    func advice(bytes: Int, rate: Double, run: String) -> String? {
        // Beside the writing: to leave the step, to bring the optimizer's state together.
        let time = 0.2 + 1.5 * Double(bytes) / max(rate, 1)
        guard time > seconds else { return nil }
        let enough = Int(time.rounded(.up))
        return
            "a checkpoint of \(Figures.bytes(bytes)) takes about \(Figures.duration(time)) to write here, "
            + "and mpirun kills its ranks \(Figures.duration(seconds)) after Ctrl-C or SIGTERM: end this run "
            + "with landmark-train stop \(run), or start mpirun with "
            + "--mca odls_base_sigkill_timeout \(enough)"
    }
}
