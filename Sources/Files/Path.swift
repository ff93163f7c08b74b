import Foundation

/// Parts of paths, by their bytes: nothing is looked up but by `absolute`.
///
/// Slashes at the end do not count, and there is no path on which these fail.
public enum Path {
    private static let slash = UInt8(ascii: "/")

    /// The folder that a path lies in: `runs` of `runs/a/`, `.` of `a`, `/` of `/a` and of `/`.
    public static func parent(of path: String) -> String {
        let path = trimmed(path)
        guard let last = path.utf8.lastIndex(of: slash) else { return "." }
        let parent = trimmed(String(path[..<last]))
        return parent.isEmpty ? "/" : parent
    }

    /// The last part of a path: `a` of `runs/a/`; `/` of `/` and nothing of nothing.
    public static func name(of path: String) -> String {
        let path = trimmed(path)
        guard let last = path.utf8.lastIndex(of: slash), path.utf8.count > 1 else { return path }
        return String(path[path.utf8.index(after: last)...])
    }

    /// What follows the last dot of a path's name, in lower case; nothing where there is no dot but at
    /// the front.
    public static func fileExtension(of path: String) -> String {
        let name = name(of: path)
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot > name.startIndex else {
            return ""
        }
        return name[name.utf8.index(after: dot)...].lowercased()
    }

    /// `name` within `folder`; a `name` that begins with a slash stands for itself.
    public static func joined(_ folder: String, _ name: String) -> String {
        guard name.utf8.first != slash, !folder.isEmpty else { return name }
        return folder.utf8.last == slash ? folder + name : folder + "/" + name
    }

    /// The path from the root, without `.` and needless slashes.
    ///
    /// `..` goes with the folder before it, unless that is a symbolic link: what is above its target is
    /// for the system to find.
    public static func absolute(_ path: String) -> String {
        let whole = path.utf8.first == slash ? path : joined(workingFolder, path)
        var absolute = ""
        for part in whole.utf8.split(separator: slash) {
            let name = String(Substring(part))
            if name == "." { continue }
            if name == "..", !absolute.utf8.hasSuffix("/..") {
                guard !absolute.isEmpty else { continue }
                if !isLink(absolute) {
                    absolute = parent(of: absolute)
                    if absolute == "/" { absolute = "" }
                    continue
                }
            }
            absolute += "/" + name
        }
        return absolute.isEmpty ? "/" : absolute
    }

    /// The folder that relative paths begin at; `.` where it is gone.
    private static var workingFolder: String {
        guard let folder = getcwd(nil, 0) else { return "." }
        defer { free(folder) }
        return String(pathPointer: folder)
    }

    /// Whether a path is a symbolic link itself, wherever it leads.
    public static func isLink(_ path: String) -> Bool {
        var status = stat()
        return path.withPathPointer { lstat($0, &status) } == 0
            && status.st_mode & S_IFMT == S_IFLNK
    }

    /// What a symbolic link says; nil where `path` is none.
    public static func linkTarget(of path: String) -> String? {
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            buffer.withMemoryRebound(to: CChar.self) { characters in
                guard let base = characters.baseAddress else { return }
                count = max(0, path.withPathPointer { readlink($0, base, characters.count) })
            }
        }
        return bytes.isEmpty ? nil : String(pathBytes: bytes)
    }

    private static func trimmed(_ path: String) -> String {
        var bytes = path.utf8[...]
        while bytes.count > 1, bytes.last == slash { bytes.removeLast() }
        return String(Substring(bytes))
    }
}

extension String.UTF8View {
    fileprivate func hasSuffix(_ suffix: String) -> Bool {
        count >= suffix.utf8.count && self.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }
}

/// Whether `path` is a folder, or a link to one.
public func isFolder(_ path: String) -> Bool {
    var status = stat()
    return path.withPathPointer { stat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Whether there is anything at `path`; a link whose target is missing is nothing.
public func exists(_ path: String) -> Bool {
    var status = stat()
    return path.withPathPointer { stat($0, &status) } == 0
}
