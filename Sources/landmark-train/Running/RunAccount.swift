import ArgumentParser
import Distributed
import Files
import Foundation
import Reporting
import Tensors
import Training

/// What rank 0 leaves in the run folder about a launch: how it was made and how it ended, and the
/// report page, also where the run failed.
final class RunAccount {
    private let run: RunFolder
    private let lock: RunLock?
    private var hasBegun = false

    init(_ run: RunFolder, _ lock: RunLock?) {
        self.run = run
        self.lock = lock
    }

    /// Whether the folder is still this launch's to write in.
    var isOwner: Bool {
        guard hasBegun, let lock else { return hasBegun }
        return (try? lock.verify()) != nil
    }

    /// Notes that a launch begins, in a folder that is there.
    ///
    /// - Parameter notes: sentences about the photos that the page is to show.
    func begin(_ world: World, step: Int, of total: Int, notes: [String]) throws {
        try run.begin(
            RunStatus.Launch(
                command: ["landmark-train"] + LandmarkTrain.arguments,
                version: LandmarkTrain.configuration.version,
                ranks: world.communicator.size,
                threads: world.pool.threads,
                nodes: world.topology.nodes,
                firstStep: step,
                totalSteps: total
            )
        )
        hasBegun = true
        for note in notes { try run.note(note) }
    }

    /// Notes that the run came to its end or, with a signal's name, was stopped, and writes the page.
    func end(step: Int, signal: String?) throws {
        try run.end(signal == nil ? .finished : .stopped, step: step, reason: signal)
        try RunReport.write(run, isOwn: true)
    }

    /// Notes why the run cannot go on and writes the page as far as that is possible; the error itself
    /// is told by whoever caught it.
    func fail(_ error: any Error, step: Int) {
        do {
            try run.end(.failed, step: step, reason: "\(error)")
            try RunReport.write(run, isOwn: true)
        } catch {
            Ending.say("no report page: \(error)")
        }
    }
}

/// What rank 0 shows and writes of a run while it goes on.
final class RunReports {
    private let run: RunFolder
    private let trace: String?
    private let terminal = TerminalReporter(.standardError)
    private var board: TensorBoardFile?
    private var traceFile: TraceFile?

    init(run: RunFolder, trace: String?) {
        self.run = run
        self.trace = trace
    }

    /// Begins the files, once the run folder is there.
    func open() {
        board = TensorBoardFile(folder: run.path) { Ending.say($0) }
        traceFile = trace.map { path in TraceFile(path) { Ending.say($0) } }
    }

    /// Throws where a trace was asked for and is not whole; the run itself is, by then.
    func requireTrace() throws {
        guard let trace, let traceFile, !traceFile.isWhole else { return }
        throw FileError("the run is complete but its trace \(trace) is not; free some space")
    }

    /// Passes on what happens.
    func record(_ event: TrainingEvent) {
        terminal.record(event)
        board?.record(event)
        traceFile?.record(event)
    }

    /// Leaves the screen clean.
    func close() { terminal.finish() }
}

/// The time that Open MPI leaves its ranks once `mpirun` is asked to end, and whether a checkpoint fits in.
///
/// `mpirun` sends SIGCONT at once, SIGTERM after `odls_base_sigkill_timeout` seconds and SIGKILL after as many
/// again, however soon the ranks are through.
struct KillTimeout {
    /// Seconds from the first signal to the last.
    let seconds: Double
    private let pause: Double

    /// The grace of this launch; nil where `mpirun` did not start it.
    init?(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
        guard environment["OMPI_COMM_WORLD_SIZE"] != nil else { return nil }
        pause = environment["OMPI_MCA_odls_base_sigkill_timeout"].flatMap { Double($0) } ?? 1
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
