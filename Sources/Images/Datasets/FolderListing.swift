import Foundation

/// What a folder holds, without hidden entries, sorted by the bytes of the names.
struct FolderListing {
    private(set) var folders: [String] = []
    private(set) var files: [String] = []

    /// Lists a folder; symbolic links count as what they point at.
    init(_ path: String) throws {
        guard let stream = opendir(path) else {
            throw ImagesError.files("\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            // The kind and name are read in place: the record is shorter than its Swift type.
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            switch Int32(entry.pointee.d_type) {
            case Int32(DT_DIR): folders.append(name)
            case Int32(DT_REG): files.append(name)
            case Int32(DT_LNK), Int32(DT_UNKNOWN):
                if isFolder(path + "/" + name) { folders.append(name) } else { files.append(name) }
            default: continue
            }
        }
        folders.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        files.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

/// Whether `path` is a folder, or a link to one.
func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Whether there is anything at `path`.
func exists(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0
}
