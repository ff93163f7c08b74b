public import Tensors

/// The photos of one batch, by index, in order.
public struct BatchRequest: Sendable, Equatable {
    /// Indices into the photo source.
    public var samples: [Int]
    /// The epoch, which augmentations depend on.
    public var epoch: Int
    /// What comes in the place of photos that cannot be read; nil = blanks.
    public var substitutes: Substitutes?

    /// Makes a request.
    public init(samples: [Int], epoch: Int, substitutes: Substitutes? = nil) {
        self.samples = samples
        self.epoch = epoch
        self.substitutes = substitutes
    }

    /// The order of an epoch, in which a photo that cannot be read gives its place to the next good one.
    ///
    /// So what stands at a place is a function of the epoch's order and the photos alone.
    public struct Substitutes: Sendable, Equatable {
        /// The photos of the epoch.
        public let order: [UInt32]
        /// Place of the request's first photo in it.
        public let first: Int

        /// Most photos that are tried for a place.
        public static let tries = 1000

        /// Makes substitutes for a request whose photos stand in `order` from `first` on.
        public init(order: [UInt32], first: Int) {
            self.order = order
            self.first = first
        }

        /// The photo that comes at the try number `number`, from 1, for the photo at `position` of the
        /// request; nil where there are no more.
        public func photo(_ position: Int, try number: Int) -> Int? {
            guard number < min(order.count, Substitutes.tries) else { return nil }
            return Int(order[(first + position + number) % order.count])
        }
    }
}

/// A batch of photos ready for the network, lent by a loader until it is released.
public final class LoadedBatch {
    /// The photos, [n, S, S, 3], normalised; or features of photos.
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
    private let reasons: [Int: String]
    /// Whether a loader still waits for the slot.
    var isLent = true
    private let shape: Shape

    /// Takes what the threads left in a slot.
    convenience init(_ slot: BatchSlot, imageSize: Int) {
        self.init(slot, of: Shape(N: 1, H: imageSize, W: imageSize, C: 3))
    }

    private init(_ slot: BatchSlot, of image: Shape) {
        self.slot = slot
        let count = slot.labels.count
        labels = slot.labels
        shape = image.with(N: count)
        let failures = slot.failures.sorted { $0.position < $1.position }
        badPlaces = failures.count
        reasons = Dictionary(
            failures.map { ($0.position, $0.photos.first?.reason ?? "") },
            uniquingKeysWith: { first, _ in first }
        )
        var named = Set<String>()
        skipped = failures.flatMap(\.photos).filter { named.insert($0.path).inserted }
        var weights = [Float](repeating: 1, count: count)
        for failure in failures where failure.isBlank { weights[failure.position] = 0 }
        self.weights = weights
    }

    /// A place whose own photo could not be read.
    public struct Failure: Sendable {
        let position: Int
        let photos: [SkippedPhoto]
        let isBlank: Bool

        /// Names the place.
        ///
        /// - Parameters:
        ///   - photos: those that were tried for it in vain.
        ///   - isBlank: whether no other could be read.
        public init(position: Int, photos: [SkippedPhoto], isBlank: Bool) {
            self.position = position
            self.photos = photos
            self.isBlank = isBlank
        }
    }

    /// What was computed of photos elsewhere.
    ///
    /// - Parameters:
    ///   - images: one after the other, each of the shape `image`.
    ///   - failures: the places whose own photo could not be read.
    public convenience init(
        images: Storage,
        of image: Shape,
        labels: [Int32],
        failures: [Failure]
    ) {
        let slot = BatchSlot(images)
        slot.labels = labels
        slot.failures = failures.map {
            .init(position: $0.position, photos: $0.photos, isBlank: $0.isBlank)
        }
        self.init(slot, of: image)
        isLent = false
    }

    /// Why the photo that belongs at a place could not be read; empty where it could.
    public func reason(at position: Int) -> String { reasons[position] ?? "" }

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

/// A photo that could not be used: another stands in its place, or a blank.
public struct SkippedPhoto: Codable, Sendable, Equatable {
    /// Its file.
    public var path: String
    /// Why.
    public var reason: String

    /// Names a photo and what is wrong with it.
    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }
}

/// The memory of one batch in the loader's ring.
///
/// Invariant behind `@unchecked Sendable`: the floats of position n are written by the one thread
/// that claimed position n; all else is read and written under the lock of the loader's `PrefetchQueue`,
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
