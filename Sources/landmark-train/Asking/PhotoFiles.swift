import Files
import Foundation
import Images

/// Photos named on the command line, of which nothing is known.
struct PhotoFiles: PhotoSource {
    let paths: [String]

    /// Takes paths of photos, and of folders for all files directly in them.
    init(_ arguments: [String]) {
        paths = arguments.flatMap { path in
            guard isFolder(path) else { return [path] }
            return ((try? FolderListing(path))?.files ?? []).map { Path.joined(path, $0) }
        }
    }

    func path(_ index: Int) -> String { paths[index] }

    func label(_ index: Int) -> Int32 { -1 }
}
