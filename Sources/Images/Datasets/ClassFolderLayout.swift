import Files

/// One folder per class, with or without `train`, `val` and `test` above.
///
/// A class has all photos below its folder, however deep, as torchvision and Keras have it.
struct ClassFolderLayout: PhotoLayout {
    private let root: String
    /// Class folders to learn from.
    private let folders: [String]
    private let validationRoot: String?
    private let testRoot: String?
    let remarks: PhotoRemarks

    /// Takes `directory` as it is; that there are photos is found when they are listed.
    ///
    /// - Throws: `ImagesError` where it cannot be read, and where `train` holds photos of which nothing
    ///   says what they show.
    init(_ directory: String) throws {
        let top = try FolderListing(directory)
        var remarks = PhotoRemarks()
        var parts: [String] = []
        func root(_ part: PhotoPart, _ isPart: (String) throws -> Bool) rethrows -> String? {
            guard let name = part.find(in: top.folders), try isPart(name) else { return nil }
            parts.append(name)
            return directory + "/" + name
        }
        func classes(_ name: String) throws -> [String] {
            try FolderListing(directory + "/" + name).folders
        }
        if let train = try root(.training, { try !classes($0).isEmpty }) {
            self.root = train
            folders = try classes(parts[0])
            validationRoot = try root(.validation) { try !classes($0).isEmpty }
            testRoot = try root(.test) { try !classes($0).isEmpty }
            remarks.leaveOut(
                top.folders.filter { !parts.contains($0) },
                "folder",
                "beside \(train)"
            )
        } else {
            // Without a training folder a folder called test is a part if it has the others' classes.
            func hasClasses(_ name: String) throws -> Bool {
                let others = Set(top.folders.filter { $0 != name })
                return try classes(name).contains(where: others.contains)
            }
            self.root = directory
            validationRoot = try root(.validation, hasClasses)
            testRoot = try root(.test, hasClasses)
            folders = top.folders.filter { !parts.contains($0) }
            try ClassFolderLayout.requireLabels(directory, top.folders)
        }
        if self.root != directory {
            remarks.leaveOut(top.files, "file", "in no class folder")
            if top.hidden > 0 {
                remarks.unused.append("\(counted(top.hidden, "hidden file")) in \(directory)")
            }
        }
        self.remarks = remarks
    }

    /// Refuses `train` and `test` folders that hold photos and no classes.
    private static func requireLabels(_ directory: String, _ folders: [String]) throws {
        let parts: [PhotoPart] = [.training, .validation, .test]
        let named = parts.compactMap { $0.find(in: folders) }
        guard let train = PhotoPart.training.find(in: folders), named.count == folders.count else {
            return
        }
        throw ImagesError.data(
            "\(directory)/\(train) has no class folders, and there is no \(directory)/train.csv that "
                + "says what its photos show; sort the photos into one folder for each landmark"
        )
    }

    var hasTraining: Bool { true }

    func training() throws -> PhotoList {
        let list = try ClassFolderLayout.list(root, folders)
        guard list.count > 0 else {
            throw ImagesError.data(
                "\(root) holds neither train.csv nor folders of photos, one for each class"
            )
        }
        if let photo = list.landmarkPlace {
            throw ImagesError.data(
                "\(root) holds photos in the folders of Google Landmarks, such as \(photo), but there is "
                    + "no train.csv that says what they show"
            )
        }
        return list
    }

    func validation(_ classes: ClassIndex) throws -> PhotoList? {
        try part(validationRoot, classes)
    }

    func test(_ classes: ClassIndex) throws -> PhotoList? { try part(testRoot, classes) }

    private func part(_ root: String?, _ classes: ClassIndex) throws -> PhotoList? {
        guard let root else { return nil }
        let list = try ClassFolderLayout.list(root, FolderListing(root).folders)
        return list.labelled(among: classes)
    }

