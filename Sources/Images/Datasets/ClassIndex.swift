import Files

/// The landmarks of a run, in the order of the network's logits.
///
/// A class is what the user's files call it, and is never told by its place in this order: the order
/// changes with each class that is added.
public struct ClassIndex: Codable, Sendable {
    /// What the labels of the user's files are.
    public enum Kind: String, Codable, Sendable {
        /// The landmark ids of a table.
        case table
        /// The names of class folders.
        case folders
    }

    /// What the labels of the user's files are.
    public let kind: Kind
    /// Landmark ids, ascending and unique; those of class folders number their sorted names from 0 and
    /// mean nothing outside.
    public let ids: [Int64]
    /// A readable name for each; that of a class folder is its label.
    public let names: [String]

    /// Number of classes C.
    public var count: Int { ids.count }

    /// Makes the index of `landmarks`, which may repeat and come in any order.
    ///
    /// - Parameters:
    ///   - landmarks: an id for each photo.
    ///   - names: names by landmark id; a landmark without one is called `landmark ID`.
    public init(fitting landmarks: [Int64], names: [Int64: String] = [:]) {
        var sorted = landmarks
        sorted.sort()
        var unique: [Int64] = []
        for id in sorted where unique.last != id { unique.append(id) }
        kind = .table
        ids = unique
        self.names = unique.map { names[$0] ?? ClassIndex.placeholder($0) }
    }

    /// Makes the index of class folders, which are sorted by the bytes of their names.
    public init(folders: [String]) {
        kind = .folders
        names = folders.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        ids = names.indices.map(Int64.init)
    }

    /// Reads an index.
    ///
    /// One that does not say what its labels are, as checkpoints did not at first, is
    /// taken for class folders where its ids are 0 … C−1 and no landmark is without a name.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let ids = try container.decode([Int64].self, forKey: .ids)
        let names = try container.decode([String].self, forKey: .names)
        self.ids = ids
        self.names = names
        if let kind = try container.decodeIfPresent(Kind.self, forKey: .kind) {
            self.kind = kind
        } else {
            let areNumbers = ids.elementsEqual(ids.indices.map(Int64.init))
            let areNamed = zip(ids, names).allSatisfy { ClassIndex.placeholder($0) != $1 }
            kind = areNumbers && areNamed ? .folders : .table
        }
    }

    /// What class `label` is called in the user's files.
    public func landmarkID(_ label: Int) -> LandmarkID {
        switch kind {
        case .table: .number(ids[label])
        case .folders: .folder(names[label])
        }
    }

    /// The label of what the user's files call a landmark, or nil where it is not among the classes.
    public func label(of landmark: LandmarkID) -> Int32? {
        switch (landmark, kind) {
        case (.number(let id), .table): label(of: id)
        case (.folder(let name), .folders):
            names.firstIndex { $0.utf8.elementsEqual(name.utf8) }.map(Int32.init)
        default: nil
        }
    }

    /// The label of a landmark id, or nil where it is not among the classes; class folders have none.
    public func label(of id: Int64) -> Int32? {
        guard kind == .table else { return nil }
        var low = 0
        var high = ids.count
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low < ids.count && ids[low] == id ? Int32(low) : nil
    }

    /// Labels of many landmark ids at once, −1 where one is not among the classes.
    public func labels(of landmarks: [Int64]) -> [Int32] {
        var last: (id: Int64, label: Int32)?
        return landmarks.map { id in
            if let last, last.id == id { return last.label }
            let found = label(of: id) ?? -1
            last = (id, found)
            return found
        }
    }

    /// The name of a landmark that has none.
    private static func placeholder(_ id: Int64) -> String { "landmark \(id)" }
}

extension ClassIndex: Equatable {
    /// Whether the same landmarks have the same labels.
    ///
    /// What kind the labels are may be a guess, in a
    /// checkpoint that does not say it, and does not count.
    public static func == (a: ClassIndex, b: ClassIndex) -> Bool {
        a.ids == b.ids && a.names.elementsEqual(b.names) { $0.utf8.elementsEqual($1.utf8) }
    }
}

/// A landmark as the user's files call it: in JSON a number or a text.
public enum LandmarkID: Codable, Sendable, Hashable, CustomStringConvertible {
    /// The id in a table.
    case number(Int64)
    /// The name of a class folder.
    case folder(String)

    /// The number or the name, bytes that are no text as `\xE9`.
    public var description: String {
        switch self {
        case .number(let id): String(id)
        case .folder(let name): name.readable
        }
    }

    /// Reads a number or a text.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let id = try? container.decode(Int64.self) {
            self = .number(id)
        } else {
            self = .folder(try container.decode(String.self))
        }
    }

    /// Writes a number or a text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .number(let id): try container.encode(id)
        case .folder(let name): try container.encode(name.readable)
        }
    }
}
