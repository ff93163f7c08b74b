import Distributed
import Files
import Foundation
import Images
import Networks
import Tensors

extension Trainer {
    /// Takes up the state in a checkpoint of this run, or in the latest of a run folder; rank 0
    /// reads, the others are told.
    ///
    /// Throws on all ranks where the checkpoint is damaged, or belongs to other photos or to
    /// settings that a run cannot change.
    public func resume(from path: String) throws {
        var opened: CheckpointFile?
        let text = try communicator.together {
            guard communicator.rank == 0 else { return [UInt8]() }
            let file = try CheckpointFile(path, latest: true)
            opened = file
            for remark in file.remarks { report(.remark(remark)) }
            var metadata = try resumable(file)
            metadata.best = run.best(upTo: metadata.step, or: metadata.best)
            return try metadata.encoded()
        }
        let texts = try communicator.allGather(text)
        let metadata = try CheckpointMetadata(encoded: texts.first ?? [])
        progress = Progress(
            step: metadata.step,
            badPhotos: metadata.badPhotos,
            best: metadata.best,
            isEvaluated: try communicator.largest(
                communicator.rank == 0 && run.isEvaluated(step: metadata.step) ? 1 : 0
            ) > 0
        )
        savedStep = metadata.step
        try communicator.together {
            _ = try opened?.load(into: model.store, average: false)
        }
        try communicator.broadcast(values)
        // The gradient has room for a whole state until the first step zeroes it.
        let whole = communicator.rank == 0 ? model.store.gradients.base : nil
        for (prefix, shard) in update.shards {
            try communicator.together {
                guard let opened, let whole else { return }
                try opened.loadState(prefix, of: model.store, into: whole)
            }
            try reducer.scatterShard(whole, into: shard.base)
        }
        update.optimizer.resumed(atStep: progress.step)
        try communicator.together {
            guard communicator.rank == 0 else { return }
            for remark in try run.restore(step: progress.step, best: progress.best?.step) {
                report(.remark(remark))
            }
        }
    }

    /// Starts from the weights in a file, such as torchvision's; rank 0 reads, the others are told.
    ///
    /// A last layer that does not fit, or that is for other landmarks, keeps its random start.
    ///
    /// - Parameter ignoreSurplus: leave out tensors that the network has no place for.
    /// - Returns: what was made of the file, on all ranks.
    public func start(
        fromWeights path: String,
        ignoreSurplus: Bool = false
    ) throws -> WeightsReport {
        let text = try communicator.together {
            guard communicator.rank == 0 else { return Data() }
            let file = try CheckpointFile(path)
            var head = HeadRule.ifItFits
            if let classes = file.claims.classes, classes.count == photos.classes.count,
                classes != photos.classes
            {
                head = .kept("is for other landmarks")
            }
            let report = try file.load(
                into: model.store,
                average: true,
                head: head,
                ignoreSurplus: ignoreSurplus
            )
            return try JSONEncoder().encode(report)
        }
        try communicator.broadcast(values)
        update.startAverage()
        let texts = try communicator.allGather(Array(text))
        return try JSONDecoder().decode(WeightsReport.self, from: Data(texts.first ?? []))
    }

    /// What a checkpoint says of its run, if this run may go on from it.
    private func resumable(_ file: CheckpointFile) throws -> CheckpointMetadata {
        guard let metadata = file.metadata, file.holdsState else {
            throw TrainingError.checkpoint(
                "\(file.path.shown) holds weights but no state of a run; start from it with --weights"
            )
        }
        guard metadata.classes == photos.classes else {
            throw TrainingError.checkpoint(
                "\(file.path) was trained on \(metadata.classes.count) landmarks that are not "
                    + "the \(photos.classes.count) of the photos given; resume with the same --data"
            )
        }
        guard metadata.trainingCounts == photos.training.countsPerClass else {
            throw TrainingError.checkpoint(
                "\(file.path) was trained on \(metadata.trainingCounts.reduce(0, +)) photos, not "
                    + "on the \(photos.training.count) given; resume with the same --data, or "
                    + "start a new run from its weights with --weights"
            )
        }
        try configuration.check(resuming: metadata.configuration)
        return metadata
    }
}
