import Files
import Foundation
import TensorFiles
import Tensors

/// The files of a run folder in which features are kept, a part of the photos in each, so that a run that was
/// stopped goes on behind the last whole part.
///
/// A file holds the tensor `features`, [photos, …], and in its header what the features depend on, as `key`, and
/// why photos of the part could not be read, as `failures`.
struct FeatureFiles {
    private let folder: String
    private let name: String
    private let key: String

    /// The files called `name` of a run.
    ///
    /// - Parameter key: tells apart all that the features depend on.
    init(_ run: RunFolder, _ name: String, key: String) {
        folder = run.features
        self.name = name
        self.key = key
    }

    private func path(_ part: FeaturePart) -> String {
        "\(folder)/\(name)-\(part.view)-\(part.photos.lowerBound).safetensors"
    }

    /// What is known of a part.
    enum Known {
        /// There is no file.
        case nothing
        /// The file is of other weights, settings or photos, or damaged.
        case stale
        /// The features lie in the table now; why photos could not be read, by place in the part.
        case whole([Int: String])
    }

    /// Reads a part into `table`.
    func read(_ part: FeaturePart, into table: FeatureTable) -> Known {
        let path = path(part)
        guard exists(path) else { return .nothing }
        guard let file = try? TensorFile(path: path), file.metadata["key"] == key,
            let entry = file.entry(named: "features"),
            let values = try? file.floats(entry),
            values.count == part.photos.count * table.shape.perImage,
            let failures = file.metadata["failures"].flatMap(Self.failures)
        else { return .stale }
        let to = table.features(table.row(part.photos.lowerBound, view: part.view))
        values.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress else { return }
            to.update(from: base, count: values.count)
        }
        return .whole(failures)
    }

    /// Writes a part of `table`; it is whole and on the disk when its name appears.
    func write(_ part: FeaturePart, of table: FeatureTable, failures: [Int: String]) throws {
        try makeFolders(folder)
        let count = part.photos.count * table.shape.perImage
        let file = try SafetensorsWriter(
            path: path(part),
            tensors: [
                .init(
                    name: "features",
                    dtype: .f32,
                    shape: [part.photos.count, table.shape.perImage]
                )
            ],
            metadata: ["key": key, "failures": try Self.text(failures)]
        )
        let from = table.features(table.row(part.photos.lowerBound, view: part.view))
        try file.write(count: count) { write in
            try write(UnsafeBufferPointer(start: from, count: count))
        }
        try file.finish()
    }

    private static func text(_ failures: [Int: String]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(failures), as: UTF8.self)
    }

    private static func failures(_ text: String) -> [Int: String]? {
        try? JSONDecoder().decode([Int: String].self, from: Data(text.utf8))
    }
}

/// Photos of one view whose features lie in one file.
struct FeaturePart: Sendable, Equatable {
    let view: Int
    let photos: Range<Int>

    /// Photos that the trunk computes at once.
    static let batch = 16
    /// Fewest batches of a part: what a run that is stopped computes again.
    private static let fewestBatches = 32
    /// Most parts of a view, so that a folder of features stays one that can be listed.
    private static let mostParts = 256

    /// The parts of `views` views of `count` photos, which do not depend on ranks.
    static func all(count: Int, views: Int) -> [FeaturePart] {
        let batches = (count + batch - 1) / batch
        let length = batch * max(fewestBatches, (batches + mostParts - 1) / mostParts)
        return (0..<views).flatMap { view in
            stride(from: 0, to: count, by: length).map {
                FeaturePart(view: view, photos: $0..<min($0 + length, count))
            }
        }
    }

    /// The batches of a part.
    var batches: [Range<Int>] {
        stride(from: photos.lowerBound, to: photos.upperBound, by: Self.batch).map {
            $0..<min($0 + Self.batch, photos.upperBound)
        }
    }
}
