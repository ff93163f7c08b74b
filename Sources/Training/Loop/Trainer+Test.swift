import Distributed
public import Images
import Networks
import Tensors

extension Trainer {
    /// Evaluates the finished network once on photos that had no part in training: with the weights of
    /// the best checkpoint, or the last ones where none was evaluated.
    ///
    /// The network holds those weights afterwards, so that training cannot go on.
    ///
    /// - Parameters:
    ///   - photos: the same on all ranks, with labels among the classes of the run.
    ///   - progress: told on rank 0 how many photos are done.
    /// - Returns: what came out, on all ranks.
    public func test(
        _ photos: any Dataset,
        progress tell: (Int) -> Void = { _ in }
    ) throws -> EvaluationResult {
        let best = try communicator.together {
            guard communicator.rank == 0 else { return [UInt8]() }
            let file = try CheckpointFile(run.path)
            try file.load(into: model.store, average: true)
            return Array("\(file.metadata?.step ?? progress.step)".utf8)
        }
        let step = try communicator.allGather(best).first.flatMap {
            Int(String(decoding: $0, as: UTF8.self))
        }
        try communicator.broadcast(values)
        let evaluator = Evaluator(
            communicator: communicator,
            model: model,
            plans: plans,
            batch: configuration.batch / tree.slices,
            pool: pool
        )
        let findings = try evaluator.run(photos, count: photos.count, top: 5) { done in
            if communicator.rank == 0 { tell(done) }
        }
        return try EvaluationResult(
            findings,
            of: photos,
            trainingCounts: self.photos.training.countsPerClass,
            model: configuration.model.rawValue,
            checkpoint: RunFolder.name(step: step ?? progress.step),
            step: step ?? progress.step
        )
    }
}
