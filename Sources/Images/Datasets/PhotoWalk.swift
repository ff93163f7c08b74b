import Files

/// Collects the photos below class folders, or below any others.
struct PhotoWalk {
    private let root: String
    private(set) var names = PhotoIDs()
    /// Class folder of each photo, by its place.
    private(set) var folder: [Int32] = []
    /// Photos of each class folder.
    private(set) var counts: [Int] = []
    private var hidden: Int
    private var endings: [String: Int] = [:]
    private var visitedTwice: [String] = []
    /// The root and the folders above it, to which links must not lead.
    private let above: Set<FolderIdentity>
    /// Class folders without photos of their own, and the folders in them that have some.
    private var nested: [(name: String, inner: [String])] = []

    /// Begins below `root`, which itself has `hidden` hidden files.
    init(_ root: String, hidden: Int = 0) {
        self.root = root
        self.hidden = hidden
        var above: Set<FolderIdentity> = []
        var path = Path.absolute(root)
        while let identity = FolderIdentity(path), above.insert(identity).inserted {
            path = Path.parent(of: path)
        }
        self.above = above
    }

    /// Takes the photos below the next class folder, whose folders are each visited once.
    mutating func take(_ name: String) throws {
        let before = names.count
        var visited = above
        let inner = try descend(name, below: "", &visited)
        counts.append(names.count - before)
        if let inner, !inner.isEmpty { nested.append((name, inner)) }
    }

    /// Takes the photos of a folder and of those in it.
    ///
    /// - Returns: the folders in it that hold photos, if it holds none itself.
    private mutating func descend(
        _ name: String,
        below prefix: String,
        _ visited: inout Set<FolderIdentity>
    ) throws -> [String]? {
        let path = root + "/" + name + (prefix.isEmpty ? "" : "/" + prefix)
        let listing = try FolderListing(path)
        if prefix.isEmpty, !listing.folders.isEmpty, let own = FolderIdentity(path),
            !visited.insert(own).inserted
        {
            visitedTwice.append(name)
            return nil
        }
        hidden += listing.hidden
        var own = 0
        for file in listing.files {
            guard isPhotoName(file) else { continue }
            own += 1
            folder.append(Int32(counts.count))
            names.append(prefix.isEmpty ? file : prefix + "/" + file)
        }
        guard !listing.folders.isEmpty else { return nil }
        var inner: [String] = []
        for next in listing.folders {
            let below = prefix.isEmpty ? next : prefix + "/" + next
            let before = names.count
            // A link may lead back to where the walk came from.
            guard let identity = FolderIdentity(root + "/" + name + "/" + below),
                visited.insert(identity).inserted
            else {
                visitedTwice.append(name + "/" + below)
                continue
            }
            _ = try descend(name, below: below, &visited)
            if names.count > before { inner.append(next) }
        }
        return own == 0 ? inner : nil
    }

    /// Judges a file by its ending, which is all that is known before it is read, and counts it where it
    /// is no photo.
    private mutating func isPhotoName(_ file: String) -> Bool {
        let others = ["csv", "tsv", "txt", "md", "json", "xml", "yaml", "yml", "ini", "db", "log"]
        let ending = Path.fileExtension(of: file)
        guard others.contains(ending) else { return true }
        endings[ending, default: 0] += 1
        return false
    }

    /// What was left out below the root.
    var unused: [String] { unused(below: root) }

    /// What was left out; the walk was of `folder`.
    fileprivate func unused(below folder: String) -> [String] {
        var remarks = PhotoRemarks()
        let others = endings.values.reduce(0, +)
        if others > 0 {
            let kinds = endings.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .map { "\($0.value) .\($0.key)" }
            remarks.unused.append(
                "\(counted(others, "file")) below \(folder) with endings that photos do not have "
                    + "(\(listed(kinds, limit: 5)))"
            )
        }
        remarks.leaveOut(
            visitedTwice,
            "link",
            "below \(folder) to a folder that was visited already"
        )
        if hidden > 0 { remarks.unused.append("\(counted(hidden, "hidden file")) below \(folder)") }
        return remarks.unused
    }

    /// Which class folders look as if they held classes, in sentences: years, numbers of cards, and names
    /// that come in several class folders divide the photos of a class.
    var nestedClasses: [String] {
        var folders: [String: Int] = [:]
        for name in nested.flatMap(\.inner) { folders[name, default: 0] += 1 }
        let classes = nested.filter {
            $0.inner.contains { $0.contains(where: \.isLetter) && folders[$0] == 1 }
        }
        let notes = classes.prefix(10).map {
            "\(root)/\($0.name) has no photos of its own but \(counted($0.inner.count, "folder")) of "
                + "photos (\(listed($0.inner, limit: 3))), all of the one class \($0.name); if these are "
                + "classes, move them up into \(root)"
        }
        return classes.count > 10
            ? notes + ["… and \(classes.count - 10) more such folders"] : notes
    }
}

/// The photos below a folder, however deep, and what else is there: files are judged by their content.
///
/// - Returns: their paths, each folder's files before the folders in it, by the bytes of their names.
/// - Throws: `FileError` where a folder cannot be read.
public func listPhotos(
    below folder: String
) throws -> (paths: [String], remarks: PhotoRemarks) {
    var walk = PhotoWalk(Path.parent(of: folder))
    try walk.take(Path.name(of: folder))
    var remarks = PhotoRemarks()
    remarks.unused = walk.unused(below: folder)
    var paths: [String] = []
    var others: [String] = []
    for index in 0..<walk.names.count {
        let path = Path.joined(folder, walk.names[index])
        if isLikelyPhoto(path) { paths.append(path) } else { others.append(walk.names[index]) }
    }
    remarks.leaveOut(others, "file", "below \(folder) of which the content is no photo")
    return (paths, remarks)
}
