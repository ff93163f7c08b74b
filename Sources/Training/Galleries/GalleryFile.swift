import Distributed
import Files
import Foundation
import Images
import Networks
import TensorFiles
public import Tensors

/// A file of a gallery, opened for reading; `docs/galleries.md` has its tensors.
///
/// It is a file of embeddings as `embed` writes them, with more: what is needed to name a photo by it can be read
/// without the rest.
public final class GalleryFile {
    /// The file.
    public let path: String
    /// The network and how photos are prepared for it.
    public let source: GallerySource
    /// The landmarks.
    public let landmarks: [Gallery.Landmark]
    /// From which score on photos are named; nil = all are.
    public let calibration: Calibration?
    private let embeddings: EmbeddingFile
    private let file: TensorFile

    /// Names of what galleries have besides embeddings.
    enum Key {
        static let gallery = "landmark_train_gallery"
        static let hashes = "content_hashes"
        static let centre = "whitening_centre"
        static let matrix = "whitening"
        static let directions = "directions"
        static let means = "landmark_directions"
    }

    /// What the header says.
    struct Header: Codable {
        var version: Int
        var weights: String
        var flags: [String]
        /// The landmarks' ids in the user's tables, in the order of their names.
        var ids: [Int64?]
        var calibration: Calibration?
    }

    /// The version that is written; later ones are refused.
    static let version = 1

    /// Whether `path` is a file of a gallery, whole or not, as far as its header tells.
    public static func isGallery(_ path: String) -> Bool {
        guard exists(path), !isFolder(path), let file = try? TensorFile(path: path) else {
            return false
        }
        return file.metadata[Key.gallery] != nil
    }

    /// Opens `path` and reads what is short.
    ///
    /// - Throws: `TrainingError.data` where it is no whole file of a gallery, `FileError` where it cannot be read.
    public init(_ path: String) throws {
        guard exists(path) else {
            throw TrainingError.files(
                "there is no gallery at \(path.shown); check the path, or make one with landmark-train gallery "
                    + "create"
            )
        }
        self.path = path
        do {
            file = try TensorFile(path: path)
        } catch let error as TensorFileError {
            throw TrainingError.data(error.description)
        }
        guard let text = file.metadata[Key.gallery] else {
            throw TrainingError.data(
                "\(path.shown) is no gallery; give a file that landmark-train gallery create made"
            )
        }
        let header = try GalleryFile.header(text, path)
        embeddings = try EmbeddingFile(path)
        guard let network = embeddings.network else {
            throw GalleryFile.damaged(path, "it does not say which network it is of")
        }
        source = GallerySource(weights: header.weights, flags: header.flags, network: network)
        calibration = header.calibration
        let names = embeddings.classes.names
        guard header.ids.count == names.count, !embeddings.labels.contains(where: { $0 < 0 }) else {
            throw GalleryFile.damaged(path, "its landmarks and their ids do not fit")
        }
        landmarks = zip(names, header.ids).map { Gallery.Landmark(name: $0, id: $1) }
    }

    private static func header(_ text: String, _ path: String) throws -> Header {
        struct Version: Decodable { let version: Int }
        let (decoder, data) = (JSONDecoder(), Data(text.utf8))
        guard let version = try? decoder.decode(Version.self, from: data).version else {
            throw damaged(path, "its header cannot be read")
        }
        guard version <= Self.version else {
            throw TrainingError.data(
                "\(path.shown) is a gallery of version \(version), this program knows \(Self.version); use the "
                    + "program that wrote it or a newer one"
            )
        }
        guard let header = try? decoder.decode(Header.self, from: data) else {
            throw damaged(path, "its header cannot be read")
        }
        return header
    }

    private static func damaged(_ path: String, _ reason: String) -> TrainingError {
        .data("\(path.shown): \(reason); copy the gallery again, or make a new one")
    }

    /// Number of photos.
    public var count: Int { embeddings.count }
    /// Place of the landmark of each photo in `landmarks`.
    public var labels: [Int32] { embeddings.labels }
    /// The path of each photo when it was added.
    public func paths() throws -> [String] { try embeddings.ids() }

