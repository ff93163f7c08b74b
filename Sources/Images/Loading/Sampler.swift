import Tensors

/// The order in which photos are seen and how it is cut into batches: a function of seed and epoch.
public struct Sampler: Sendable {
    /// Photos of an epoch.
    public let count: Int
    /// Photos of a batch; the last one may be smaller.
    public let batch: Int
    private let dropLast: Bool
    private let seed: UInt64
    /// Photos of each class that has any, when classes are drawn; nil for plain permutations.
    private let members: [[UInt32]]?

    /// Makes a sampler of `labels.count` photos.
    ///
    /// - Parameters:
    ///   - labels: the class of each photo.
    ///   - dropLast: whether a last batch that is not full is left out.
    ///   - balanced: whether each class is equally likely at each place, photos being drawn with
    ///     replacement, instead of each photo coming exactly once; photos of unknown class are then
    ///     left out.
    public init(
        labels: [Int32],
        classes: Int,
        batch: Int,
        dropLast: Bool,
        balanced: Bool,
        seed: UInt64
    ) {
        count = labels.count
        self.batch = max(batch, 1)
        self.dropLast = dropLast
        self.seed = seed
        guard balanced else {
            members = nil
            return
        }
        var members = [[UInt32]](repeating: [], count: max(classes, 0))
        for (photo, label) in labels.enumerated() where members.indices.contains(Int(label)) {
            members[Int(label)].append(UInt32(photo))
        }
        members.removeAll(where: \.isEmpty)
        self.members = members.isEmpty ? nil : members
    }

    /// The photos of `epoch`, in order.
    public func order(epoch: Int) -> [UInt32] {
        var random = Random(seed: seed, .shuffle, UInt64(epoch))
        guard let members else {
            var order = (0..<count).map { UInt32($0) }
            random.shuffle(&order)
            return order
        }
        return (0..<count).map { _ in
            let photos = members[random.integer(below: members.count)]
            return photos[random.integer(below: photos.count)]
        }
    }

    /// Batches of an epoch.
    public var stepsPerEpoch: Int {
        dropLast ? count / batch : (count + batch - 1) / batch
    }

    /// The places in the epoch's order that make up the batch of `step`, counted from the epoch's
    /// beginning.
    public func batch(step: Int) -> Range<Int> {
        let start = min(max(step, 0) * batch, count)
        return start..<min(start + batch, count)
    }

    /// The places of a batch of `count` that belong to `slice` of `slices`: contiguous, in order,
    /// and equal in number up to one.
    public static func slicePositions(slice: Int, slices: Int, count: Int) -> Range<Int> {
        let slices = max(slices, 1)
        return count * slice / slices..<count * (slice + 1) / slices
    }
}