    /// The photos below the class folders of `root`, with classes of their own.
    private static func list(_ root: String, _ folders: [String]) throws -> PhotoList {
        var walk = ClassFolderWalk(root)
        for folder in folders { try walk.take(folder) }
        // An empty folder is no class: there is nothing to learn from.
        let used = walk.counts.indices.filter { walk.counts[$0] > 0 }
        let classes = ClassIndex(folders: used.map { folders[$0] })
        var labels = [Int32](repeating: -1, count: folders.count)
        for (label, folder) in used.enumerated() { labels[folder] = Int32(label) }
        let files = ClassFolderFiles(
            root: root,
            folders: folders,
            folder: walk.folder,
            names: walk.names
        )
        var list = PhotoList(
            files: files,
            classes: classes,
            labels: walk.folder.map { labels[Int($0)] }
        )
        list.remarks = try walk.remarks(folders)
        list.remarks.notes += classes.twins()
        return list
    }
}

extension PhotoList {
    /// The first photo, where it lies at `a/b/c/abc….jpg` as only photos of a table do.
    fileprivate var landmarkPlace: String? {
        guard count > 0, case let parts = id(0).split(separator: "/"), parts.count == 4,
            parts.dropLast().allSatisfy({ $0.count == 1 })
        else { return nil }
        return parts[3].hasPrefix(parts.dropLast().joined()) ? id(0) : nil
    }
}

/// Collects the photos below class folders.
private struct ClassFolderWalk {
    private let root: String
    private(set) var names = PhotoIDs()
    /// Class folder of each photo, by its place.
    private(set) var folder: [Int32] = []
    /// Photos of each class folder.
    private(set) var counts: [Int] = []
    private var hidden = 0
    private var endings: [String: Int] = [:]
    private var visitedTwice: [String] = []
    /// Class folders without photos of their own, and the folders in them that have some.
    private var nested: [(name: String, inner: [String])] = []

    init(_ root: String) { self.root = root }

    /// Takes the photos below the next class folder, whose folders are each visited once.
    mutating func take(_ name: String) throws {
        let before = names.count
        var visited: Set<FolderIdentity> = []
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
        hidden += listing.hidden
        var own = 0
        for file in listing.files {
            guard isPhotoName(file) else { continue }
            own += 1
            folder.append(Int32(counts.count))
            names.append(prefix.isEmpty ? file : prefix + "/" + file)
        }
        guard !listing.folders.isEmpty else { return nil }
        if prefix.isEmpty { FolderIdentity(path).map { _ = visited.insert($0) } }
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

    /// What was left out, and which class folders look as if they held classes.
    func remarks(_ folders: [String]) throws -> PhotoRemarks {
        var remarks = PhotoRemarks()
        let loose = try FolderListing(root).files
        remarks.leaveOut(loose, "file", "directly in \(root), which belong to no class")
        remarks.leaveOut(
            folders.indices.filter { counts[$0] == 0 }.map { folders[$0] },
            "class folder",
            "of \(root) without photos"
        )
        let others = endings.values.reduce(0, +)
        if others > 0 {
            let kinds = endings.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .map { "\($0.value) .\($0.key)" }
            remarks.unused.append(
                "\(counted(others, "file")) below \(root) that are no photos by their ending "
                    + "(\(listed(kinds, limit: 5)))"
            )
        }
        remarks.leaveOut(visitedTwice, "link", "below \(root) to a folder that was visited already")
        if hidden > 0 { remarks.unused.append("\(counted(hidden, "hidden file")) below \(root)") }
        let classes = nestedClasses
        remarks.notes += classes.prefix(10).map {
            "\(root)/\($0.name) has no photos of its own but \(counted($0.inner.count, "folder")) of "
                + "photos (\(listed($0.inner, limit: 3))), all of the one class \($0.name); if these are "
                + "classes, move them up into \(root)"
        }
        if classes.count > 10 {
            remarks.notes.append("… and \(classes.count - 10) more such folders")
        }
        return remarks
    }

    /// Class folders whose folders look like classes: years, numbers of cards, and names that come in
    /// several class folders divide the photos of a class.
    private var nestedClasses: [(name: String, inner: [String])] {
        var folders: [String: Int] = [:]
        for name in nested.flatMap(\.inner) { folders[name, default: 0] += 1 }
        return nested.filter {
            $0.inner.contains { $0.contains(where: \.isLetter) && folders[$0] == 1 }
        }
    }
}
