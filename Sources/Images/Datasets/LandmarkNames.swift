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
