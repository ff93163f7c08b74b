import Distributed
import Images
import Networks
import Tensors

extension Trainer {
    /// Evaluates and writes a checkpoint where the course has one after the steps done.
    ///
    /// - Parameter stopping: write one in any case and leave the evaluation to whoever resumes.
    func keep(stopping: Bool) throws {
        let done = progress.step
        let isLast = done == course.totalSteps
        progress.evaluation = nil
        let evaluates = evaluationIsDue && (!stopping || isLast)
        let writes = stopping || course.checkpointIsDue(after: done)
        guard evaluates || writes else { return }
        try checkFinite()
        if evaluates { try evaluateHeldOut() }
        if writes { try writeCheckpoint() }
    }

    /// Makes up for the evaluation that a run stopped before, so that its checkpoints and lines are
    /// those of a run that was never stopped.
    func catchUp() throws {
        guard progress.step > 0, evaluationIsDue, progress.evaluation == nil else { return }
        try keep(stopping: false)
    }

    var evaluationIsDue: Bool {
        photos.held.count > 0 && course.evaluationIsDue(after: progress.step)
    }

    /// Throws on all ranks where the weights are not finite, before anything is kept of them.
    private func checkFinite() throws {
        let values = model.store.values
        guard sumOfSquares(values.base, values.count).isFinite else {
            throw TrainingError.diverged(atStep: progress.step)
        }
    }

    /// Evaluates the held-out photos with the weights, or their running average, as they are.
    private func evaluateHeldOut() throws {
        let begin = ContinuousClock.now
        let evaluator = Evaluator(
            communicator: communicator,
            model: model,
            plans: plans,
            batch: configuration.batch / tree.slices,
            pool: pool
        )
        let count = photos.held.count
        let findings = try update.withAverage(reducer) {
            try evaluator.run(photos.held, count: count, top: 5) { done in
                if communicator.rank == 0 { report(.evaluating(done: done, of: count)) }
            }
        }
        self.findings = findings
        tell(findings.skipped)
        let result = try EvaluationResult(
            findings,
            of: photos.held,
            trainingCounts: photos.training.countsPerClass,
            model: configuration.model.rawValue,
            checkpoint: RunFolder.name(step: progress.step),
            step: progress.step
        )
        progress.evaluation = .init(top1: result.top1, top5: result.top5, loss: result.loss)
        if result.top1 > progress.best?.top1 ?? -1 {
            progress.best = .init(step: progress.step, top1: result.top1)
        }
        tell(
            EvaluationRecord(
                result,
                epoch: course.epoch(of: progress.step - 1) + 1,
                seconds: (ContinuousClock.now - begin).seconds
            )
        )
    }

    /// Writes the checkpoint of this step, points `latest` and `best` at it, drops old ones.
    private func writeCheckpoint() throws {
        try communicator.together { try lock?.verify() }
        let path = run.checkpoint(step: progress.step)
        let writer = CheckpointWriter(
            communicator: communicator,
            store: model.store,
            reducer: reducer,
            shards: update.shards
        )
        try writer.write(metadata, to: path)
        try communicator.together {
            if let trouble { throw trouble }
            guard let journal else { return }
            try journal.sync()
            try run.publish(
                step: progress.step,
                isBest: progress.best?.step == progress.step,
                keep: configuration.keep
            )
            report(.checkpoint(path: path, step: progress.step))
        }
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
            best: progress.best,
            evaluation: progress.evaluation
        )
    }
}
