public import Images
public import Tensors

/// Photos of landmarks by which others are named, without training.
///
/// What it holds is a function of its photos alone: landmarks stand in the order of their names and photos in that of
/// landmark, path and content, however they came.
public struct Gallery: Sendable {
    /// A landmark.
    public struct Landmark: Codable, Sendable, Equatable {
        /// Its name, unique in the gallery.
        public var name: String
        /// Its id in the user's tables; nil = it has none.
        public var id: Int64?

        /// Names a landmark.
        public init(name: String, id: Int64? = nil) { (self.name, self.id) = (name, id) }

        /// What the user's files call it.
        public var landmarkID: LandmarkID { id.map { .number($0) } ?? .folder(name) }
    }

    /// A photo, by what it was called when it was added, its content, and the landmark that it shows.
    public struct Photo: Sendable, Equatable {
        /// Its path.
        public var path: String
        /// Its content.
        public var hash: ContentHash
        /// Place of its landmark in `landmarks`.
        public var landmark: Int
    }

    /// The network and how photos are prepared for it.
    public let source: GallerySource
    /// The landmarks, each with photos, by the bytes of their names.
    public private(set) var landmarks: [Landmark] = []
    /// The photos.
    public private(set) var photos: [Photo] = []
    /// The embedding of each photo.
    public private(set) var embeddings: EmbeddingBlock
    /// The directions of landmarks.
    public private(set) var means: LandmarkMeans
    /// The direction of each photo.
    public private(set) var directions: EmbeddingBlock
    /// From which score on photos are named; nil = all are.
    public var calibration: Calibration?

    /// An empty gallery.
    public init(_ source: GallerySource) {
        let none = EmbeddingBlock(Storage(count: 0), count: 0, width: source.network.width)
        self.init(
            source,
            [],
            [],
            none,
            LandmarkMeans(whitening: nil, means: none, labels: []),
            none
        )
    }

    /// Puts together what was kept.
    init(
        _ source: GallerySource,
        _ landmarks: [Landmark],
        _ photos: [Photo],
        _ embeddings: EmbeddingBlock,
        _ means: LandmarkMeans,
        _ directions: EmbeddingBlock,
        _ calibration: Calibration? = nil
    ) {
        self.source = source
        (self.landmarks, self.photos, self.embeddings) = (landmarks, photos, embeddings)
        (self.means, self.directions, self.calibration) = (means, directions, calibration)
    }

    /// Photos of each landmark.
    public var counts: [Int] {
        var counts = [Int](repeating: 0, count: landmarks.count)
        for photo in photos { counts[photo.landmark] += 1 }
        return counts
    }

    /// A photo that may come to a gallery.
    public struct NewPhoto: Sendable, Equatable {
        /// Its path.
        public var path: String
        /// Its content.
        public var hash: ContentHash
        /// What it shows.
        public var landmark: Landmark

        /// Puts together what is known.
        public init(path: String, hash: ContentHash, landmark: Landmark) {
            (self.path, self.hash, self.landmark) = (path, hash, landmark)
        }
    }

    /// What of some photos a gallery has already.
    public struct Sorting: Sendable, Equatable {
        /// Places of the photos that are new.
        public var new: [Int] = []
        /// Photos of which the same landmark has one of the same content.
        public var copies: [Twin] = []
        /// Photos of which another landmark has one of the same content.
        public var contradictions: [Twin] = []

        /// Nothing yet.
        public init() {}

        /// A photo, and the one that has its content.
        public struct Twin: Sendable, Equatable {
            /// The photo, and as what it was to be added.
            public var photo: String
            /// The other one.
            public var other: String
        }
    }

    /// Sorts out which of `candidates` are new; of equal ones the first.
    public func sort(_ candidates: [NewPhoto]) -> Sorting {
        var known: [ContentHash: (path: String, name: String)] = [:]
        for photo in photos where known[photo.hash] == nil {
            known[photo.hash] = (photo.path, landmarks[photo.landmark].name)
        }
        var sorting = Sorting()
        for (place, candidate) in candidates.enumerated() {
            guard let other = known[candidate.hash] else {
                known[candidate.hash] = (candidate.path, candidate.landmark.name)
                sorting.new.append(place)
                continue
            }
            if other.name == candidate.landmark.name {
                sorting.copies.append(.init(photo: candidate.path, other: other.path))
            } else {
                sorting.contradictions.append(
                    .init(
                        photo: "\(candidate.path) as \(candidate.landmark.name)",
                        other: "\(other.path) as \(other.name)"
                    )
                )
            }
        }
        return sorting
    }

