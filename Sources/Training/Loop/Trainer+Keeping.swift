import Distributed
import Foundation
import Images
import Networks
import TensorFiles
import Tensors

extension Trainer {
    /// Writes a checkpoint and then evaluates, where the course or the clock has one after the steps done.
    ///
    /// - Parameter timeIsUp: write one in any case.
    /// - Returns: the signal that ended the evaluation, which whoever resumes makes up for; nil = go on.
    func keep(timeIsUp: Bool) throws -> Int32? {
        guard timeIsUp || evaluationIsDue || course.checkpointIsDue(after: progress.step) else {
            return nil
        }
        try writeCheckpoint(hurried: false)
        return evaluationIsDue ? try evaluateHeldOut() : nil
    }

    /// Keeps the state after the last whole step, at once.
    ///
    /// - Returns: the signal that ends the run; nil = go on.
    func leave(_ departure: Departure) throws -> Int32? {
        if savedStep != progress.step { try writeCheckpoint(hurried: true) }
        signals?.leave.withdraw(StopSignals.warning)
        return departure.stop == 0 ? nil : departure.stop
    }

    /// Makes up for the evaluation that a run was stopped before or in, so that its lines are those of a
    /// run that was never stopped.
    ///
    /// - Returns: the signal that ended it; nil = go on.
    func catchUp() throws -> Int32? {
        guard progress.step > 0, evaluationIsDue, !progress.isEvaluated else { return nil }
        return try evaluateHeldOut()
    }

    /// Puts on the disk what was kept in a hurry.
    ///
    /// A process that is killed takes nothing with it that it wrote, so that this may follow when there is
    /// time; a machine that fails would.
    public func settleFiles() throws {
        try communicator.together { try syncCheckpoint() }
    }

    /// Whether rank 0 finds that the time between checkpoints is over.
    var timeIsUp: Bool {
        guard communicator.rank == 0, configuration.checkpointMinutes > 0 else { return false }
        return (ContinuousClock.now - savedAt).seconds >= 60 * configuration.checkpointMinutes
    }

    var evaluationIsDue: Bool {
        photos.held.count > 0 && course.evaluationIsDue(after: progress.step)
    }

    /// Throws on all ranks where the weights are not finite, before anything is kept of them.
    private func checkFinite() throws {
        // Each rank looks at its share.
        let store = model.store
        guard try reducer.sumOfSquares(of: store.values.base, range: 0..<store.count).isFinite
        else {
            throw TrainingError.diverged(atStep: progress.step)
        }
    }

    /// Writes the checkpoint of this step, points `latest` at it, drops old ones.
    ///
    /// - Parameter hurried: a kill may be near: the checkpoint counts before it is on the disk, and no other
    ///   is dropped until it is.
    private func writeCheckpoint(hurried: Bool) throws {
        try communicator.together { try lock?.verify() }
        try checkFinite()
        let step = progress.step
        let path = run.checkpoint(step: step)
        let writer = CheckpointWriter(
            communicator: communicator,
            store: model.store,
            reducer: reducer,
            shards: update.shards
        )
        try writer.write(metadata, to: path) { file in
            if let trouble { throw trouble }
            try syncCheckpoint()
            if hurried || signals?.leave.isRequested ?? false {
                try file.appear()
                try run.pointLatest(at: step)
                unsynced = file
            } else {
                try file.finish()
            }
        }
        savedStep = step
        savedAt = .now
        try communicator.together {
            guard let journal else { return }
            if unsynced == nil {
                try journal.sync()
                try publish()
            }
            report(.checkpoint(path: path, step: step))
        }
    }

    /// Ends the file of a checkpoint that was kept in a hurry, on rank 0.
    private func syncCheckpoint() throws {
        guard let file = unsynced else { return }
        try file.finish()
        unsynced = nil
        try journal?.sync()
    }

    private func publish() throws {
        try run.publish(
            step: progress.step,
            isBest: progress.best?.step == progress.step,
            keep: configuration.keep
        )
    }

    /// Evaluates the held-out photos with the weights, or their running average, as they are.
    ///
    /// - Returns: the signal that ended it before its end; nil = it is done.
    private func evaluateHeldOut() throws -> Int32? {
        let begin = ContinuousClock.now
        let evaluator = Evaluator(
            communicator: communicator,
            model: model,
            plans: plans,
            batch: configuration.batch / tree.slices,
            pool: pool
        )
        let sample = HeldSample(photos.held, configuration)
        // The end of a run is judged by all photos, and compared with what came before by the same ones.
        let isLast = progress.step == course.totalSteps
        let judged: any Dataset = isLast ? photos.held : sample
        let end = try update.withAverage(reducer) {
            try evaluator.ask(judged, count: judged.count, top: 5, stop: signals?.stop) { done in
                if communicator.rank == 0 { report(.evaluating(done: done, of: judged.count)) }
            }
        }
        guard case .done(let findings) = end else {
            if case .left(let signal, _) = end { return signal }
            return nil
        }
        tell(findings.skipped)
        let result = try EvaluationResult(
            findings,
            of: judged,
            trainingCounts: photos.training.countsPerClass,
            model: configuration.model.rawValue,
            checkpoint: RunFolder.name(step: progress.step),
            step: progress.step
        )
        var record = EvaluationRecord(
            result,
            epoch: course.epoch(of: progress.step - 1) + 1,
            seconds: (ContinuousClock.now - begin).seconds
        )
        if sample.isPart {
            if isLast {
                record.sampleTop1 = sample.top1(findings)
            } else {
                record.sampledFrom = photos.held.count
            }
        }
        self.findings = isLast ? findings : sample.placed(findings)
        progress.isEvaluated = true
        if record.comparableTop1 > progress.best?.top1 ?? -1 {
            progress.best = .init(step: progress.step, top1: record.comparableTop1)
        }
        tell(record)
        try communicator.together {
            guard let journal, savedStep == progress.step else { return }
            try syncCheckpoint()
            try journal.sync()
            try publish()
        }
        return nil
    }

    private var metadata: CheckpointMetadata {
        CheckpointMetadata(
            model: model.description,
            plans: plans,
            classes: photos.classes,
            trainingCounts: photos.training.countsPerClass,
            configuration: configuration.withoutPlaces,
            step: progress.step,
            badPhotos: progress.badPhotos,
            best: progress.best
        )
    }
}
