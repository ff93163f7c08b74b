import Files
import Foundation
public import Images
import Networks
import TensorFiles

/// Writes a file of embeddings row by row; how many there will be need not be known.
///
/// Rows wait in a file without a name beside the one to be, so that memory stays small. The file appears whole in
/// `finish`; where that is not called, nothing stays.
public final class EmbeddingWriter {
    private let path: String
    private let network: EmbeddingNetwork
    private let waiting: NamelessFile
    private var ids = TextTensor()
    private var labels: [Int64] = []

    /// Rows written so far.
    public var count: Int { labels.count }

    /// Begins a file.
    ///
    /// - Throws: `FileError` where the folder cannot be written to.
    public init(_ path: String, _ network: EmbeddingNetwork) throws {
        self.path = path
        self.network = network
        waiting = try NamelessFile(beside: try OutputFile.file(path))
    }

    /// Adds a row.
    ///
    /// - Parameters:
    ///   - row: as many floats as the network's embeddings have.
    ///   - id: what the photo is called.
    ///   - label: its class; −1 = unknown.
    public func append(_ row: UnsafePointer<Float>, id: String, label: Int32) throws {
        let floats = UnsafeBufferPointer(start: row, count: network.width)
        try waiting.write(UnsafeRawBufferPointer(floats))
        ids.append(id)
        labels.append(Int64(label))
    }

    /// Writes the file; it is whole and on the disk when its name appears.
    ///
    /// - Parameters:
    ///   - classes: what labels stand for.
    ///   - notes: what the header says besides.
    public func finish(_ classes: ClassIndex, notes: [String: String] = [:]) throws {
        typealias Key = EmbeddingFile.Key
        var names = TextTensor()
        for name in classes.names { names.append(name) }
        let texts = [(Key.ids, ids), (Key.classes, names)]
        typealias Entry = SafetensorsWriter.Entry
        var tensors = [
            Entry(name: Key.embeddings, dtype: .f32, shape: [count, network.width]),
            Entry(name: Key.labels, dtype: .i64, shape: [count]),
            Entry(name: Key.landmarks, dtype: .i64, shape: [classes.count]),
        ]
        tensors += texts.map {
            Entry(name: Key.offsets($0), dtype: .i64, shape: [$1.ends.count])
        }
        tensors += texts.map { Entry(name: $0, dtype: .u8, shape: [$1.bytes.count]) }
        let file = try SafetensorsWriter(
            path: path,
            tensors: tensors,
            metadata: notes.merging([
                Key.version: String(EmbeddingFile.version),
                Key.network: network.hash,
                Key.architecture: network.architecture.rawValue,
                Key.imageSize: String(network.imageSize),
                Key.classKind: classes.kind.rawValue,
            ]) { $1 }
        )
        try file.write(count: count * network.width) { write in
            try waiting.read { piece in try write(piece) }
        }
        try file.write(labels)
        try file.write(classes.ids)
        for (_, text) in texts { try file.write(text.ends) }
        for (_, text) in texts { try file.write(text.bytes) }
        try file.finish()
    }
}

/// Texts one behind the other, and where each begins: a header would have no room for those of a million photos.
struct TextTensor {
    private(set) var bytes: [UInt8] = []
    private(set) var ends: [Int64] = [0]

    mutating func append(_ text: String) {
        bytes += text.utf8
        ends.append(Int64(bytes.count))
    }
}
