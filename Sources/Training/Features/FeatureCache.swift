import Distributed
import Foundation
import Images
import Networks
import Tensors

/// The features of a run's photos: computed once by the frozen trunk, on all ranks, kept in the run folder and
/// found there again.
final class FeatureCache {
    private let setup: RunSetup
    private let replica: Replica
    private let recorder: RunRecorder
    private let views: Int
    private let shape: Shape
    /// The features of the photos that are learned from, and of those held out; nil before `prepare`.
    private(set) var tables: (training: FeatureTable, held: FeatureTable)?

    /// Makes no room yet; nil where a run's photos go through the whole network.
    init?(_ setup: RunSetup, _ replica: Replica, _ recorder: RunRecorder) {
        guard let views = setup.configuration.cachedViews,
            let shape = setup.description.features(setup.configuration.freezing)
        else { return nil }
        self.setup = setup
        self.replica = replica
        self.recorder = recorder
        self.views = views
        self.shape = shape
    }

    /// Bytes that this rank comes to hold: its share of the features, and of the trunk that computes them.
    var memory: Int {
        let mates = replica.values.homes.count {
            $0 == replica.values.homes[setup.communicator.rank]
        }
        return MemoryNeed.features(
            setup.configuration,
            setup.description,
            photos: (setup.photos.training.count, setup.photos.held.count),
            ranksOnNode: mates,
            pool: setup.pool
        ) * MemoryLayout<Float>.stride
    }

    /// Photos that the trunk computes in all, each view of each.
    var photos: Int { views * setup.photos.training.count + setup.photos.held.count }

    /// The trunk, with the weights of the replica.
    func makeTrunk() -> Model {
        Model(
            setup.description,
            freezing: setup.configuration.freezing,
            part: .trunk,
            maximumBatch: FeaturePart.batch,
            purpose: .evaluation,
            pool: setup.pool,
            exact: setup.configuration.convolution == .exact,
            values: replica.values.storage
        )
    }

    /// Computes what is not in the run folder yet; a collective call, under the weights that the run keeps.
    ///
    /// - Returns: the signal that ended it early; nil = all features are there.
    func prepare() throws -> Int32? {
        guard tables == nil else { return nil }
        let begin = ContinuousClock.now
        let trunk = makeTrunk()
        let augments = views > 1
        let sets = [
            FeatureSet(
                name: "training",
                photos: setup.photos.training,
                views: views,
                augmentations: augments ? setup.plans.training : setup.plans.evaluation
            ),
            FeatureSet(
                name: "held-out",
                photos: setup.photos.held,
                views: 1,
                augmentations: setup.plans.evaluation
            ),
        ]
        if replica.isRoot {
            recorder.tell([
                augments
                    ? "the frozen trunk computes the features of \(views) random views of each photo once"
                    : "the frozen trunk computes the features of each photo once, prepared as for evaluation; "
                        + "--views K learns from K random views of each, --views 0 from new ones in each epoch"
            ])
        }
        var computed = 0
        var tables: [FeatureTable] = []
        for set in sets {
            switch try table(set, trunk) {
            case .left(let signal): return signal
            case .done(let table, let count):
                tables.append(table)
                computed += count
            }
        }
        if replica.isRoot {
            let seconds = ((ContinuousClock.now - begin).seconds * 10).rounded() / 10
            recorder.tell([
                computed == 0
                    ? "the features of all photos are in \(setup.run.features)"
                    : "the features of \(computed) photos were computed in \(seconds) s and are kept in "
                        + setup.run.features
            ])
        }
        self.tables = (tables[0], tables[1])
        return nil
    }

    /// How the features of some photos came about.
    private enum End {
        case done(FeatureTable, computed: Int)
        case left(Int32)
    }

    /// The features of a set: what the run folder has of them, and the rest computed.
    private func table(_ set: FeatureSet, _ trunk: Model) throws -> End {
        let communicator = setup.communicator
        let rows = set.views * set.photos.count
        var table = FeatureTable(
            count: set.photos.count,
            views: set.views,
            shape: shape,
            values: try communicator.makeNodeStorage(count: rows * shape.perImage)
        )
        let parts = FeaturePart.all(count: set.photos.count, views: set.views)
        let files = FeatureFiles(setup.run, set.name, key: key(set))
        let known = try communicator.fromRoot { read(parts, files, set, table) }
        for (part, failures) in zip(parts, known) {
            for (place, reason) in failures ?? [:] { table.fail(place, of: part, reason) }
        }
        let missing = zip(parts, known).filter { $0.1 == nil }.map { $0.0 }
        let computation = FeatureComputation(setup, set, trunk, missing)
        defer { computation.stop() }
        try trunk.withConstantWeights {
            for part in missing {
                let rows = table.features(table.row(part.photos.lowerBound, view: part.view))
                guard let failures = try computation.run(part, into: rows) else { return }
                for (place, reason) in failures { table.fail(place, of: part, reason) }
                try communicator.together {
                    guard replica.isRoot else { return }
                    try recorder.verifyLock()
                    try files.write(part, of: table, failures: failures)
                }
            }
        }
        if computation.signal != 0 { return .left(computation.signal) }
        try communicator.broadcast(table.values)
        return .done(table, computed: missing.reduce(0) { $0 + $1.photos.count })
    }

    /// Reads the parts that the run folder has; nil for each that must be computed.
    private func read(
        _ parts: [FeaturePart],
        _ files: FeatureFiles,
        _ set: FeatureSet,
        _ table: FeatureTable
    ) -> [[Int: String]?] {
        var stale = 0
        let known = parts.map { part -> [Int: String]? in
            switch files.read(part, into: table) {
            case .whole(let failures): return failures
            case .nothing: return nil
            case .stale:
                stale += 1
                return nil
            }
        }
        if stale > 0 {
            recorder.tell([
                "features of \(set.name) photos in \(setup.run.features) are damaged or of other weights, "
                    + "photos or settings; they are computed anew"
            ])
        }
        return known
    }

    /// All that the features of a set depend on, as one hash.
    private func key(_ set: FeatureSet) -> String {
        var plans = setup.plans
        if set.views == 1 { plans.augmentation = .none }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let settings = try? encoder.encode(plans)
        let frozen = 0..<replica.model.store.live.lowerBound
        let weights = ContentHash(UnsafeRawBufferPointer(replica.model.store.values.slice(frozen)))
        let configuration = setup.configuration
        var lines = [
            "features 1", configuration.model.rawValue, configuration.freezing.text,
            configuration.convolution.rawValue, configuration.blas.text, weights.text,
            settings.map { String(decoding: $0, as: UTF8.self) } ?? "",
            set.views == 1 ? "" : "\(set.views) views, seed \(configuration.seed)",
        ]
        for photo in 0..<set.photos.count { lines.append(set.photos.id(photo)) }
        return ContentHash(lines.joined(separator: "\n")).text
    }
}

/// Photos of a run whose features are computed.
struct FeatureSet {
    let name: String
    let photos: any Dataset
    let views: Int
    let augmentations: [any Augmentation]
}

extension FeatureTable {
    /// Notes why the photo at a place of a part could not be read.
    fileprivate mutating func fail(_ place: Int, of part: FeaturePart, _ reason: String) {
        failures[row(part.photos.lowerBound + place, view: part.view)] = reason
    }
}
