import Foundation

/// The rows of `train.csv` or `test.csv`: `id,landmark_id` or `id,url,landmark_id`, columns in any
/// order; or `landmark_id,images` with ids parted by spaces, as in `train_clean.csv`.
struct LandmarkTable {
    private(set) var ids = PhotoIDs()
    /// The landmark of each photo.
    private(set) var landmarks: [Int64] = []

    /// Stands for "shows none of the landmarks", which only a test table may say.
    static let none = Int64.min

    /// Reads a table.
    ///
    /// - Parameter unlabelled: whether a photo may be without a landmark.
    static func read(_ path: String, unlabelled: Bool = false) throws -> LandmarkTable {
        let csv = try CSVReader(path)
        guard try csv.next() else { throw ImagesError.data("\(path) is empty") }
        let columns = Columns(of: csv)
        guard let landmark = columns["landmark_id"], let id = columns["id"] ?? columns["images"]
        else {
            throw ImagesError.data(
                "\(path), line \(csv.line): the columns are \(columns.listed); "
                    + "id,landmark_id or id,url,landmark_id are needed"
            )
        }
        let isClean = columns["id"] == nil
        var table = LandmarkTable()
        while try csv.next() {
            guard csv.fieldCount > max(id, landmark) else {
                throw ImagesError.data(
                    "\(path), line \(csv.line): \(csv.fieldCount) of \(columns.count) columns; "
                        + "mend or remove the line"
                )
            }
            let name = csv.field(landmark)
            guard let number = integer(name) ?? (unlabelled && name.isEmpty ? none : nil) else {
                throw ImagesError.data(
                    "\(path), line \(csv.line): landmark_id is "
                        + "'\(String(decoding: name, as: UTF8.self))', not a whole number"
                )
            }
            let photos = csv.field(id)
            guard isClean else {
                try table.append(photos, number, csv)
                continue
            }
            for photo in photos.split(separator: UInt8(ascii: " ")) {
                try table.append(UnsafeBufferPointer(rebasing: photo), number, csv)
            }
        }
        guard !table.landmarks.isEmpty else {
            throw ImagesError.data("\(path) lists no photos: it ends after its first line")
        }
        return table
    }

    /// Whether a table says which landmark its photos show.
    static func isLabelled(_ path: String) throws -> Bool {
        let csv = try CSVReader(path, piece: 1 << 12)
        return try csv.next() && Columns(of: csv)["landmark_id"] != nil
    }

    private mutating func append(
        _ id: UnsafeBufferPointer<UInt8>,
        _ landmark: Int64,
        _ csv: CSVReader
    ) throws {
        // The first three characters name folders, and a slash would lead elsewhere.
        guard id.count >= 3, !id.prefix(3).contains(UInt8(ascii: ".")),
            !id.contains(UInt8(ascii: "/")), id.prefix(3).allSatisfy({ $0 < 0x80 })
        else {
            throw ImagesError.data(
                "\(csv.path), line \(csv.line): '\(String(decoding: id, as: UTF8.self))' cannot be "
                    + "the id of a photo, which begins with three letters or digits"
            )
        }
        ids.append(id)
        landmarks.append(landmark)
    }

    private static func integer(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        var value: Int64 = 0
        guard !text.isEmpty, text.count <= 18 else { return slowInteger(text) }
        for byte in text {
            let digit = Int64(byte) - Int64(UInt8(ascii: "0"))
            guard digit >= 0, digit <= 9 else { return slowInteger(text) }
            value = value * 10 + digit
        }
        return value
    }

    /// Signs, surrounding spaces and 19 digits.
    private static func slowInteger(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        Int64(String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespaces))
    }
}

/// The header of a csv file.
struct Columns {
    private let names: [String]

    /// Takes the record that `csv` read last as header.
    init(of csv: CSVReader) {
        names = (0..<csv.fieldCount).map { csv.text($0).lowercased() }
    }

    var count: Int { names.count }

    /// The names as found, for messages.
    var listed: String {
        let text = names.prefix(8).joined(separator: ",") + (names.count > 8 ? ",…" : "")
        return text.count > 120 ? text.prefix(120) + "…" : text
    }

    /// The place of a column.
    subscript(name: String) -> Int? { names.firstIndex(of: name) }
}
