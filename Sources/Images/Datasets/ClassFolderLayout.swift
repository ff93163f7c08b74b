import Files

/// One folder per class, with or without `train` and `test` above.
struct ClassFolderLayout: PhotoLayout {
    private let root: String
    private let folders: [String]
    private let testRoot: String?

    /// Takes `directory` as it is; that there are photos is found when they are listed.
    init(_ directory: String) throws {
        let top = try FolderListing(directory)
        let train = directory + "/train"
        if top.folders.contains("train"), case let inner = try FolderListing(train).folders,
            !inner.isEmpty
        {
            root = train
            folders = inner
            testRoot = ["test", "val"].first(where: top.folders.contains)
                .map { directory + "/" + $0 }
        } else {
            root = directory
            folders = top.folders
            testRoot = nil
        }
    }

    var hasTraining: Bool { true }

    func training() throws -> PhotoList {
        let photos = try ClassFolderLayout.files(root, folders)
        guard photos.count > 0 else {
            throw ImagesError.data(
                "\(root) holds neither train.csv nor folders of photos, one for each class"
            )
        }
        // An empty folder is no class: there is nothing to learn from.
        var isUsed = [Bool](repeating: false, count: folders.count)
        for folder in photos.folder { isUsed[Int(folder)] = true }
        let classes = ClassIndex(folders: folders.indices.filter { isUsed[$0] }.map { folders[$0] })
        return ClassFolderLayout.list(photos, classes)
    }

    func test(_ classes: ClassIndex) throws -> PhotoList? {
        guard let testRoot else { return nil }
        let photos = try ClassFolderLayout.files(testRoot, FolderListing(testRoot).folders)
        return photos.count > 0 ? ClassFolderLayout.list(photos, classes) : nil
    }

    func labels(of classes: ClassIndex, among known: ClassIndex) -> [Int32] {
        known.labels(ofFolders: classes.names)
    }

    private static func list(_ photos: ClassFolderFiles, _ classes: ClassIndex) -> PhotoList {
        let labels = classes.labels(ofFolders: photos.folders)
        return PhotoList(
            files: photos,
            classes: classes,
            labels: photos.folder.map { labels[Int($0)] }
        )
    }

    /// Everything in the class folders that may be a photo; its content is judged when it is read.
    private static func files(_ root: String, _ folders: [String]) throws -> ClassFolderFiles {
        var folder: [Int32] = []
        var names = PhotoIDs()
        for (index, name) in folders.enumerated() {
            for file in try FolderListing(root + "/" + name).files where mayBePhoto(file) {
                folder.append(Int32(index))
                names.append(file)
            }
        }
        return ClassFolderFiles(root: root, folders: folders, folder: folder, names: names)
    }

    private static func mayBePhoto(_ file: String) -> Bool {
        let others = ["csv", "tsv", "txt", "md", "json", "xml", "yaml", "yml", "ini", "db", "log"]
        return !others.contains(Path.fileExtension(of: file))
    }
}
