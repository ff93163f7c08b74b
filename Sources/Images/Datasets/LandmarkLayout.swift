import Files

/// Google Landmarks files: tables of ids and landmarks, photos at `a/b/c/<id>.jpg`.
struct LandmarkLayout: PhotoLayout {
    private let directory: String
    private let folders: [String]
    private let trainingTable: String?
    private let validationTable: String?
    private let testTable: String?
    private let namesTable: String?
    /// Whether tables without any of their photos are refused.
    private let needsPhotos: Bool
    let remarks: PhotoRemarks

    /// Takes `directory` if it holds a table of photos.
    ///
    /// - Throws: `ImagesError` where no table says what the photos show.
    init?(_ directory: String, needsPhotos: Bool = true) throws {
        let top = try FolderListing(directory)
        // Each table that may be used, and why it is not.
        var tables: [(part: PhotoPart, file: String)] = []
        var reasons: [(file: String, reason: String)] = []
        for part in [PhotoPart.training, .validation, .test] {
            let names = top.files.filter { file in
                part.names.contains { file.lowercased() == $0 + ".csv" }
                    || part == .training && file.lowercased() == "train_clean.csv"
            }
            let best = part.find(in: names, ending: ".csv") ?? names.first
            for file in names where file != best {
                reasons.append((file, "\(best ?? "") is taken"))
            }
            guard let best else { continue }
            // A test table without landmarks, as for a contest, cannot be judged by.
            if try part == .training || LandmarkTable.isLabelled(directory + "/" + best) {
                tables.append((part, best))
            } else {
                reasons.append((best, "it has no landmarks; predict --csv answers it"))
            }
        }
        guard let taken = tables.first?.file else {
            guard let file = reasons.first?.file,
                try !LandmarkLayout.hasClassFolders(directory, top.folders)
            else { return nil }
            throw ImagesError.data(LandmarkTable.unlabelled(directory + "/" + file, directory))
        }
        func table(_ part: PhotoPart) -> String? {
            tables.first { $0.part == part }.map { directory + "/" + $0.file }
        }
        self.directory = directory
        self.needsPhotos = needsPhotos
        folders = top.folders
        trainingTable = table(.training)
        validationTable = table(.validation)
        testTable = table(.test)
        let names = top.files.first { $0.lowercased() == LandmarkLayout.namesFile }
        namesTable = names.map { directory + "/" + $0 }

        var remarks = PhotoRemarks()
        remarks.unused = reasons.map { "\($0.file) (\($0.reason))" }
        // `dataset synthesize` notes in landmarks.json what it drew.
        let known = tables.map(\.file) + reasons.map(\.file) + ["landmarks.json"]
        remarks.leaveOut(
            top.files.filter { !known.contains($0) && $0 != names },
            "file",
            "beside \(taken)"
        )
        let parts: [PhotoPart] = [.training, .validation, .test]
        let owned = parts.filter { part in
            part == .training || tables.contains { $0.part == part }
                || reasons.contains { part.names.contains($0.file.lowercased().dropLast(4) + "") }
        }
        let unused = top.folders.filter { folder in
            folder.count > 1 && !owned.contains { $0.names.contains(folder.lowercased()) }
        }
        remarks.leaveOut(unused, "folder", "beside \(taken), which says what there is")
        if top.hidden > 0 {
            remarks.unused.append("\(counted(top.hidden, "hidden file")) in \(directory)")
        }
        self.remarks = remarks
    }

    /// Takes the photos of `directory` that `table` lists, as its test photos.
    ///
    /// - Throws: `ImagesError` where the table does not say what they show.
    init(_ directory: String, table: String) throws {
        guard try LandmarkTable.isLabelled(table) else {
            throw ImagesError.data(LandmarkTable.unlabelled(table, directory))
        }
        try self.init(directory, unlabelled: table)
    }

