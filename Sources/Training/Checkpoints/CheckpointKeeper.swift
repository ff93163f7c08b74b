import Distributed
import Foundation
import Networks
import TensorFiles
import Tensors

/// Writes the checkpoints of a run, and sees that what was written in a hurry comes to the disk.
final class CheckpointKeeper {
    private let replica: Replica
    private let run: RunFolder
    private let recorder: RunRecorder
    private let keep: Int
    private let minutes: Double
    private let leave: Interruption?
    /// When a checkpoint was written last in this launch, or the launch began to train.
    private var savedAt = ContinuousClock.now
    /// A checkpoint that has its name but may not be on the disk yet; on rank 0 alone.
    private var unsynced: SafetensorsWriter?
    /// The step whose checkpoint lies in the run folder; nil = none of this launch's.
    private(set) var savedStep: Int?

    /// - Parameter leave: a request to leave, which makes every checkpoint a hurried one.
    init(
        _ replica: Replica,
        _ run: RunFolder,
        _ recorder: RunRecorder,
        _ configuration: TrainingConfiguration,
        leave: Interruption?,
        savedStep: Int?
    ) {
        self.replica = replica
        self.run = run
        self.recorder = recorder
        self.leave = leave
        self.savedStep = savedStep
        keep = configuration.keep
        minutes = configuration.checkpointMinutes
    }

    /// Counts the time between checkpoints from now on.
    func startClock() { savedAt = .now }

    /// Whether rank 0 finds that the time between checkpoints is over.
    var timeIsUp: Bool {
        guard replica.isRoot, minutes > 0 else { return false }
        return (ContinuousClock.now - savedAt).seconds >= 60 * minutes
    }

    /// Writes the checkpoint of this step, points `latest` at it, drops old ones.
    ///
    /// - Parameter isHurried: a kill may be near: the checkpoint counts before it is on the disk, and no other
    ///   is dropped until it is.
    func write(_ metadata: CheckpointMetadata, isHurried: Bool) throws {
        let communicator = replica.communicator
        try communicator.together { try recorder.verifyLock() }
        // Each rank looks at its shard; nothing is kept of weights that are not finite.
        let store = replica.model.store
        guard
            try replica.reducer.sumOfSquares(of: store.values.base, range: store.live).isFinite
        else { throw TrainingError.diverged(atStep: metadata.step) }
        let path = run.checkpoint(step: metadata.step)
        try CheckpointWriter(replica).write(metadata, to: path) { file in
            try recorder.requireWritten()
            try sync()
            if isHurried || leave?.isRequested ?? false {
                try file.appear()
                try run.pointLatest(at: metadata.step)
                unsynced = file
            } else {
                try file.finish()
            }
        }
        savedStep = metadata.step
        savedAt = .now
        try communicator.together {
            guard recorder.isOpen else { return }
            if unsynced == nil {
                try recorder.sync()
                try point(metadata)
            }
            recorder.tell(.checkpoint(path: path, step: metadata.step))
        }
    }

    /// Points `best` at the checkpoint of this step if its evaluation is the best.
    func publish(_ metadata: CheckpointMetadata) throws {
        try replica.communicator.together {
            guard recorder.isOpen, savedStep == metadata.step else { return }
            try sync()
            try recorder.sync()
            try point(metadata)
        }
    }

    /// Puts on the disk what was kept in a hurry.
    ///
    /// A process that is killed takes nothing with it that it wrote, so that this may follow when there is
    /// time; a machine that fails would.
    func flush() throws { try replica.communicator.together { try sync() } }

    private func sync() throws {
        guard let file = unsynced else { return }
        try file.finish()
        unsynced = nil
        try recorder.sync()
    }

    private func point(_ metadata: CheckpointMetadata) throws {
        let isBest = metadata.best?.step == metadata.step
        try run.publish(step: metadata.step, isBest: isBest, keep: keep)
    }
}

/// Writes the state of a run, with which it can go on at the very step on any number of ranks.
///
/// Tensors of the file: the weights and running statistics under torchvision's names and shapes,
/// `num_batches_tracked` of each batch norm, and of parameters that are not frozen `ema.NAME` for running averages
/// and `optimizer.STATE.NAME` for what the optimizer remembers. `docs/data.md` has the layout.
private struct CheckpointWriter {
    private let replica: Replica
    private var communicator: any Communicator { replica.communicator }
    private var store: ParameterStore { replica.model.store }
    /// This rank's shards of what is remembered beside the weights.
    private var shards: [(prefix: String, values: Storage)] { replica.update.shards }

    init(_ replica: Replica) { self.replica = replica }

    /// Writes `metadata` and all tensors to `path`; every rank calls this, rank 0 writes.
    ///
    /// Where rank 0 cannot write, all ranks throw.
    ///
    /// - Parameter finish: ends the file once all is written, on rank 0.
    func write(
        _ metadata: CheckpointMetadata,
        to path: String,
        finish: (SafetensorsWriter) throws -> Void
    ) throws {
        let file = try communicator.together {
            communicator.rank == 0 ? try begin(metadata, path) : nil
        }
        try communicator.together {
            guard let file else { return }
            for parameter in store.parameters { try write(parameter, nil, file) }
            for _ in store.batchNorms { try file.write([Int64(metadata.step)]) }
        }
        // Shards come to rank 0 one state at a time, into the gradient, which is of no use until the
        // next step zeroes it: a checkpoint takes no memory of its own.
        let whole = store.flatGradients
        for (_, shard) in shards {
            try replica.reducer.gatherShard(shard.base, into: communicator.rank == 0 ? whole : nil)
            try communicator.together {
                guard let file else { return }
                for parameter in trainable { try write(parameter, whole, file) }
            }
        }
        try communicator.together { if let file { try finish(file) } }
    }

    private func write(
        _ parameter: Parameter,
        _ from: UnsafePointer<Float>?,
        _ file: SafetensorsWriter
    ) throws {
        try file.write(count: parameter.range.count) { write in
            try store.readPieces(parameter, from: from, write)
        }
    }

    private var trainable: [Parameter] { store.parameters.filter(\.isTrainable) }

    private func begin(_ metadata: CheckpointMetadata, _ path: String) throws -> SafetensorsWriter {
        try SafetensorsWriter(
            path: path,
            tensors: store.parameters.map { .init(name: $0.name, dtype: .f32, shape: $0.shape) }
                + store.batchNorms.map {
                    .init(name: $0 + ".num_batches_tracked", dtype: .i64, shape: [])
                }
                + shards.flatMap { shard in
                    trainable.map {
                        .init(name: shard.prefix + $0.name, dtype: .f32, shape: $0.shape)
                    }
                },
            metadata: [
                "format": "pt",
                CheckpointMetadata.key: String(decoding: try metadata.encoded(), as: UTF8.self),
            ]
        )
    }
}
