import Distributed
import Images

extension Trainer {
    /// Writes down and reports the figures of a step, on rank 0.
    func tell(_ record: StepRecord) {
        guard let journal else { return }
        note { try journal.append(record) }
        report(.step(record))
    }

    /// Writes down and reports an evaluation, on rank 0.
    func tell(_ record: EvaluationRecord) {
        guard let journal else { return }
        note { try journal.append(record) }
        report(.evaluation(record))
    }

    /// Writes down and reports photos that could not be read, each once, on rank 0.
    func tell(_ skipped: [SkippedPhoto]) {
        guard let journal else { return }
        for photo in skipped where reported.insert(photo.path).inserted {
            note { try journal.append(photo) }
            report(.photoSkipped(path: photo.path, reason: photo.reason))
        }
    }

    /// Counts unreadable photos and ends a run that has too many.
    func settle(_ batch: LoadedBatch, _ outcome: TrainingStep.Outcome) throws {
        guard outcome.badPhotos > 0 else { return }
        tell(try communicator.allGather(batch.skipped))
        progress.badPhotos += outcome.badPhotos
        let seen = (progress.step + 1) * configuration.batch
        let share = Double(progress.badPhotos) / Double(max(seen, photos.training.count))
        guard share > configuration.maximumBadPhotos else { return }
        throw TrainingError.data(
            "\(progress.badPhotos) photos could not be read, more than --max-bad-photos "
                + "\(configuration.maximumBadPhotos) of \(photos.training.count) allows; "
                + "see \(run.skipped) and `landmark-train dataset check`"
        )
    }

    /// Opens the files that are written line by line, cut at the step that the run goes on from.
    func openJournal() throws {
        try communicator.together {
            guard communicator.rank == 0 else { return }
            let opened = try RunJournal(
                run,
                step: progress.step,
                evaluated: progress.evaluation != nil || !evaluationIsDue
            )
            for remark in opened.remarks { report(.remark(remark)) }
            journal = opened
        }
    }

    /// Does what may fail on this rank alone and keeps the failure until all ranks meet.
    private func note(_ body: () throws -> Void) {
        do {
            try lock?.check()
            try body()
        } catch {
            trouble = trouble ?? error
        }
    }
}
