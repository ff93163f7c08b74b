import Files

/// Where the photos of a list lie; row i is the i-th photo listed.
protocol PhotoLocations: Sendable {
    var count: Int { get }
    func id(_ row: Int) -> String
    func path(_ row: Int) -> String
    /// What tells a photo from all others of its folder of photos.
    func name(_ row: Int) -> String
    /// Whether a name is given to one photo in the world, not to one of each folder.
    var namesAreGlobal: Bool { get }
    /// A hash of all names in order.
    var digest: ContentHash { get }
    /// The rows in the order of their names; nil where they are in it, each name once.
    func order() -> [UInt32]?
    /// Whether two rows have the same name.
    func areEqual(_ a: Int, _ b: Int) -> Bool
    /// What a row is known by where its content is not.
    func identity(_ row: Int) -> ContentHash
}

/// Photos at `a/b/c/<id>.jpg` below a folder, a, b and c being the id's first characters.
struct LandmarkFiles: PhotoLocations {
    let root: String
    let ids: PhotoIDs

    var count: Int { ids.count }

    func id(_ row: Int) -> String { ids[row] }

    func path(_ row: Int) -> String { root + "/" + LandmarkFiles.place(of: ids[row]) }

    func name(_ row: Int) -> String { ids[row] }

    var namesAreGlobal: Bool { true }

    var digest: ContentHash { ids.digest }

    func order() -> [UInt32]? { ids.order() }

    func areEqual(_ a: Int, _ b: Int) -> Bool { ids.areEqual(a, b) }

    func identity(_ row: Int) -> ContentHash { ids.identity(row) }

    /// Where the photo lies below its root.
    static func place(of id: String) -> String {
        var place = ""
        for character in id.unicodeScalars.prefix(3) { place += "\(character)/" }
        return place + id + ".jpg"
    }

    /// The one of `roots` below which most of some photos lie; nil where none is there at all.
    static func root(of ids: PhotoIDs, among roots: [String]) -> String? {
        let probes = min(ids.count, 64)
        let rows = (0..<probes).map { $0 < probes / 2 ? $0 : $0 * ids.count / probes }
        var best: (found: Int, root: String?) = (0, nil)
        for root in roots {
            let found = rows.count { exists(root + "/" + place(of: ids[$0])) }
            if found > best.found { best = (found, root) }
            if found == probes { break }
        }
        return best.root
    }
}

/// Photos in one folder per class.
struct ClassFolderFiles: PhotoLocations {
    let root: String
    /// What comes before the class in names: `train/` or `test/`, or nothing.
    let part: String
    let folders: [String]
    /// The folder of each photo.
    let folder: [Int32]
    let names: PhotoIDs

    var count: Int { names.count }

    func id(_ row: Int) -> String { folders[Int(folder[row])] + "/" + names[row] }

    func path(_ row: Int) -> String { root + "/" + id(row) }

    func name(_ row: Int) -> String { part + id(row) }

    var namesAreGlobal: Bool { false }

    var digest: ContentHash {
        let parts = [
            ContentHash(part + "\n" + folders.joined(separator: "\n")), names.digest,
            folder.withUnsafeBytes { ContentHash($0) },
        ]
        return parts.flatMap { [$0.high, $0.low] }.withUnsafeBytes { ContentHash($0) }
    }

    /// Folders are listed in the order of their names.
    func order() -> [UInt32]? { nil }

    func areEqual(_ a: Int, _ b: Int) -> Bool { a == b }

    func identity(_ row: Int) -> ContentHash { ContentHash(name(row)) }
}
