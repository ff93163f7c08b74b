import Distributed
import Files
import Foundation
public import Images
import Networks
public import Tensors

/// Embeddings of a run's photos that are kept in a file, so that they are computed once.
public struct KeptEmbeddings {
    private let path: String
    private let tell: (String) -> Void

    /// Names of the header's notes.
    private enum Key {
        static let key = "key"
        static let skipped = "skipped"
    }

    /// Keeps embeddings in the file `path`.
    ///
    /// - Parameter tell: is given what there is to say, a line at a time, on rank 0.
    public init(_ path: String, tell: @escaping (String) -> Void) {
        self.path = path
        self.tell = tell
    }

    /// What rank 0 finds in the file.
    private enum Known: Codable {
        case nothing
        case stale
        /// The rows are in memory now; why photos have none, by place.
        case whole([Int: String])
    }

    /// The embeddings of `photos`, of the file where it has them; a collective call.
    ///
    /// Those of other weights, photos or settings are computed anew, which is told. Where the file cannot be written
    /// that is told, and nothing else comes of it.
    public func embed(
        _ photos: any Dataset,
        _ embedder: Embedder,
        stop: Interruption? = nil,
        progress: (Int) -> Void = { _ in }
    ) throws -> Embedder.Embedded {
        let communicator = embedder.communicator
        let width = embedder.width
        let values = try communicator.makeNodeStorage(count: photos.count * width)
        let key = key(photos, embedder)
        let known = try communicator.fromRoot {
            read(photos.count, width, key, into: values.storage)
        }
        switch known {
        case .whole(let failures):
            try communicator.broadcast(values)
            let skipped = failures.sorted { $0.key < $1.key }.map { photo, reason in
                Embedder.Skipped(
                    photo: photo,
                    told: SkippedPhoto(path: photos.path(photo), reason: reason)
                )
            }
            return Embedder.Embedded(
                values.storage,
                width: width,
                count: photos.count,
                skipped: skipped
            )
        case .stale:
            if communicator.rank == 0 {
                tell(
                    "the embeddings in \(path.shown) are of other weights, photos or settings, or damaged; they "
                        + "are computed anew"
                )
            }
        case .nothing: break
        }
        let embedded = try embedder.embed(
            photos,
            count: photos.count,
            stop: stop,
            progress: progress
        )
        if communicator.rank == 0 {
            do {
                try write(embedded, photos, embedder, key)
            } catch {
                tell("the embeddings are not kept for another time: \(error)")
            }
        }
        try communicator.barrier()
        return embedded
    }

    /// All that the embeddings depend on, as one hash.
    private func key(_ photos: any Dataset, _ embedder: Embedder) -> String {
        var lines = [embedder.network.hash, embedder.pool.engineText]
        for photo in 0..<photos.count {
            lines.append("\(photos.label(photo)) \(photos.id(photo))")
        }
        return ContentHash(lines.joined(separator: "\n")).text
    }

    private func read(_ count: Int, _ width: Int, _ key: String, into storage: Storage) -> Known {
        guard exists(path) else { return .nothing }
        guard let file = try? EmbeddingFile(path), file.note(Key.key) == key, file.width == width,
            let text = file.note(Key.skipped),
            let skipped = try? JSONDecoder().decode([Int: String].self, from: Data(text.utf8)),
            file.count + skipped.count == count,
            (try? file.read(0..<file.count, into: storage.base)) != nil
        else { return .stale }
        return .whole(skipped)
    }

    private func write(
        _ embedded: Embedder.Embedded,
        _ photos: any Dataset,
        _ embedder: Embedder,
        _ key: String
    ) throws {
        try makeFolders(Path.parent(of: path))
        let writer = try EmbeddingWriter(path, embedder.network)
        for (row, photo) in embedded.photos.enumerated() {
            try writer.append(
                embedded.rows.row(row),
                id: photos.id(photo),
                label: photos.label(photo)
            )
        }
        let skipped = Dictionary(
            embedded.skipped.map { ($0.photo, $0.told.reason) },
            uniquingKeysWith: { first, _ in first }
        )
        let text = String(decoding: try skipped.jsonLine(), as: UTF8.self)
        try writer.finish(photos.classes, notes: [Key.key: key, Key.skipped: text])
    }
}
