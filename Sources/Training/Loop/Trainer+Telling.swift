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

    /// Bad photos before which a run goes on whatever their share is.
    private static let fewBadPhotos = 10

    /// Tells of unreadable photos; ends a run that has too many, or a place that none can be found for,
    /// before they come to the weights.
    ///
    /// Within an epoch each place has a photo of its own, so places of bad photos count those photos once.
    ///
    /// - Returns: bad photos of the epoch, those of this step included.
    func settle(_ batch: LoadedBatch, _ facts: StepFacts) throws -> Int {
        let stepInEpoch = course.stepInEpoch(progress.step)
        let before = stepInEpoch == 0 ? 0 : progress.badPhotos
        guard facts.badPlaces > 0 else {
            guard facts.scale > 0 else {
                throw TrainingError.data(
                    "no photo of step \(progress.step + 1) shows a known landmark; check the table"
                )
            }
            return before
        }
        tell(try communicator.allGather(batch.skipped))
        let bad = before + Int(facts.badPlaces)
        let count = photos.training.count
        let seen = min((stepInEpoch + 1) * configuration.batch, count)
        let limit = configuration.maximumBadPhotos * Double(seen)
        // A share near the limit may exceed it by chance while few photos were seen.
        let margin = seen < count ? 3 * limit.squareRoot() : 0
        if bad >= Trainer.fewBadPhotos, Double(bad) > limit + margin {
            throw TrainingError.data(
                "\(bad) of the first \(seen) photos of epoch \(course.epoch(of: progress.step) + 1) could "
                    + "not be read, more than --max-bad-photos \(configuration.maximumBadPhotos) "
                    + "allows; see \(run.skipped) and `landmark-train dataset check`"
            )
        }
        guard facts.blanks == 0 else {
            throw TrainingError.data(
                "none of the \(min(count, BatchRequest.Substitutes.tries)) photos tried for one place of step "
                    + "\(progress.step + 1) can be read; see \(run.skipped) and "
                    + "`landmark-train dataset check`"
            )
        }
        return bad
    }

    /// Opens the files that are written line by line, cut at the step that the run goes on from.
    func openJournal() throws {
        try communicator.together {
            guard communicator.rank == 0 else { return }
            let opened = try RunJournal(
                run,
                step: progress.step,
                evaluated: progress.isEvaluated || !evaluationIsDue
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
