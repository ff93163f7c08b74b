import Distributed
import Files
import Images
import Networks
import Reporting
import Tensors
import Training

/// Says which photos show none of the landmarks that a network knows, by what `calibrate` found.
struct LandmarkJudge {
    private let embedder: Embedder
    private let world: World
    /// What was found; on rank 0 alone.
    private let calibrated: CalibratedNetwork?

    /// Loads the threshold of a network; a collective call.
    ///
    /// It is nil where there is none, or where it is for other weights, which is told.
    init?(_ choice: NetworkChoice, _ facts: LoadedNetwork.Facts, _ world: World) throws {
        let path = CalibratedNetwork.path(forWeights: facts.path)
        let isThere = try world.fromRoot { exists(path) }
        guard isThere else { return nil }
        let trunk = try LoadedNetwork(choice, world, part: .trunk, tells: false)
        let embedder = trunk.embedder(world)
        let network = embedder.network
        var found: CalibratedNetwork?
        let applies = try world.fromRoot {
            let calibrated = try CalibratedNetwork(path)
            found = calibrated
            guard calibrated.network.hash == network.hash else {
                Ending.say(
                    "\(path) was found for \(calibrated.network.text), and \(facts.path.shown) is \(network.text): "
                        + "every photo gets a name; calibrate again"
                )
                return false
            }
            guard calibrated.holds(for: facts.classes) else {
                Ending.say(
                    "\(path) was found for other landmarks than those that are named here: every photo gets a name; "
                        + "calibrate again"
                )
                return false
            }
            return true
        }
        guard applies else { return nil }
        calibrated = found
        self.embedder = embedder
        self.world = world
    }

    /// Notes verdicts in what was found about `photos`, on rank 0; a collective call.
    func judge(
        _ findings: inout Evaluator.Findings,
        _ photos: any PhotoSource,
        count: Int,
        stop: Interruption? = nil,
        progress: (Int) -> Void = { _ in }
    ) throws {
        let scores = try PhotoScores(
            embedder,
            photos,
            count: count,
            calibrated?.means,
            world,
            stop: stop,
            progress: progress
        )
        guard let calibration = calibrated?.calibration else { return }
        for index in findings.outcomes.indices {
            guard let score = scores.values[findings.outcomes[index].photo] else { continue }
            findings.outcomes[index].verdict = .init(score, calibration)
        }
    }
}

/// The scores of photos: how near each comes to a landmark.
struct PhotoScores {
    /// The score of each photo that has an embedding, by its place; on rank 0 alone.
    private(set) var values: [Int: Float] = [:]
    /// The others.
    private(set) var skipped: [SkippedPhoto] = []
    /// Embeddings that are scored at once.
    private static let rowsAtOnce = 1024

    /// Embeds and scores photos; a collective call.
    ///
    /// - Parameter means: the landmarks, on rank 0.
    init(
        _ embedder: Embedder,
        _ photos: any PhotoSource,
        count: Int,
        _ means: LandmarkMeans?,
        _ world: World,
        stop: Interruption? = nil,
        progress: (Int) -> Void = { _ in }
    ) throws {
        let width = embedder.width
        let rows = Storage(count: world.isRoot ? Self.rowsAtOnce * width : 0)
        var waiting: [Int] = []
        var values: [Int: Float] = [:]
        func score() {
            guard let means, !waiting.isEmpty else { return }
            let block = EmbeddingBlock(rows, count: waiting.count, width: width)
            for (photo, score) in zip(waiting, means.scores(block, world.pool)) {
                values[photo] = score
            }
            waiting = []
        }
        let skipped = try embedder.run(photos, count: count, stop: stop, progress: progress) {
            photo,
            row in
            (rows.base + waiting.count * width).update(from: row, count: width)
            waiting.append(photo)
            if waiting.count == Self.rowsAtOnce { score() }
        }
        score()
        self.values = values
        self.skipped = skipped.map(\.told)
    }
}
