import Distributed
import Networks
import TensorFiles
import Tensors

/// Writes the state of a run, with which it can go on at the very step on any number of ranks.
///
/// Tensors of the file: the weights and running statistics under torchvision's names and shapes,
/// `num_batches_tracked` of each batch norm, `ema.NAME` for running averages of weights, and
/// `optimizer.STATE.NAME` for what the optimizer remembers. `docs/data.md` has the layout.
struct CheckpointWriter {
    let communicator: any Communicator
    let store: ParameterStore
    let reducer: GradientReducer
    /// This rank's shards of what is remembered beside the weights.
    let shards: [(prefix: String, values: Storage)]

    /// Writes `metadata` and all tensors to `path`; every rank calls this, rank 0 writes.
    ///
    /// Where rank 0 cannot write, all ranks throw.
    ///
    /// - Parameter finish: ends the file once all is written, on rank 0.
    func write(
        _ metadata: CheckpointMetadata,
        to path: String,
        finish: (SafetensorsWriter) throws -> Void = { try $0.finish() }
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
        let whole = store.gradients.base
        for (_, shard) in shards {
            try reducer.gatherShard(shard.base, into: communicator.rank == 0 ? whole : nil)
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
