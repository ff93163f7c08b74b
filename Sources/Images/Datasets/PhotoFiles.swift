import Files

/// Where the photos of a list lie; row i is the i-th photo listed.
protocol PhotoFiles: Sendable {
    var count: Int { get }
    func id(_ row: Int) -> String
    func path(_ row: Int) -> String
}

/// Photos at `a/b/c/<id>.jpg` below a folder, a, b and c being the id's first characters.
struct LandmarkFiles: PhotoFiles {
    let root: String
    let ids: PhotoIDs

    var count: Int { ids.count }

    func id(_ row: Int) -> String { ids[row] }

    func path(_ row: Int) -> String { root + "/" + LandmarkFiles.place(of: ids[row]) }

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
struct ClassFolderFiles: PhotoFiles {
    let root: String
    let folders: [String]
    /// The folder of each photo.
    let folder: [Int32]
    let names: PhotoIDs

    var count: Int { names.count }

    func id(_ row: Int) -> String { folders[Int(folder[row])] + "/" + names[row] }

    func path(_ row: Int) -> String { root + "/" + id(row) }
}
