import Foundation
import Images

/// Photos named on the command line, of which nothing is known.
struct PhotoFiles: PhotoSource {
    let paths: [String]

    /// Takes paths of photos, and of folders for all files directly in them.
    init(_ arguments: [String]) {
        let manager = FileManager.default
        paths = arguments.flatMap { path -> [String] in
            var isFolder: ObjCBool = false
            guard manager.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
            else {
                return [path]
            }
            let names = (try? manager.contentsOfDirectory(atPath: path)) ?? []
            let inside = names.filter { !$0.hasPrefix(".") }.sorted().map { path + "/" + $0 }
            return inside.filter {
                var isFolder: ObjCBool = false
                return manager.fileExists(atPath: $0, isDirectory: &isFolder) && !isFolder.boolValue
            }
        }
    }

    func path(_ index: Int) -> String { paths[index] }

    func label(_ index: Int) -> Int32 { -1 }
}
