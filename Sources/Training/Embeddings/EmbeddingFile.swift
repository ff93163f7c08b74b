import Files
import Foundation
public import Images
import Networks
import TensorFiles

/// A file of embeddings, opened for reading; `docs/embeddings.md` has its tensors.
///
/// Rows are read where they are asked for. A file of another program needs the tensor `embeddings` alone: its rows
/// are numbered from 0, without labels and without a network that others could be compared with.
public final class EmbeddingFile {
    /// The file.
    public let path: String
    /// What the embeddings were made by; nil = the file does not say it.
    public let network: EmbeddingNetwork?
    /// Rows n.
    public let count: Int
    /// Floats d of a row.
    public let width: Int
    /// The classes that labels stand for; none where there are no labels.
    public let classes: ClassIndex
    /// The class of each row, a place in `classes`; −1 = unknown.
    public let labels: [Int32]
    /// Whether the file has labels.
    public let isLabelled: Bool
    private let file: TensorFile
    private let rows: TensorEntry

    /// Names of tensors and of texts in the header.
    enum Key {
        static let embeddings = "embeddings"
        static let labels = "labels"
        static let ids = "ids"
        static let classes = "class_names"
        static let landmarks = "landmark_ids"
        /// Where each of the texts that lie in the tensor of a name begins, and where the last one ends.
        static func offsets(_ name: String) -> String { name + "_offsets" }
        static let version = "landmark_train_embeddings"
        static let network = "network"
        static let architecture = "architecture"
        static let imageSize = "image_size"
        static let classKind = "class_kind"
    }

    /// The version that is written; later ones are refused.
    static let version = 1

    /// Opens `path` and reads all but its rows.
    ///
    /// - Throws: `TrainingError.data` where it is no whole file of embeddings, `FileError` where it cannot be read.
    public init(_ path: String) throws {
        do {
            let file = try TensorFile(path: path)
            let reader = Reader(path: path, file: file)
            let rows = try reader.rows()
            self.path = path
            self.file = file
            self.rows = rows
            count = rows.shape[0]
            width = rows.shape[1]
            network = try reader.network(width: width)
            (classes, labels) = try reader.labels(count: count)
            isLabelled = file.entry(named: Key.labels) != nil
        } catch let error as TensorFileError {
            throw TrainingError.data(error.description)
        }
    }

    /// What the writer noted under `key`; nil = nothing.
    public func note(_ key: String) -> String? { file.metadata[key] }

    /// What each photo is called.
    public func ids() throws -> [String] {
        do {
            let texts = try Reader(path: path, file: file).texts(Key.ids)
            let ids = texts ?? (0..<count).map(String.init)
            guard ids.count == count else {
                throw Reader.damaged(path, "it has \(ids.count) ids for \(count) embeddings")
            }
            return ids
        } catch let error as TensorFileError {
            throw TrainingError.data(error.description)
        }
    }
}

extension EmbeddingFile: EmbeddingRows {
    /// Copies rows.
    ///
    /// - Throws: `TrainingError.data` where numbers are not finite or too large for embeddings, `FileError`.
    public func read(_ range: Range<Int>, into floats: UnsafeMutablePointer<Float>) throws {
        do {
            let elements = range.lowerBound * width..<range.upperBound * width
            try file.read(rows, elements, into: floats)
            try EmbeddingCheck.require(floats, range, width, of: path)
        } catch let error as TensorFileError {
            throw TrainingError.data(error.description)
        }
    }
}

/// Takes the tensors of a file of embeddings apart.
private struct Reader {
    let path: String
    let file: TensorFile

    static func damaged(_ path: String, _ reason: String) -> TrainingError {
        .data("\(path.shown): \(reason); make the embeddings again with landmark-train embed")
    }

    private func refuse(_ reason: String) -> TrainingError { Self.damaged(path, reason) }

