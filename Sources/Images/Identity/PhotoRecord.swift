import Files
import Foundation

/// Which photos a run trained on and which it held out: the file `photos.csv` of its folder.
///
/// Columns: `part` (learned or held), `photo` (its id, or its path below the folder of photos),
/// `label` (its place among the run's classes; −1 = none of them), and, where files were looked
/// into, `bytes`, `modified` and `hash`. Rows are in the order in which the run numbers its photos.
public struct PhotoRecord: Sendable, Equatable {
    /// Photos of one part.
    public struct Part: Sendable, Equatable {
        var names = PhotoIDs()
        /// The label of each.
        public internal(set) var labels: [Int32] = []
        /// What is known of each file; empty where files were not inspected.
        public internal(set) var facts: [PhotoFact] = []

        /// Photos.
        public var count: Int { labels.count }

        /// What a photo is called.
        public func name(_ index: Int) -> String { names[index] }

        /// What was known of a photo's file.
        func fact(_ index: Int) -> PhotoFact? { facts.isEmpty ? nil : facts[index] }

        mutating func append(_ name: String, _ label: Int32, _ fact: PhotoFact?) {
            names.append(name)
            labels.append(label)
            if let fact { facts.append(fact) }
        }

        /// Whether all are equal.
        public static func == (a: Part, b: Part) -> Bool {
            a.labels == b.labels && a.facts == b.facts
                && a.labels.indices.allSatisfy { a.name($0) == b.name($0) }
        }
    }

    /// Training photos.
    public var learned = Part()
    /// Photos that are held out.
    public var held = Part()

    /// A record of nothing.
    public init() {}

    /// Reads the content of a file that `bytes` was written to.
    ///
    /// - Parameter path: the file, for messages.
    /// - Throws: `ImagesError.data` where it is no such file.
    public init(_ bytes: [UInt8], from path: String) throws {
        let csv = CSVReader(bytes, name: path)
        func refuse(_ reason: String) -> ImagesError {
            .data("\(path), line \(csv.line): \(reason); it is no longer as the run wrote it")
        }
        guard try csv.next(), csv.fieldCount == 6, csv.text(0) == "part" else {
            throw refuse("the columns are not part,photo,label,bytes,modified,hash")
        }
        while try csv.next() {
            guard csv.fieldCount == 6, let label = Int32(csv.text(2)), label >= -1 else {
                throw refuse("not a photo and its label")
            }
            var fact: PhotoFact?
            if let size = Int64(csv.text(3)), let modified = Int64(csv.text(4)) {
                fact = PhotoFact(
                    size: size,
                    modified: modified,
                    hash: ContentHash(text: csv.text(5))
                )
            }
            let name = String(decoding: csv.field(1), as: UTF8.self)
            switch csv.text(0) {
            case "learned": learned.append(name, label, fact)
            case "held": held.append(name, label, fact)
            default: throw refuse("'\(csv.text(0))' is neither learned nor held")
            }
        }
        for part in [learned, held] where !part.facts.isEmpty && part.facts.count != part.count {
            throw refuse("some photos have a size and others none")
        }
    }

    /// The file's content.
    public var bytes: [UInt8] {
        var text = Array("part,photo,label,bytes,modified,hash\n".utf8)
        text.reserveCapacity((learned.count + held.count) * 64)
        for (name, part) in [("learned,", learned), ("held,", held)] {
            let start = Array(name.utf8)
            for index in 0..<part.count {
                text += start
                text += CommaSeparated.field(part.name(index)).utf8
                text += ",\(part.labels[index]),".utf8
                if let fact = part.fact(index) {
                    text += "\(fact.size),\(fact.modified),\(fact.hash?.text ?? "")".utf8
                } else {
                    text += ",,".utf8
                }
                text.append(UInt8(ascii: "\n"))
            }
        }
        return text
    }

    /// Whether the weights of a run with this record saw a photo of this name or content.
    ///
    /// - Parameter namesTell: whether a name is given to one photo in the world, as Google Landmarks'
    ///   ids are; then a photo is known by it even where its bytes were changed.
    func isLearned(namesTell: Bool) -> (_ name: String, _ fact: PhotoFact?) -> Match {
        Matcher(self, namesTell: namesTell).match
    }

    /// How a photo stands to a record.
    enum Match {
        /// It was trained on.
        case learned
        /// It was held out.
        case held
        /// It is not in the record.
        case new
        /// A photo of its name was trained on, but with other bytes.
        case renewed
    }

    private struct Matcher {
        var learnedNames: [String: Int] = [:]
        var heldNames: [String: Int] = [:]
        var learnedHashes: Set<ContentHash>
        var heldHashes: Set<ContentHash>
        let record: PhotoRecord
        let namesTell: Bool

        init(_ record: PhotoRecord, namesTell: Bool) {
            self.record = record
            self.namesTell = namesTell
            for index in 0..<record.learned.count {
                learnedNames[record.learned.name(index)] = index
            }
            for index in 0..<record.held.count { heldNames[record.held.name(index)] = index }
            learnedHashes = Set(record.learned.facts.compactMap(\.hash))
            heldHashes = Set(record.held.facts.compactMap(\.hash))
        }

        func match(_ name: String, _ fact: PhotoFact?) -> Match {
            if let hash = fact?.hash {
                if learnedHashes.contains(hash) { return .learned }
                if heldHashes.contains(hash) { return .held }
                let known = learnedNames[name].flatMap { record.learned.fact($0)?.hash } != nil
                if known { return namesTell ? .learned : .renewed }
                let held = heldNames[name].flatMap { record.held.fact($0)?.hash } != nil
                if held { return namesTell ? .held : .new }
            }
            if learnedNames[name] != nil { return .learned }
            return heldNames[name] != nil ? .held : .new
        }
    }
}
