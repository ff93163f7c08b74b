import Foundation

/// The rows of `train.csv` or `test.csv`: `id,landmark_id` or `id,url,landmark_id`, columns in any
/// order; or `landmark_id,images` with ids parted by spaces, as in `train_clean.csv`; or what a contest
/// is judged by, `id,landmarks,Usage`, with none or several landmarks parted by spaces.
struct LandmarkTable {
    private(set) var ids = PhotoIDs()
    /// The first landmark of each photo; any number where it shows none.
    private(set) var landmarks: [Int64] = []
    /// All landmarks of the photos that do not show exactly one, by row.
    private(set) var unusual: [UInt32: [Int64]] = [:]
    /// What the photos are used for; nil = the table does not say it.
    private(set) var usages: PhotoUsages?

    /// Landmarks of all photos, each as often as it is shown.
    var allLandmarks: [Int64] {
        guard !unusual.isEmpty else { return landmarks }
        let single = landmarks.indices.filter { unusual[UInt32($0)] == nil }.map { landmarks[$0] }
        return single + unusual.values.flatMap { $0 }
    }

    /// Reads a table.
    ///
    /// - Parameter isTruth: whether the table is one to evaluate on, in which a photo may show no landmark
    ///   or several.
    static func read(_ path: String, isTruth: Bool = false) throws -> LandmarkTable {
        let csv = try CSVReader(path)
        guard try csv.next() else { throw ImagesError.data("\(path) is empty") }
        let columns = Columns(of: csv)
        let list = isTruth && columns["landmark_id"] == nil ? columns["landmarks"] : nil
        guard let landmark = list ?? columns["landmark_id"],
            let id = columns["id"] ?? columns["images"]
        else {
            throw ImagesError.data(
                "\(path), line \(csv.line): the columns are \(columns.listed); "
                    + "id,landmark_id or id,url,landmark_id are needed"
            )
        }
        let isClean = columns["id"] == nil
        let usage = isTruth && !isClean ? columns["usage"] : nil
        var table = LandmarkTable()
        if usage != nil { table.usages = PhotoUsages() }
        while try csv.next() {
            guard csv.fieldCount > max(id, landmark, usage ?? 0) else {
                throw ImagesError.data(
                    "\(path), line \(csv.line): \(csv.fieldCount) of \(columns.count) columns; "
                        + "mend or remove the line"
                )
            }
            let names = csv.field(landmark)
            var several: [Int64]?
            var number = integer(names)
            if number == nil, isTruth, list != nil || isBlank(names) {
                let all = try names.split(separator: UInt8(ascii: " ")).map { part in
                    guard let id = integer(UnsafeBufferPointer(rebasing: part)) else {
                        throw notNumber(csv, "landmarks", names)
                    }
                    return id
                }
                several = all.count == 1 ? nil : all
                number = all.first ?? Int64.min
            }
            guard let number else { throw notNumber(csv, "landmark_id", names) }
            if let usage, table.usages?.append(csv.text(usage)) == false {
                throw ImagesError.data(
                    "\(path), line \(csv.line): the column Usage has more than 256 different words"
                )
            }
            let photos = csv.field(id)
            guard isClean else {
                try table.append(photos, number, several, csv)
                continue
            }
            for photo in photos.split(separator: UInt8(ascii: " ")) {
                try table.append(UnsafeBufferPointer(rebasing: photo), number, several, csv)
            }
        }
        guard !table.landmarks.isEmpty else {
            throw ImagesError.data("\(path) lists no photos: it ends after its first line")
        }
        return table
    }

