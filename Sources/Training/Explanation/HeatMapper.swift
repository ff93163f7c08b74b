public import Distributed
public import Images
public import Networks
import Tensors

/// Computes where a network looked in photos, each by one rank and by itself, so that a map is the same on any number
/// of ranks.
public struct HeatMapper {
    private let communicator: any Communicator
    private let maps: ActivationMaps
    private let plans: PhotoPlans

    /// Takes a network, whose weights must stay as they are.
    ///
    /// - Throws: `NetworksError` where nothing of it shows where it looks.
    public init(_ communicator: any Communicator, _ model: Model, _ plans: PhotoPlans) throws {
        self.communicator = communicator
        self.plans = plans
        maps = try ActivationMaps(of: model)
    }

    /// What speaks for the likeliest class of each of the photos.
    ///
    /// - Parameter outcomes: what the network said about some photos of `source`; the same on all ranks.
    /// - Returns: a map for each of them on every rank; nil where the photo cannot be read any more.
    public func run(_ source: any PhotoSource, _ outcomes: [PhotoOutcome]) throws -> [HeatMap?] {
        let own = stride(from: communicator.rank, to: outcomes.count, by: communicator.size)
        let found = try communicator.together { () throws -> [HeatMap?] in
            let reader = try PhotoReader()
            let size = plans.imageSize
            let photo = Storage(count: 3 * size * size)
            return try maps.withConstantWeights {
                try own.map { number in
                    try map(source, outcomes[number], reader, photo)
                }
            }
        }
        let all = try communicator.gather(found)
        return outcomes.indices.map { all[$0 % communicator.size][$0 / communicator.size] }
    }

    private func map(
        _ source: any PhotoSource,
        _ outcome: PhotoOutcome,
        _ reader: PhotoReader,
        _ memory: Storage
    ) throws -> HeatMap? {
        guard let best = outcome.best.first else { return nil }
        let (photo, size) = (source.photo(outcome.photo), plans.imageSize)
        let random = Random(seed: 0, .augmentation)
        do throws(PhotoError) {
            let plan = try reader.plan(
                photo,
                imageSize: size,
                augmentations: plans.evaluation,
                random: random
            )
            try reader.sample(
                photo,
                imageSize: size,
                augmentations: plans.evaluation,
                normalisation: plans.normalisation,
                random: random,
                into: memory.base
            )
            let map = maps.map(
                memory.tensor(Shape(N: 1, H: size, W: size, C: 3)),
                label: Int(best.label)
            )
            return HeatMap(rows: map.rows, columns: map.columns, values: map.values, on: plan)
        } catch {
            return nil
        }
    }
}
