import Files
import Reporting
import Training

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
