/// The landmarks of a run: label k stands for the k-th smallest landmark id.
public struct ClassIndex: Codable, Sendable, Equatable {
    /// Landmark ids, ascending and unique; class folders are numbered from 0 in their sorted order.
    public let ids: [Int64]
    /// A readable name for each.
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
        ids = unique
        self.names = unique.map { names[$0] ?? "landmark \($0)" }
    }

    /// Makes the index of class folders, which are sorted by the bytes of their names.
    public init(folders: [String]) {
        names = folders.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        ids = names.indices.map(Int64.init)
    }

    /// The label of a landmark, or nil where it is not among the classes.
    public func label(of id: Int64) -> Int32? {
        var low = 0
        var high = ids.count
        while low < high {
            let middle = (low + high) / 2
            if ids[middle] < id { low = middle + 1 } else { high = middle }
        }
        return low < ids.count && ids[low] == id ? Int32(low) : nil
    }

    /// Labels of many landmarks at once, −1 where one is not among the classes.
    public func labels(of landmarks: [Int64]) -> [Int32] {
        var last: (id: Int64, label: Int32)?
        return landmarks.map { id in
            if let last, last.id == id { return last.label }
            let found = label(of: id) ?? -1
            last = (id, found)
            return found
        }
    }

    /// The label of a class folder: by name, or by id where the folder is named by a landmark id.
    ///
    /// Names are compared as text, so that composed and decomposed accents are the same.
    func labels(ofFolders folders: [String]) -> [Int32] {
        let known = Dictionary(
            zip(names, names.indices.map(Int32.init)),
            uniquingKeysWith: { first, _ in first }
        )
        return folders.map { known[$0] ?? Int64($0).flatMap(label(of:)) ?? -1 }
    }
}
