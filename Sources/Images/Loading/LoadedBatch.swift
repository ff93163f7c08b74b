public import Tensors

/// A batch of photos ready for the network, lent by a loader until it is released.
public final class LoadedBatch {
    /// The photos, [n, S, S, 3], normalised.
    public var images: Tensor { slot.storage.tensor(shape) }
    /// The class of each photo; −1 = unknown.
    public let labels: [Int32]
    /// 1 for each photo that was read, 0 for each blank.
    public let weights: [Float]
    /// The photos that could not be read, each once, in the order of the places that they were tried for.
    public let skipped: [SkippedPhoto]
    /// Places whose own photo could not be read.
    public let badPlaces: Int
    /// Places that no photo could be found for.
    public var blanks: Int { weights.count { $0 == 0 } }

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
        badPlaces = failures.count
        var named = Set<String>()
        skipped = failures.flatMap(\.photos).filter { named.insert($0.path).inserted }
        var weights = [Float](repeating: 1, count: count)
        for failure in failures where failure.isBlank { weights[failure.position] = 0 }
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
