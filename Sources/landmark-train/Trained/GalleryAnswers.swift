import Distributed
import Files
import Images
import Reporting
import Tensors
import Training

/// Names the landmarks in photos by a gallery.
struct GalleryAnswers {
    /// Nearest photos that are shown where nothing else is asked for.
    static let usualNeighbours = 3

    /// The landmarks, as labels have them.
    let classes: ClassIndex
    private let network: GalleryNetwork
    private let world: World
    /// What is on rank 0 alone.
    private let root: Root?

    private struct Root {
        let file: GalleryFile
        let means: LandmarkMeans
        let paths: [String]
        /// The label of each landmark of the file.
        let labels: [Int32]
    }

    /// Loads a gallery and its network; a collective call, arguments as for `GalleryNetwork`.
    init(
        _ gallery: String,
        weights: String?,
        _ world: World,
        change: (inout NetworkChoice) -> Void
    ) throws {
        network = try GalleryNetwork(gallery, weights: weights, world, change: change)
        self.world = world
        let source = network.source
        var root: Root?
        classes = try world.fromRoot {
            let file = try GalleryFile(gallery)
            guard file.source.network.hash == source.network.hash else {
                throw TrainingError.data(
                    "\(gallery) was replaced by one of another network meanwhile"
                )
            }
            guard file.count > 0 else {
                throw TrainingError.data(
                    "\(gallery) holds no photos; add some with landmark-train gallery add"
                )
            }
            let (classes, labels) = GalleryAnswers.classes(file.landmarks)
            root = Root(
                file: file,
                means: try file.means(),
                paths: try file.paths(),
                labels: labels
            )
            return classes
        }
        self.root = root
    }

    /// The landmarks as classes, by their ids where all have one, and the label of each.
    private static func classes(_ landmarks: [Gallery.Landmark]) -> (ClassIndex, [Int32]) {
        let ids = landmarks.compactMap(\.id)
        guard ids.count == landmarks.count, Set(ids).count == ids.count else {
            return (ClassIndex(folders: landmarks.map(\.name)), landmarks.indices.map { Int32($0) })
        }
        let names = Dictionary(
            landmarks.map { ($0.id ?? 0, $0.name) },
            uniquingKeysWith: { first, _ in first }
        )
        let classes = ClassIndex(fitting: ids, names: names)
        return (classes, classes.labels(of: ids))
    }

    /// What was found about some photos, on rank 0.
    struct Found {
        /// The landmarks and the verdict for each photo that could be read.
        var outcomes: [PhotoOutcome] = []
        /// The nearest photos of the gallery, and the photos that could not be read.
        var near = NearestPhotos.Found()
    }

    /// Names the photos at the places `range`; a collective call.
    ///
    /// The confidence of a landmark is its share among those of the gallery, as of `LandmarkMeans.guesses`.
    func find(
        _ photos: any PhotoSource,
        _ range: Range<Int>,
        top: Int,
        neighbours: Int
    ) throws -> Found {
        let embedded = try network.embedder.embed(
            PhotoRange(source: photos, range: range),
            count: range.count
        )
        return try world.together {
            var found = Found()
            found.near.skipped = embedded.skipped.map(\.told)
            guard let root else { return found }
            let directions = root.means.directions(embedded.rows, world.pool)
            let guesses = root.means.guesses(directions, top: top, world.pool)
            let near = try root.file.nearest(directions, most: neighbours, world.pool)
            for (query, place) in embedded.photos.enumerated() {
                let photo = range.lowerBound + place
                var outcome = PhotoOutcome(
                    photo: photo,
                    loss: .nan,
                    best: guesses[query].map { guess in
                        .init(label: root.labels[Int(guess.label)], confidence: guess.confidence)
                    }
                )
                if let calibration = root.file.calibration, let best = guesses[query].first {
                    outcome.verdict = .init(best.cosine, calibration)
                }
                found.outcomes.append(outcome)
                found.near.photos[photo] = near[query].map { neighbour($0, root) }
            }
            return found
        }
    }

    private func neighbour(_ row: RankedRow, _ root: Root) -> NearestPhotos.Neighbour {
        let label = Int(root.labels[Int(root.file.labels[row.row])])
        return NearestPhotos.Neighbour(
            photo: root.paths[row.row].readable,
            landmarkID: classes.landmarkID(label),
            name: classes.names[label].readable,
            similarity: (Double(row.score) * 1e6).rounded() / 1e6
        )
    }
}
