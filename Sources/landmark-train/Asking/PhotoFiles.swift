import Files
import Images

/// Photos named on the command line, of which nothing is known.
struct PhotoFiles: PhotoSource {
    let paths: [String]
    /// What lies in folders and is not asked about.
    let remarks: PhotoRemarks

    /// Takes paths of photos, and of folders for all photos below them.
    ///
    /// - Throws: `FileError` where a folder cannot be read.
    init(_ arguments: [String]) throws {
        var paths: [String] = []
        var remarks = PhotoRemarks()
        for path in arguments {
            guard isFolder(path) else {
                paths.append(path)
                continue
            }
            let below = try listPhotos(below: path)
            paths += below.paths
            remarks = remarks + below.remarks
        }
        self.paths = paths
        self.remarks = remarks
    }

    func path(_ index: Int) -> String { paths[index] }

    func label(_ index: Int) -> Int32 { -1 }
}
