import Distributed
import Files
import Images
import Networks
import Reporting
import Tensors
import Training

/// Finds the nearest of the photos that a network learned from, or of a file of embeddings.
struct NearestPhotos {
    /// Photos that are asked about at once.
    static let photosAtOnce = 4096

    /// A photo that is near.
    struct Neighbour: Encodable {
        /// Its path, or what it is called in a file of embeddings.
        var photo: String
        /// What the user's files call its landmark; nil = unknown.
        var landmarkID: LandmarkID?
        /// The landmark's name.
        var name: String?
        /// The cosine of the angle between the embeddings.
        var similarity: Double

        enum CodingKeys: String, CodingKey {
            case photo, name, similarity
            case landmarkID = "landmark_id"
        }
    }

    /// What was found.
    struct Found {
        /// The nearest photos, best first, of each photo that could be read, by its place among all.
        var photos: [Int: [Neighbour]] = [:]
        /// The photos that could not.
        var skipped: [SkippedPhoto] = []
    }

    /// Whether the network's file names the landmarks that its head knows.
    let namesItself: Bool
    private let count: Int
    private let embedder: Embedder
    private let world: World
    private let source: Source

    private enum Source {
        case learned(EmbeddingTable, (Int) -> String)
        case file(EmbeddingFile, ids: [String])
    }

    /// Loads the network's trunk and the photos to search in; a collective call.
    ///
    /// - Parameters:
    ///   - count: neighbours of each photo.
    ///   - file: embeddings to search in; nil = those that the network learned from.
    ///   - data: the folder whose training photos are searched where there is no run.
    init(
        _ count: Int,
        _ choice: NetworkChoice,
        _ file: String?,
        data: String?,
        _ world: World
    ) throws {
        let loaded = try LoadedNetwork(
            choice,
            world,
            part: .trunk,
            names: data.map { folder in { try ListedFolder(folder).classes } }
        )
        self.count = count
        self.world = world
        namesItself = loaded.facts.namesItself
        embedder = loaded.embedder(world)
        if let file {
            let network = embedder.network
            let opened = try world.together {
                let opened = try EmbeddingFile(file)
                if let other = opened.network {
                    try network.require(other, of: file, own: choice.checkpoint)
                } else if world.isRoot {
                    Ending.say(
                        "\(file) does not say which network its embeddings are of; they may be of another"
                    )
                }
                guard opened.width == network.width else {
                    throw TrainingError.data(
                        "\(file) holds \(opened.width) numbers for each photo, the network gives "
                            + "\(network.width); make its embeddings by this network"
                    )
                }
                return opened
            }
            source = .file(opened, ids: try world.together { try opened.ids() })
        } else {
            let learned = try LearnedPhotos(choice, loaded.facts, folder: data, world)
            let table = try learned.embeddings(embedder, world, nil)
            // A row of the table is not the photo's place where some have no embedding.
            let places = Dictionary(
                (0..<learned.photos.count).map { (learned.photos.id($0), $0) },
                uniquingKeysWith: { first, _ in first }
            )
            source = .learned(table) { row in
                let id = table.ids[row]
                return places[id].map { learned.photos.path($0) } ?? id
            }
        }
    }

    /// Finds the nearest photos of those at the places `range`; a collective call.
    func find(_ photos: any PhotoSource, _ range: Range<Int>) throws -> Found {
        let embedded = try embedder.embed(
            PhotoRange(source: photos, range: range),
            count: range.count
        )
        var found = Found(photos: [:], skipped: embedded.skipped.map(\.told))
        let search = SharedSearch(communicator: world.communicator, pool: world.pool)
        func add(
            _ query: Int,
            _ rows: [RankedRow],
            _ labels: [Int32],
            _ classes: ClassIndex,
            _ name: (Int) -> String
        ) {
            found.photos[range.lowerBound + embedded.photos[query]] = rows.map { row in
                let label = Int(labels[row.row])
                return Neighbour(
                    photo: name(row.row).readable,
                    landmarkID: label >= 0 ? classes.landmarkID(label) : nil,
                    name: label >= 0 ? classes.names[label].readable : nil,
                    similarity: (Double(row.score) * 1e6).rounded() / 1e6
                )
            }
        }
        switch source {
        case .learned(let table, let name):
            try search.run(embedded.rows, in: table.rows, most: count) {
                add($0, $1, table.labels, table.classes, name)
            }
        case .file(let file, let ids):
            try search.run(embedded.rows, in: file, most: count) {
                add($0, $1, file.labels, file.classes) { ids[$0] }
            }
        }
        return found
    }
}
