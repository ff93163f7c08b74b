import Tensors

/// The memory of one batch in the loader's ring.
///
/// Invariant behind `@unchecked Sendable`: the floats of position n are written by the one thread
/// that claimed position n; all else is read and written under the lock of the loader's `Workload`,
/// or, between the end of the last photo and the release of the batch, by the consumer alone.
final class BatchSlot: @unchecked Sendable {
    let storage: Storage
    /// Indices of the photos; of those that came in the place of others once they are read.
    var samples: [Int] = []
    /// Their classes.
    var labels: [Int32] = []
    var epoch = 0
    var substitutes: BatchRequest.Substitutes?
    /// Photos not yet claimed by a thread begin here.
    var claimed = 0
    /// Photos not yet finished.
    var remaining = 0
    /// What could not be read, a row for each position concerned, in the order in which that was found out.
    var failures: [Failure] = []

    /// Photos that were tried for a position in vain.
    struct Failure {
        let position: Int
        let photos: [SkippedPhoto]
        /// Whether no other photo could be read in their place.
        let isBlank: Bool
    }

    convenience init(count: Int) { self.init(Storage(count: count)) }

    init(_ storage: Storage) { self.storage = storage }
}
