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
