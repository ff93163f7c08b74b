import Distributed
import Images
import Networks
import Tensors

/// Computes the features of photos part by part, batch k of a part on rank k mod R; they come together on rank 0.
final class FeatureComputation {
    private let communicator: any Communicator
    private let pool: ThreadPool
    private let trunk: Model
    private let stopping: Interruption?
    private let loader: BatchLoader
    /// The signal that ended it early, the same on all ranks; 0 = none did.
    private(set) var signal: Int32 = 0

    /// Starts to read the photos of `parts`, in their order.
    convenience init(_ setup: RunSetup, _ set: FeatureSet, _ trunk: Model, _ parts: [FeaturePart]) {
        self.init(
            setup.communicator,
            setup.pool,
            trunk,
            set.photos,
            parts,
            setup.plans,
            augmentations: set.augmentations,
            seed: setup.configuration.seed,
            stop: setup.signals?.stop
        )
    }

    /// Starts to read the photos of `parts` of `source`, in their order.
    ///
    /// - Parameters:
    ///   - plans: the size of photos and the values that pixels are given.
    ///   - augmentations: how photos become squares.
    ///   - seed: what augmentations are drawn from.
    ///   - stop: a request to leave; nil = none comes.
    init(
        _ communicator: any Communicator,
        _ pool: ThreadPool,
        _ trunk: Model,
        _ source: any PhotoSource,
        _ parts: [FeaturePart],
        _ plans: PhotoPlans,
        augmentations: [any Augmentation],
        seed: UInt64 = 0,
        stop: Interruption?
    ) {
        self.communicator = communicator
        self.pool = pool
        self.trunk = trunk
        stopping = stop
        let (rank, ranks) = (communicator.rank, communicator.size)
        loader = BatchLoader(
            source: source,
            requests: parts.flatMap { part in
                Self.own(part.batches, rank, of: ranks).map {
                    BatchRequest(samples: Array($0), epoch: part.view)
                }
            },
            maximumBatch: FeaturePart.batch,
            imageSize: plans.imageSize,
            augmentations: augmentations,
            normalisation: plans.normalisation,
            seed: seed,
            threads: pool.threads
        )
    }

    /// Ends the threads that read.
    func stop() { loader.stop() }

    private static func own(_ batches: [Range<Int>], _ rank: Int, of ranks: Int) -> [Range<Int>] {
        batches.enumerated().filter { $0.offset % ranks == rank }.map { $0.element }
    }

    /// What a rank made of its share of a part.
    private struct Report: Codable, Sendable {
        var signal: Int32
        var failures: [Int: String] = [:]
        var isFailed = false
    }

    /// Computes the features of the next part and puts them into rank 0's `table`, [photos of the part][features];
    /// a collective call.
    ///
    /// - Returns: why photos could not be read, by their place in the part, on all ranks; nil where a signal came.
    func run(
        _ part: FeaturePart,
        into table: UnsafeMutablePointer<Float>
    ) throws -> [Int: String]? {
        let rank = communicator.rank
        let width = trunk.output.perImage
        let own = Self.own(part.batches, rank, of: communicator.size)
        let features = Storage(count: own.reduce(0) { $0 + $1.count } * width)
        var failures: [Int: String] = [:]
        let outcome = Result { try compute(own, part, features, &failures) }
        var report = Report(signal: stopping?.reason ?? 0, failures: failures)
        if case .failure = outcome { report.isFailed = true }
        let all = try communicator.gather(report)
        if all.contains(where: \.isFailed) { try communicator.together(outcome.get) }
        signal = all.map(\.signal).max() ?? 0
        guard signal == 0 else { return nil }
        func place(_ batch: Range<Int>) -> UnsafeMutablePointer<Float> {
            table + (batch.lowerBound - part.photos.lowerBound) * width
        }
        var from = features.base
        var sends: [FloatMessage] = []
        for batch in own {
            let count = batch.count * width
            if rank == 0 {
                place(batch).update(from: from, count: count)
            } else {
                sends.append(FloatMessage(peer: 0, from, count))
            }
            from += count
        }
        let receives = (rank == 0 ? 1..<communicator.size : 0..<0).flatMap { peer in
            Self.own(part.batches, peer, of: communicator.size).map {
                FloatMessage(peer: peer, place($0), $0.count * width)
            }
        }
        try withExtendedLifetime(features) {
            try communicator.sendReceive(sends: sends, receives: receives)
        }
        var found: [Int: String] = [:]
        for report in all { found.merge(report.failures) { first, _ in first } }
        return found
    }

    /// Computes this rank's batches of a part, one behind the other in `features`, until a signal comes.
    private func compute(
        _ batches: [Range<Int>],
        _ part: FeaturePart,
        _ features: Storage,
        _ failures: inout [Int: String]
    ) throws {
        var to = features.base
        for batch in batches {
            guard let photos = try loader.next(unless: { stopping?.isRequested ?? false }) else {
                return
            }
            defer { loader.release(photos) }
            let values = pool.leaving(on: stopping) {
                trunk.forward(photos.images, .evaluation)
            }
            guard let values else { return }
            to.update(from: values.base, count: values.shape.count)
            for (place, weight) in photos.weights.enumerated() where weight == 0 {
                let reason = photos.reason(at: place)
                failures[batch.lowerBound - part.photos.lowerBound + place] = reason
                let width = values.shape.perImage
                (to + place * width).update(repeating: 0, count: width)
            }
            to += values.shape.count
        }
    }
}
