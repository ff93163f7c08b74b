import Foundation
import Images

/// A folder that is removed with its last user.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "landmark-images-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    /// Its name, without the folders above it.
    var name: String { (path as NSString).lastPathComponent }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, and the folders above it.
    func write(_ name: String, _ text: String = "") throws {
        let file = path + "/" + name
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true
        )
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    }

    /// Writes `table` and an empty file for each of its photos below `root`.
    func writeLandmarks(_ table: String, root: String, rows: [(id: String, landmark: Int)]) throws {
        var text = "id,landmark_id\n"
        for row in rows {
            text += "\(row.id),\(row.landmark)\n"
            let place = row.id.prefix(3).map { "\($0)/" }.joined()
            try write((root.isEmpty ? "" : root + "/") + place + row.id + ".jpg")
        }
        try write(table, text)
    }
}

/// The message of the error that `body` throws.
func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        return "no error"
    } catch {
        return "\(error)"
    }
}

/// A number below 4,096 as an id of 16 hex digits, the first three of which vary.
func photoID(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    let three = String(repeating: "0", count: 3 - digits.count) + digits
    return three + "00000000" + "abcde"
}

/// The photos of a folder on which a network is judged, of which only the settings are known that it was
/// trained with.
func openEvaluation(
    _ directory: String,
    classes: ClassIndex,
    holdOut: Double,
    seed: UInt64,
    all: Bool = false
) throws -> EvaluationPhotos {
    try ListedFolder(directory, classes: classes)
        .evaluated([], KnownPhotos(holdOut: holdOut, seed: seed), all: all)
}

/// The photos of a folder that a table lists, to judge a network on.
func openTable(
    _ table: String,
    in directory: String,
    classes: ClassIndex
) throws -> EvaluationPhotos {
    try ListedFolder(directory, classes: classes, table: table).evaluated([], KnownPhotos())
}
