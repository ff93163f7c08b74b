public import Tensors

/// A batch of photos ready for the network, lent by a loader until it is released.
public final class LoadedBatch {
    /// The photos, [n, S, S, 3], normalised.
    public var images: Tensor { slot.storage.tensor(shape) }
    /// The class of each photo; −1 = unknown.
    public let labels: [Int32]
    /// 1 for each photo that was read, 0 for each blank.
    public let weights: [Float]
    /// The photos that blanks stand for, in the order of the batch.
    public let skipped: [SkippedPhoto]

    let slot: BatchSlot
    /// Whether a loader still waits for the slot.
    var isLent = true
    private let shape: Shape

    /// Takes what the threads left in a slot.
    init(_ slot: BatchSlot, imageSize: Int) {
        self.slot = slot
        let count = slot.labels.count
        labels = slot.labels
        shape = Shape(N: count, H: imageSize, W: imageSize, C: 3)
        let failures = slot.failures.sorted { $0.position < $1.position }
        skipped = failures.map(\.photo)
        var weights = [Float](repeating: 1, count: count)
        for failure in failures { weights[failure.position] = 0 }
        self.weights = weights
    }

    /// Photos from elsewhere than a loader, all of them good.
    ///
    /// - Parameter images: [n, S, S, 3], normalised.
    public convenience init(images: Storage, imageSize: Int, labels: [Int32]) {
        let slot = BatchSlot(images)
        slot.labels = labels
        self.init(slot, imageSize: imageSize)
        isLent = false
    }
}
