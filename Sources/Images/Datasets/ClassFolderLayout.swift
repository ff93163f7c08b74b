import Files

/// One folder per class, with or without `train`, `val` and `test` above.
///
/// A class has all photos below its folder, however deep, as torchvision and Keras have it.
struct ClassFolderLayout: PhotoLayout {
    private let directory: String
    private let root: String
    /// Class folders to learn from.
    private let folders: [String]
    /// What lies beside them.
    private let listing: FolderListing
    private let validationRoot: String?
    private let testRoot: String?
    let remarks: PhotoRemarks

    /// Takes `directory` as it is; that there are photos is found when they are listed.
    ///
    /// - Throws: `ImagesError` where it cannot be read, and where `train` holds photos of which nothing
    ///   says what they show.
    init(_ directory: String) throws {
        self.directory = directory
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
            listing = try FolderListing(train)
            folders = listing.folders
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
            listing = top
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
        let list = try ClassFolderLayout.list(root, folders, listing, in: directory)
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
        let listing = try FolderListing(root)
        return try ClassFolderLayout.list(root, listing.folders, listing, in: directory)
            .labelled(among: classes)
    }

    /// The photos below the class folders of `root`, with classes of their own.
    ///
    /// - Parameters:
    ///   - listing: what lies in `root`.
    ///   - directory: the folder of photos, which `root` is or lies in.
    private static func list(
        _ root: String,
        _ folders: [String],
        _ listing: FolderListing,
        in directory: String
    ) throws -> PhotoList {
        var walk = PhotoWalk(root, hidden: listing.hidden)
        for folder in folders { try walk.take(folder) }
        // An empty folder is no class: there is nothing to learn from.
        let used = walk.counts.indices.filter { walk.counts[$0] > 0 }
        let classes = ClassIndex(folders: used.map { folders[$0] })
        var labels = [Int32](repeating: -1, count: folders.count)
        for (label, folder) in used.enumerated() { labels[folder] = Int32(label) }
        let files = ClassFolderFiles(
            root: root,
            part: root == directory ? "" : Path.name(of: root) + "/",
            folders: folders,
            folder: walk.folder,
            names: walk.names
        )
        var list = PhotoList(
            files: files,
            classes: classes,
            labels: walk.folder.map { labels[Int($0)] }
        )
        list.remarks.leaveOut(
            listing.files,
            "file",
            "of \(root) outside its class folders"
        )
        list.remarks.leaveOut(
            folders.indices.filter { walk.counts[$0] == 0 }.map { folders[$0] },
            "class folder",
            "of \(root) without photos"
        )
        list.remarks.unused += walk.unused
        list.remarks.notes = walk.nestedClasses + classes.twins()
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
