import Images

/// What a run tells of itself: lines in the run folder and events for reports, on rank 0 alone.
///
/// A failure to write is kept until all ranks meet, where `requireWritten` tells them.
final class RunRecorder {
    private let run: RunFolder
    /// The right to write in the run folder; nil = nobody else could.
    private let lock: RunLock?
    private let report: (TrainingEvent) -> Void
    private var journal: RunJournal?
    private var failure: (any Error)?
    /// Photos that were reported as unreadable.
    private var reported = Set<String>()

    init(_ run: RunFolder, lock: RunLock?, report: @escaping (TrainingEvent) -> Void) {
        self.run = run
        self.lock = lock
        self.report = report
    }

    /// Whether this rank writes.
    var isOpen: Bool { journal != nil }

    /// Opens the files that are written line by line, cut at the step that the run goes on from.
    ///
    /// - Parameter evaluated: whether that step's evaluation counts.
    func open(step: Int, evaluated: Bool) throws {
        let opened = try RunJournal(run, step: step, evaluated: evaluated)
        tell(opened.remarks)
        journal = opened
    }

    /// Throws where the run folder is another's by now.
    func verifyLock() throws { try lock?.verify() }

    /// Throws what went wrong when something was told.
    func requireWritten() throws { if let failure { throw failure } }

    /// Puts all lines on the disk.
    func sync() throws { try journal?.sync() }

    /// Reports an event.
    func tell(_ event: TrainingEvent) { report(event) }

    /// Reports sentences.
    func tell(_ remarks: [String]) { for remark in remarks { report(.remark(remark)) } }

    /// Writes down and reports the figures of a step.
    func tell(_ record: StepRecord) {
        guard let journal else { return }
        note { try journal.append(record) }
        report(.step(record))
    }

    /// Writes down and reports an evaluation.
    func tell(_ record: EvaluationRecord) {
        guard let journal else { return }
        note { try journal.append(record) }
        report(.evaluation(record))
    }

    /// Writes down and reports photos that could not be read, each once.
    func tell(_ skipped: [SkippedPhoto]) {
        guard let journal else { return }
        for photo in skipped where reported.insert(photo.path).inserted {
            note { try journal.append(photo) }
            report(.photoSkipped(path: photo.path, reason: photo.reason))
        }
    }

    private func note(_ body: () throws -> Void) {
        do {
            try lock?.check()
            try body()
        } catch {
            failure = failure ?? error
        }
    }
}