    /// Adds those of `candidates` that are new to it.
    ///
    /// A landmark that is there keeps its name and id. Directions are learned again; a threshold stays where they are
    /// still of the same kind.
    ///
    /// - Parameters:
    ///   - candidates: photos.
    ///   - rows: the embedding of each.
    /// - Returns: what was added, and what is there already.
    @discardableResult
    public mutating func add(
        _ candidates: [NewPhoto],
        _ rows: EmbeddingBlock,
        _ pool: ThreadPool
    ) -> Sorting {
        precondition(candidates.count == rows.count, "an embedding for each photo")
        let sorting = sort(candidates)
        guard !sorting.new.isEmpty else { return sorting }
        let old = photos.indices.map { place in
            Row(photos[place], landmarks[photos[place].landmark], embeddings.row(place))
        }
        let added = sorting.new.map { place in
            let photo = candidates[place]
            return Row(
                Photo(path: photo.path, hash: photo.hash, landmark: 0),
                photo.landmark,
                rows.row(place)
            )
        }
        withExtendedLifetime((embeddings, rows)) { rebuild(old + added, pool) }
        return sorting
    }

    /// Removes the photos at `places`; a landmark without photos goes with its last one.
    public mutating func remove(_ places: Set<Int>, _ pool: ThreadPool) {
        let rest = photos.indices.filter { !places.contains($0) }.map { place in
            Row(photos[place], landmarks[photos[place].landmark], embeddings.row(place))
        }
        withExtendedLifetime(embeddings) { rebuild(rest, pool) }
    }

    /// A photo on its way to another place.
    private struct Row {
        let photo: Photo
        let landmark: Landmark
        let embedding: UnsafePointer<Float>

        init(_ photo: Photo, _ landmark: Landmark, _ embedding: UnsafeMutablePointer<Float>) {
            (self.photo, self.landmark) = (photo, landmark)
            self.embedding = UnsafePointer(embedding)
        }
    }

    private mutating func rebuild(_ rows: [Row], _ pool: ThreadPool) {
        var known: [String: Landmark] = [:]
        for row in rows where known[row.landmark.name]?.id == nil {
            known[row.landmark.name, default: row.landmark].id = row.landmark.id
        }
        landmarks = known.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        let places = Dictionary(
            landmarks.enumerated().map { ($1.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var moved = rows.map { row in
            var photo = row.photo
            photo.landmark = places[row.landmark.name] ?? 0
            return (photo: photo, embedding: row.embedding)
        }
        moved.sort { a, b in
            if a.photo.landmark != b.photo.landmark { return a.photo.landmark < b.photo.landmark }
            if a.photo.path != b.photo.path {
                return a.photo.path.utf8.lexicographicallyPrecedes(b.photo.path.utf8)
            }
            return a.photo.hash < b.photo.hash
        }
        let width = source.network.width
        let storage = Storage(count: moved.count * width)
        for (place, row) in moved.enumerated() {
            (storage.base + place * width).update(from: row.embedding, count: width)
        }
        photos = moved.map(\.photo)
        embeddings = EmbeddingBlock(storage, count: moved.count, width: width)
        let before = means.whitening != nil
        means = LandmarkMeans(embeddings, labels, pool)
        directions = means.directions(embeddings, pool)
        if before != (means.whitening != nil) || photos.isEmpty { calibration = nil }
    }

    /// The landmark of each photo, as labels.
    var labels: [Int32] { photos.map { Int32($0.landmark) } }

    /// The scores that photos would have if they were not in the gallery; nil for photos that are the only ones of
    /// their landmark, or are left alone by chance.
    public func heldOutScores(_ pool: ThreadPool) -> [Float?] {
        LandmarkMeans.heldOutScores(
            embeddings,
            labels,
            folds: photos.map { Int($0.hash.low % 5) },
            pool
        )
    }
}

/// The network that a gallery's embeddings are by, and where its weights are.
public struct GallerySource: Codable, Sendable, Equatable {
    /// The path of the weights, from the root.
    public var weights: String
    /// Flags with which they are read, as on a command line.
    public var flags: [String]
    /// What the embeddings are by.
    public var network: EmbeddingNetwork

    /// Puts together what is known.
    public init(weights: String, flags: [String], network: EmbeddingNetwork) {
        (self.weights, self.flags, self.network) = (weights, flags, network)
    }
}
