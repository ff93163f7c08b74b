import Files
import Foundation
import Images
import Networks
import TensorFiles
import Tensors

extension Gallery {
    /// Writes the gallery to `path`; at any moment the file there is the old or the new one.
    public func write(to path: String) throws {
        typealias Key = GalleryFile.Key
        typealias Rows = EmbeddingFile.Key
        let width = source.network.width
        var (paths, names) = (TextTensor(), TextTensor())
        for photo in photos { paths.append(photo.path) }
        for landmark in landmarks { names.append(landmark.name) }
        let lists = [(Rows.ids, paths), (Rows.classes, names)]
        var floats = [(Key.means, [landmarks.count, width], means.means.first)]
        if let whitening = means.whitening {
            floats += [
                (Key.centre, [width], UnsafePointer(whitening.centre.base)),
                (Key.matrix, [width, width], UnsafePointer(whitening.matrix.base)),
                (Key.directions, [photos.count, width], directions.first),
            ]
        }
        floats.append((Rows.embeddings, [photos.count, width], embeddings.first))
        let file = try SafetensorsWriter(
            path: path,
            tensors: lists.map {
                .init(name: Rows.offsets($0), dtype: .i64, shape: [$1.ends.count])
            }
                + [
                    .init(name: Rows.labels, dtype: .i64, shape: [photos.count]),
                    .init(name: Key.hashes, dtype: .i64, shape: [photos.count, 2]),
                ]
                + floats.map { .init(name: $0.0, dtype: .f32, shape: $0.1) }
                + lists.map { .init(name: $0, dtype: .u8, shape: [$1.bytes.count]) },
            metadata: try texts()
        )
        for (_, text) in lists { try file.write(text.ends) }
        try file.write(photos.map { Int64($0.landmark) })
        try file.write(
            photos.flatMap {
                [Int64(bitPattern: $0.hash.high), Int64(bitPattern: $0.hash.low)]
            }
        )
        for (_, shape, base) in floats {
            let count = shape.reduce(1, *)
            try file.write(count: count) { write in
                try write(UnsafeBufferPointer(start: base, count: count))
            }
        }
        for (_, text) in lists { try file.write(text.bytes) }
        try file.finish()
    }

    private func texts() throws -> [String: String] {
        let header = GalleryFile.Header(
            version: GalleryFile.version,
            weights: source.weights,
            flags: source.flags,
            ids: landmarks.map(\.id),
            calibration: calibration
        )
        return [
            GalleryFile.Key.gallery: String(decoding: try header.jsonLine(), as: UTF8.self),
            EmbeddingFile.Key.version: String(EmbeddingFile.version),
            EmbeddingFile.Key.network: source.network.hash,
            EmbeddingFile.Key.architecture: source.network.architecture.rawValue,
            EmbeddingFile.Key.imageSize: String(source.network.imageSize),
            EmbeddingFile.Key.classKind: ClassIndex.Kind.folders.rawValue,
        ]
    }

    /// Changes the gallery in the file `path`, one process at a time; what others changed meanwhile is kept.
    ///
    /// - Parameters:
    ///   - say: told what takes long.
    ///   - body: changes what is in the file at that moment; what it throws leaves the file as it is.
    public static func change<T>(
        _ path: String,
        say: (String) -> Void,
        _ body: (inout Gallery) throws -> T
    ) throws -> T {
        let target = try OutputFile.file(path)
        let turn = try FolderTurn(Path.parent(of: target), say: say)
        return try withExtendedLifetime(turn) {
            var gallery = try GalleryFile(target).gallery()
            let result = try body(&gallery)
            try gallery.write(to: target)
            return result
        }
    }

    /// Writes a new gallery to `path`, where none may be.
    public func create(_ path: String, say: (String) -> Void) throws {
        let folder = Path.parent(of: path)
        let turn = try FolderTurn(folder, say: say)
        try withExtendedLifetime(turn) {
            guard !exists(path) else {
                throw TrainingError.usage(
                    "there is a file at \(path.shown) already; add to it with landmark-train gallery add, or choose "
                        + "another name"
                )
            }
            try write(to: path)
        }
    }
}