    /// Reads the ids of a table, which need not say what the photos show.
    static func readIDs(_ path: String) throws -> PhotoIDs {
        let csv = try CSVReader(path)
        guard try csv.next() else { throw ImagesError.data("\(path) is empty") }
        let columns = Columns(of: csv)
        guard let id = columns["id"] else {
            throw ImagesError.data(
                "\(path), line \(csv.line): the columns are \(columns.listed); id is needed"
            )
        }
        var table = LandmarkTable()
        while try csv.next() {
            guard csv.fieldCount > id else {
                throw ImagesError.data(
                    "\(path), line \(csv.line): \(csv.fieldCount) of \(columns.count) columns; "
                        + "mend or remove the line"
                )
            }
            try table.append(csv.field(id), 0, nil, csv)
        }
        guard table.ids.count > 0 else {
            throw ImagesError.data("\(path) lists no photos: it ends after its first line")
        }
        return table.ids
    }

    /// Whether a table says which landmark its photos show.
    static func isLabelled(_ path: String) throws -> Bool {
        let csv = try CSVReader(path, piece: 1 << 12)
        guard try csv.next() else { return false }
        let columns = Columns(of: csv)
        return columns["landmark_id"] != nil || columns["landmarks"] != nil
    }

    /// What to do with a table that does not say it.
    static func unlabelled(_ path: String, _ directory: String) -> String {
        "\(path) does not say what its photos show (no column landmark_id or landmarks), so there is "
            + "nothing to learn from or to judge by; landmark-train predict CHECKPOINT --csv \(path) "
            + "--data \(directory) --submission FILE answers it"
    }

    private static func isBlank(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.allSatisfy { $0 == UInt8(ascii: " ") }
    }

    private static func notNumber(
        _ csv: CSVReader,
        _ column: String,
        _ text: UnsafeBufferPointer<UInt8>
    ) -> ImagesError {
        .data(
            "\(csv.path), line \(csv.line): \(column) is "
                + "'\(String(decoding: text, as: UTF8.self))', not a whole number"
        )
    }

    private mutating func append(
        _ id: UnsafeBufferPointer<UInt8>,
        _ landmark: Int64,
        _ several: [Int64]?,
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
        if let several { unusual[UInt32(landmarks.count)] = several }
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

    /// Signs, surrounding spaces, 19 digits, and the `.0` that pandas writes where a column has blanks.
    private static func slowInteger(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        let text = String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespaces)
        return Int64(text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
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

/// Reads `train_label_to_category.csv`: `landmark_id,category`.
///
/// - Returns: a readable name by landmark id.
func readLandmarkNames(_ path: String) throws -> [Int64: String] {
    let csv = try CSVReader(path)
    guard try csv.next() else { throw ImagesError.data("\(path) is empty") }
    let columns = Columns(of: csv)
    guard let id = columns["landmark_id"], let category = columns["category"] else {
        throw ImagesError.data(
            "\(path), line \(csv.line): the columns are \(columns.listed); "
                + "landmark_id,category are needed"
        )
    }
    var names: [Int64: String] = [:]
    while try csv.next() {
        guard csv.fieldCount > max(id, category), let landmark = Int64(csv.text(id)) else {
            throw ImagesError.data(
                "\(path), line \(csv.line): not a whole landmark_id and a category; "
                    + "mend or remove the line"
            )
        }
        let name = readableName(csv.field(category))
        if !name.isEmpty { names[landmark] = name }
    }
    return names
}

/// The name in a category: of `http://commons.wikimedia.org/wiki/Category:Caf%C3%A9_Noir`, "Café
/// Noir".
func readableName(_ category: UnsafeBufferPointer<UInt8>) -> String {
    let marker = Array("Category:".utf8)
    var start = 0
    if category.count >= marker.count {
        for place in stride(from: category.count - marker.count, through: 0, by: -1)
        where category[place..<place + marker.count].elementsEqual(marker) {
            start = place + marker.count
            break
        }
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(category.count - start)
    var place = start
    while place < category.count {
        let byte = category[place]
        if byte == UInt8(ascii: "%"), place + 2 < category.count,
            let high = hexDigit(category[place + 1]), let low = hexDigit(category[place + 2])
        {
            bytes.append(high << 4 | low)
            place += 3
        } else {
            bytes.append(byte == UInt8(ascii: "_") ? UInt8(ascii: " ") : byte)
            place += 1
        }
    }
    let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    return words.joined(separator: " ")
}

private func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
