public import Distributed
public import Images
public import Networks
public import Tensors

/// Makes embeddings of photos: what a network gives before its head, scaled to length 1, shared among ranks.
///
/// Photos are cut into batches of a fixed size and batch k of a part goes to rank k mod R, so that an embedding has
/// the same bits on any number of ranks.
public struct Embedder {
    let communicator: any Communicator
    private let trunk: Model
    private let plans: PhotoPlans
    let pool: ThreadPool
    /// What the embeddings are made by.
    public let network: EmbeddingNetwork
    /// Photos that the trunk computes at once.
    public static let batch = FeaturePart.batch

    /// Makes an embedder.
    ///
    /// - Parameters:
    ///   - trunk: a `NetworkPart.trunk` for `batch` photos, for evaluation, with its weights on all ranks.
    ///   - plans: the way from photo to input, that of evaluation.
    public init(
        communicator: any Communicator,
        trunk: Model,
        plans: PhotoPlans,
        pool: ThreadPool
    ) {
        precondition(trunk.input.N >= Self.batch, "a trunk for the photos of a batch")
        self.communicator = communicator
        self.trunk = trunk
        self.plans = plans
        self.pool = pool
        network = EmbeddingNetwork(trunk, plans)
    }

    /// Floats d of an embedding.
    public var width: Int { network.width }

    /// A photo that has no embedding.
    public struct Skipped: Sendable, Equatable {
        /// Place of the photo in its source.
        public var photo: Int
        /// The photo and why: it cannot be read, or its features have no direction.
        public var told: SkippedPhoto
    }

    /// Embeds the `count` photos of `source`; a collective call.
    ///
    /// - Parameters:
    ///   - stop: a request to leave; nil = none comes.
    ///   - progress: called with the number of photos that are through.
    ///   - take: called on rank 0 with each photo that has an embedding, in order, and its d floats, which are valid
    ///     until it returns.
    /// - Returns: the photos without an embedding, in order, on all ranks.
    /// - Throws: where the request came, `TrainingError.rank` with 128 + the signal; errors of `take` on all ranks.
    public func run(
        _ source: any PhotoSource,
        count: Int,
        stop: Interruption? = nil,
        progress: (Int) -> Void = { _ in },
        take: (_ photo: Int, _ embedding: UnsafePointer<Float>) throws -> Void
    ) throws -> [Skipped] {
        let parts = FeaturePart.all(count: count, views: 1)
        let computation = FeatureComputation(
            communicator,
            pool,
            trunk,
            source,
            parts,
            plans,
            augmentations: plans.evaluation,
            stop: stop
        )
        defer { computation.stop() }
        let isRoot = communicator.rank == 0
        let rows = Storage(count: isRoot ? width * (parts.first?.photos.count ?? 0) : 0)
        var skipped: [Skipped] = []
        try trunk.withConstantWeights {
            for part in parts {
                guard let failures = try computation.run(part, into: rows.base) else {
                    throw TrainingError.rank(
                        0,
                        code: 128 + computation.signal,
                        "stopped by \(StopSignals.name(computation.signal)) after "
                            + "\(part.photos.lowerBound) of \(count) photos, without a result"
                    )
                }
                let bad = try communicator.fromRoot { () -> [Int: String] in
                    var bad = failures
                    for place in 0..<part.photos.count where bad[place] == nil {
                        let row = rows.base + place * width
                        guard normalise(row) else {
                            bad[place] = "its features are all zero or not finite"
                            continue
                        }
                        try take(part.photos.lowerBound + place, row)
                    }
                    return bad
                }
                for (place, reason) in bad.sorted(by: { $0.key < $1.key }) {
                    let photo = part.photos.lowerBound + place
                    let name = source.photo(photo).name
                    skipped.append(
                        Skipped(photo: photo, told: SkippedPhoto(path: name, reason: reason))
                    )
                }
                progress(part.photos.upperBound)
            }
        }
        return skipped
    }

    /// Embeddings of photos in memory that the ranks of a node have in common.
    public struct Embedded: Sendable {
        /// A row for each of `photos`.
        public var rows: EmbeddingBlock
        /// Places of the photos that have an embedding, in order.
        public var photos: [Int]
        /// The others.
        public var skipped: [Skipped]

        /// Takes the rows of all but the skipped of `count` photos.
        init(_ storage: Storage, width: Int, count: Int, skipped: [Skipped]) {
            let without = Set(skipped.map(\.photo))
            photos = (0..<count).filter { !without.contains($0) }
            rows = EmbeddingBlock(storage, count: photos.count, width: width)
            self.skipped = skipped
        }
    }

    /// Embeds photos into memory; a collective call, arguments and errors as of `run`.
    public func embed(
        _ source: any PhotoSource,
        count: Int,
        stop: Interruption? = nil,
        progress: (Int) -> Void = { _ in }
    ) throws -> Embedded {
        let values = try communicator.makeNodeStorage(count: count * width)
        var to = values.storage.base
        let skipped = try run(source, count: count, stop: stop, progress: progress) { _, row in
            to.update(from: row, count: width)
            to += width
        }
        try communicator.broadcast(values)
        return Embedded(values.storage, width: width, count: count, skipped: skipped)
    }

    /// Scales a row to length 1; false where it has no direction.
    private func normalise(_ row: UnsafeMutablePointer<Float>) -> Bool {
        let sum = sumOfSquares(row, width)
        guard sum > 0, sum.isFinite else { return false }
        let scale = 1 / sum.squareRoot()
        for index in 0..<width { row[index] = Float(Double(row[index]) * scale) }
        return true
    }
}