    /// Takes the photos of `directory` that `table` lists, whatever it says they show.
    init(_ directory: String, unlabelled table: String) throws {
        let top = try FolderListing(directory)
        self.directory = directory
        folders = top.folders
        trainingTable = nil
        validationTable = nil
        testTable = table
        namesTable = top.files.first { $0.lowercased() == LandmarkLayout.namesFile }
            .map { directory + "/" + $0 }
        needsPhotos = true
        remarks = PhotoRemarks()
    }

    /// Whether there are folders that could be classes, beside those that ids are sorted into.
    private static func hasClassFolders(_ directory: String, _ folders: [String]) throws -> Bool {
        let parts: [PhotoPart] = [.training, .validation, .test]
        let candidates =
            if let train = PhotoPart.training.find(in: folders) {
                try FolderListing(directory + "/" + train).folders
            } else {
                folders.filter { folder in parts.allSatisfy { $0.find(in: [folder]) == nil } }
            }
        return candidates.contains { $0.count > 1 }
    }

    private static let namesFile = "train_label_to_category.csv"

    var hasTraining: Bool { trainingTable != nil }

    func training() throws -> PhotoList {
        guard let trainingTable else {
            throw ImagesError.data("\(directory) has test.csv but no train.csv to learn from")
        }
        let table = try LandmarkTable.read(trainingTable)
        return try list(table, of: trainingTable, names(), in: [.training])
    }

    func validation(_ classes: ClassIndex) throws -> PhotoList? {
        try part(validationTable, classes, in: [.validation, .training])
    }

    func test(_ classes: ClassIndex) throws -> PhotoList? {
        try part(testTable, classes, in: [.test, .training, .validation])
    }

    private func part(
        _ path: String?,
        _ classes: ClassIndex,
        in parts: [PhotoPart]
    ) throws -> PhotoList? {
        guard let path else { return nil }
        let table = try LandmarkTable.read(path, isTruth: true)
        // Ids are compared with ids; only the names of class folders ask for names.
        let names = classes.kind == .folders ? try names() : [:]
        return try list(table, of: path, names, in: parts).labelled(among: classes)
    }

    private func names() throws -> [Int64: String] {
        try namesTable.map(readLandmarkNames) ?? [:]
    }

    /// The photos of a table, with classes of their own.
    private func list(
        _ table: LandmarkTable,
        of path: String,
        _ names: [Int64: String],
        in parts: [PhotoPart]
    ) throws -> PhotoList {
        let classes = ClassIndex(fitting: table.allLandmarks, names: names)
        return PhotoList(
            files: try files(table.ids, of: path, in: parts),
            classes: classes,
            labels: classes.labels(of: table.landmarks),
            unusual: table.unusual.mapValues(classes.labels(of:)),
            usages: table.usages
        )
    }

    /// Where the photos of a table lie.
    func files(
        _ ids: PhotoIDs,
        of table: String,
        in parts: [PhotoPart] = [.test, .training, .validation]
    ) throws -> LandmarkFiles {
        LandmarkFiles(root: try root(of: ids, table, in: parts), ids: ids)
    }

    /// The folder below which the photos lie, judged by some of them: a photo may be missing, but
    /// where all are, the folder is the wrong one.
    private func root(of ids: PhotoIDs, _ table: String, in parts: [PhotoPart]) throws -> String {
        let own = parts.first.map { $0.find(in: folders) ?? $0.names[0] }
        let others = parts.dropFirst().compactMap { $0.find(in: folders) }
        let names = [own, ""].compactMap { $0 } + others
        let roots = names.map { $0.isEmpty ? directory : directory + "/" + $0 }
        guard let best = LandmarkFiles.root(of: ids, among: roots) else {
            guard needsPhotos else { return directory }
            throw ImagesError.data(
                "\(table) lists photos, but none is there: the first should be "
                    + "\(LandmarkFiles.place(of: ids[0])) in " + roots.joined(separator: " or ")
            )
        }
        return best
    }
}
