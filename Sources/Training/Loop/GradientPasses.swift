import Distributed
import Images
import Networks
import Tensors

/// The passes of a rank's slices through the network; their gradients are added up in the order of the slice
/// tree.
///
/// A pass is `begin`, `forward`, `loss`, `backward`, in this order.
struct GradientPasses {
    private let replica: Replica
    private let loss: BatchLoss
    private let seed: UInt64
    private let accumulator: SliceAccumulator
    private let dlogits: Storage

    /// Makes room for the gradients.
    init(_ replica: Replica, loss: BatchLoss, seed: UInt64) {
        self.replica = replica
        self.loss = loss
        self.seed = seed
        accumulator = SliceAccumulator(
            tree: replica.tree,
            rank: replica.communicator.rank,
            passes: replica.passes.passes,
            gradient: replica.model.store.gradients,
            pool: replica.pool,
            allocate: replica.communicator.makeStorage
        )
        dlogits = Storage(count: replica.model.output.count)
    }

    /// Bytes held beside the network.
    var memory: Int { (accumulator.memory + dlogits.count) * MemoryLayout<Float>.stride }

    /// The slices of each pass.
    var slices: [Range<Int>] { accumulator.passes }

    /// All memory that gradients may lie in.
    var places: [Storage] { accumulator.places }

    /// This rank's node, where all its slices are one pass; nil where there are several.
    var onlyNode: SliceNode? { accumulator.onlyNode }

    /// The gradients of this rank's slices, once all passes are through.
    var nodes: [SliceNode] { accumulator.nodes }

    /// Forgets a pass that has begun.
    func drop() { accumulator.drop() }

    /// The slices of a pass and where their photos lie.
    struct Pass {
        /// Photos among this rank's.
        fileprivate let photos: Range<Int>
        fileprivate let context: TrainingContext
    }

    /// Points the network at the place where the accumulator wants the gradient of `slices`.
    ///
    /// - Returns: nil where the slices have no photos and no gradient.
    func begin(_ slices: Range<Int>, _ batch: GlobalBatch) -> Pass? {
        let target = accumulator.begin()
        replica.model.store.writeGradients(to: target)
        let positions =
            batch.slices[slices.lowerBound]
            .lowerBound..<batch.slices[slices.upperBound - 1].upperBound
        guard !positions.isEmpty else {
            fillZero(target.base, target.count, replica.pool)
            return nil
        }
        let context = TrainingContext(
            seed: seed,
            step: UInt64(batch.step),
            firstPosition: positions.lowerBound,
            slices: batch.slices[slices].map { slice in
                TrainingContext.Slice(
                    images: slice.lowerBound - positions.lowerBound..<slice.upperBound
                        - positions.lowerBound,
                    statisticsWeight: Float(slice.count) / Float(batch.count)
                )
            }
        )
        let first = batch.slices[replica.ownSlices.lowerBound].lowerBound
        return Pass(
            photos: positions.lowerBound - first..<positions.upperBound - first,
            context: context
        )
    }

    /// The logits of a pass; nil where it has no photos.
    func forward(_ pass: Pass?, _ batch: GlobalBatch, _ times: inout StepTimes) -> Tensor? {
        guard let pass else { return nil }
        return times.measure(\.forward) {
            replica.model.forward(batch.photos.images.images(pass.photos), .training(pass.context))
        }
    }

    /// Adds the loss of a pass to `sums`.
    ///
    /// - Returns: ∂loss/∂logits; nil where the pass has no photos.
    func loss(
        _ logits: Tensor?,
        _ pass: Pass?,
        _ batch: GlobalBatch,
        _ sums: inout SliceSums,
        _ times: inout StepTimes
    ) -> Tensor? {
        guard let logits, let pass else { return nil }
        let dlogits = dlogits.tensor(replica.model.output.with(N: pass.photos.count))
        times.measure(\.forward) {
            for slice in pass.context.slices.images {
                let begin = pass.photos.lowerBound
                let sum = loss(
                    logits.images(slice),
                    batch.photos,
                    begin + slice.lowerBound..<begin + slice.upperBound,
                    scale: batch.scale,
                    dlogits: dlogits.images(slice)
                )
                sums.append(sum)
            }
        }
        return dlogits
    }

    /// Computes the gradient of a pass and adds it to those before.
    ///
    /// - Parameters:
    ///   - dlogits: nil where the pass has no photos, or was for batch norms' statistics alone.
    ///   - ready: told the ranges of the flat gradient that are complete, from the last down.
    func backward(
        _ dlogits: Tensor?,
        _ times: inout StepTimes,
        ready: (Range<Int>) -> Void = { _ in }
    ) {
        times.measure(\.backward) {
            if let dlogits { replica.model.backward(dlogits, ready: ready) }
            accumulator.add()
        }
    }
}