    func rows() throws -> TensorEntry {
        typealias Key = EmbeddingFile.Key
        if let text = file.metadata[Key.version] {
            guard let version = Int(text), version > 0 else {
                throw refuse("its version is '\(text.shown)'")
            }
            guard version <= EmbeddingFile.version else {
                throw TrainingError.data(
                    "\(path.shown) is of version \(version) of its format, this program knows "
                        + "\(EmbeddingFile.version); use the program that wrote it or a newer one"
                )
            }
        }
        guard let rows = file.entry(named: Key.embeddings) else {
            let names = file.entries.prefix(3).map(\.name.shown).joined(separator: ", ")
            throw TrainingError.data(
                "\(path.shown) has no tensor \(Key.embeddings) (it has \(names)); give a file that "
                    + "landmark-train embed wrote"
            )
        }
        guard rows.shape.count == 2, rows.dtype == .f32, rows.shape[1] > 0 else {
            throw refuse(
                "\(Key.embeddings) is \(rows.dtype.rawValue) of shape \(rows.shape), not F32 [n, d]"
            )
        }
        return rows
    }

    func network(width: Int) throws -> EmbeddingNetwork? {
        typealias Key = EmbeddingFile.Key
        guard let hash = file.metadata[Key.network] else { return nil }
        guard let architecture = file.metadata[Key.architecture].flatMap(Architecture.init),
            let imageSize = file.metadata[Key.imageSize].flatMap({ Int($0) })
        else { throw refuse("it does not say which network it is of") }
        return EmbeddingNetwork(
            hash: hash,
            architecture: architecture,
            imageSize: imageSize,
            width: width
        )
    }

    func labels(count: Int) throws -> (ClassIndex, [Int32]) {
        typealias Key = EmbeddingFile.Key
        guard let entry = file.entry(named: Key.labels) else {
            return (ClassIndex(folders: []), [Int32](repeating: -1, count: count))
        }
        let labels = try file.elements(entry, as: .i64, Int64.self)
        guard labels.count == count else {
            throw refuse("it has \(labels.count) labels for \(count) embeddings")
        }
        let classes = try classes(labels)
        guard let strange = labels.first(where: { $0 < -1 || $0 >= classes.count }) else {
            return (classes, labels.map(Int32.init))
        }
        throw refuse("a label is \(strange), and it has \(classes.count) classes")
    }

    /// The classes of the file; those of another program's are numbered.
    private func classes(_ labels: [Int64]) throws -> ClassIndex {
        typealias Key = EmbeddingFile.Key
        guard let names = try texts(Key.classes) else {
            let most = max(labels.max() ?? -1, -1)
            guard most < Int32.max else { throw refuse("a label is \(most)") }
            return ClassIndex(fitting: (0..<most + 1).map { $0 })
        }
        let ids = try file.entry(named: Key.landmarks).map {
            try file.elements($0, as: .i64, Int64.self)
        }
        let kind = file.metadata[Key.classKind].flatMap(ClassIndex.Kind.init) ?? .folders
        let classes: ClassIndex
        switch kind {
        case .folders: classes = ClassIndex(folders: names)
        case .table:
            guard let ids, ids.count == names.count, Set(ids).count == ids.count else {
                throw refuse("it has \(ids?.count ?? 0) landmark ids for \(names.count) classes")
            }
            classes = ClassIndex(
                fitting: ids,
                names: Dictionary(zip(ids, names), uniquingKeysWith: { first, _ in first })
            )
        }
        guard classes.names == names else { throw refuse("its classes are out of order") }
        return classes
    }

    /// The texts in a tensor of bytes; nil where there is none of that name.
    func texts(_ name: String) throws -> [String]? {
        typealias Key = EmbeddingFile.Key
        guard let bytes = file.entry(named: name) else { return nil }
        guard let offsets = file.entry(named: Key.offsets(name)) else {
            throw refuse("it has \(name) without \(Key.offsets(name))")
        }
        let ends = try file.elements(offsets, as: .i64, Int64.self)
        let text = try file.elements(bytes, as: .u8, UInt8.self)
        guard ends.first == 0, ends.last == Int64(text.count),
            zip(ends, ends.dropFirst()).allSatisfy({ $0 <= $1 })
        else { throw refuse("\(Key.offsets(name)) do not fit \(name)") }
        return try zip(ends, ends.dropFirst()).map { start, end in
            guard let part = String(validating: text[Int(start)..<Int(end)], as: UTF8.self) else {
                throw refuse("\(name) are not all UTF-8")
            }
            return part
        }
    }
}