    /// The directions of landmarks, and how embeddings become directions.
    public func means() throws -> LandmarkMeans {
        let (count, width) = (landmarks.count, embeddings.width)
        let labels = (0..<count).map { Int32($0) }
        guard file.entry(named: Key.matrix) != nil else {
            let means = try floats(Key.means, [count, width])
            let block = EmbeddingBlock(means, count: count, width: width)
            return LandmarkMeans(whitening: nil, means: block, labels: labels)
        }
        let whitening = Whitening(
            centre: try floats(Key.centre, [width]),
            matrix: try floats(Key.matrix, [width, width])
        )
        let means = EmbeddingBlock(
            try floats(Key.means, [count, width]),
            count: count,
            width: width
        )
        return LandmarkMeans(whitening: whitening, means: means, labels: labels)
    }

    /// The photos whose directions are nearest to each of `directions`, best first; `row` is the number of a photo.
    ///
    /// They are read block by block.
    public func nearest(
        _ directions: EmbeddingBlock,
        most: Int,
        _ pool: ThreadPool
    ) throws -> [[RankedRow]] {
        var found: [[RankedRow]] = []
        let search = SharedSearch(communicator: SoloCommunicator(), pool: pool)
        guard let entry = file.entry(named: Key.directions) else {
            try search.run(directions, in: embeddings, most: most) { found.append($1) }
            return found
        }
        let rows = try DirectionRows(file: file, entry: checked(entry, [count, embeddings.width]))
        try search.run(directions, in: rows, most: most) { found.append($1) }
        return found
    }

    /// All that the file holds.
    public func gallery() throws -> Gallery {
        let width = embeddings.width
        let paths = try paths()
        guard let entry = file.entry(named: Key.hashes), entry.shape == [count, 2] else {
            throw GalleryFile.damaged(path, "it has no content hash for each photo")
        }
        let words = try reading { try file.elements(entry, as: .i64, Int64.self) }
        let photos = (0..<count).map { place in
            Gallery.Photo(
                path: paths[place],
                hash: ContentHash(
                    high: UInt64(bitPattern: words[2 * place]),
                    low: UInt64(bitPattern: words[2 * place + 1])
                ),
                landmark: Int(labels[place])
            )
        }
        let storage = Storage(count: count * width)
        try embeddings.read(0..<count, into: storage.base)
        let rows = EmbeddingBlock(storage, count: count, width: width)
        var directions = rows
        if file.entry(named: Key.directions) != nil {
            directions = EmbeddingBlock(
                try floats(Key.directions, [count, width]),
                count: count,
                width: width
            )
        }
        return Gallery(source, landmarks, photos, rows, try means(), directions, calibration)
    }

    private func floats(_ name: String, _ shape: [Int]) throws -> Storage {
        guard let entry = file.entry(named: name) else {
            throw GalleryFile.damaged(path, "it has no tensor \(name)")
        }
        let storage = Storage(count: try checked(entry, shape).count)
        try reading { try file.read(entry, 0..<entry.count, into: storage.base) }
        let width = max(shape.last ?? 1, 1)
        try EmbeddingCheck.require(storage.base, 0..<entry.count / width, width, of: path)
        return storage
    }

    private func checked(_ entry: TensorEntry, _ shape: [Int]) throws -> TensorEntry {
        guard entry.shape == shape, entry.dtype == .f32 else {
            throw GalleryFile.damaged(
                path,
                "\(entry.name.shown) is \(entry.dtype.rawValue) of shape \(entry.shape), not F32 \(shape)"
            )
        }
        return entry
    }

    private func reading<T>(_ body: () throws -> T) throws -> T {
        do { return try body() } catch let error as TensorFileError {
            throw TrainingError.data(error.description)
        }
    }

    /// Directions of photos in the file.
    private struct DirectionRows: EmbeddingRows {
        let file: TensorFile
        let entry: TensorEntry
        var count: Int { entry.shape[0] }
        var width: Int { entry.shape[1] }

        func read(_ range: Range<Int>, into floats: UnsafeMutablePointer<Float>) throws {
            do {
                try file.read(
                    entry,
                    range.lowerBound * width..<range.upperBound * width,
                    into: floats
                )
            } catch let error as TensorFileError {
                throw TrainingError.data(error.description)
            }
            try EmbeddingCheck.require(floats, range, width, of: file.path)
        }
    }
}
