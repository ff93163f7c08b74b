import Foundation

/// What a folder holds, without hidden entries, sorted by the bytes of the names.
public struct FolderListing: Sendable {
    /// Names of the folders in it.
    public private(set) var folders: [String] = []
    /// Names of the files in it.
    public private(set) var files: [String] = []
    /// Number of hidden entries.
    public private(set) var hidden = 0

    /// Lists a folder; symbolic links count as what they point at.
    ///
    /// - Throws: `FileError` where it cannot be read.
    public init(_ path: String) throws {
        try FolderListing.read(path) { name, kind in
            guard name.utf8.first != UInt8(ascii: ".") else {
                hidden += 1
                return
            }
            switch kind {
            case Int32(DT_DIR): folders.append(name)
            case Int32(DT_REG): files.append(name)
            case Int32(DT_LNK), Int32(DT_UNKNOWN):
                if isFolder(Path.joined(path, name)) {
                    folders.append(name)
                } else {
                    files.append(name)
                }
            default: return
            }
        }
        folders.sort(by: FolderListing.precedes)
        files.sort(by: FolderListing.precedes)
    }

    /// All names in a folder, hidden ones too, sorted by their bytes.
    ///
    /// - Throws: `FileError` where it cannot be read.
    public static func names(in path: String) throws -> [String] {
        var names: [String] = []
        try read(path) { name, _ in names.append(name) }
        return names.sorted(by: precedes)
    }

    private static func precedes(_ a: String, _ b: String) -> Bool {
        a.utf8.lexicographicallyPrecedes(b.utf8)
    }

    private static func read(_ path: String, _ entry: (String, Int32) -> Void) throws {
        guard let stream = path.withPathPointer({ opendir($0) }) else {
            throw FileError("\(path) cannot be read: \(reason(errno))")
        }
        defer { closedir(stream) }
        while true {
            errno = 0
            guard let next = readdir(stream) else {
                // The end, unless the disk says otherwise: half a listing is no listing.
                guard errno == 0 else {
                    throw FileError("\(path) cannot be read: \(reason(errno))")
                }
                return
            }
            // Kind and name are read in place: the record is shorter than its Swift type.
            let name = withUnsafePointer(to: &next.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(pathPointer: $0) }
            }
            guard name != ".", name != ".." else { continue }
            entry(name, Int32(next.pointee.d_type))
        }
    }
}

/// Which folder a path leads to, whatever the path.
public struct FolderIdentity: Hashable, Sendable {
    private let device: UInt64
    private let node: UInt64

    /// Follows `path`; nil where it leads nowhere.
    public init?(_ path: String) {
        var status = stat()
        guard path.withPathPointer({ stat($0, &status) }) == 0 else { return nil }
        device = UInt64(status.st_dev)
        node = UInt64(status.st_ino)
    }
}

/// Makes a folder and those above it that are missing.
///
/// - Throws: `FileError` that names the first one that cannot be made.
public func makeFolders(_ path: String) throws {
    guard !isFolder(path) else { return }
    let parent = Path.parent(of: path)
    if parent != path, !isFolder(parent) { try makeFolders(parent) }
    guard path.withPathPointer({ mkdir($0, 0o777) }) != 0 else { return }
    let code = errno
    // Another rank or program may have made it in the meantime.
    guard code != EEXIST || !isFolder(path) else { return }
    throw fileError("cannot make the folder", path, code == EEXIST ? ENOTDIR : code)
}

/// Removes a file, or a folder with all that is in it, as far as that can be done.
///
/// A symbolic link is removed, not what it points at.
public func removeTree(_ path: String) {
    guard path.withPathPointer({ unlink($0) }) != 0, isFolder(path) else { return }
    for name in (try? FolderListing.names(in: path)) ?? [] { removeTree(Path.joined(path, name)) }
    _ = path.withPathPointer { rmdir($0) }
}
