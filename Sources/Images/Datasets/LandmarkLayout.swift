import Files

/// Google Landmarks files: tables of ids and landmarks, photos at `a/b/c/<id>.jpg`.
struct LandmarkLayout: PhotoLayout {
    private let directory: String
    private let trainingTable: String?
    private let testTable: String?
    /// Whether tables without any of their photos are refused.
    private let needsPhotos: Bool

    /// Takes `directory` if it holds a table of photos.
    init?(_ directory: String, needsPhotos: Bool = true) throws {
        self.directory = directory
        self.needsPhotos = needsPhotos
        trainingTable = ["train.csv", "train_clean.csv"]
            .map { directory + "/" + $0 }.first(where: exists)
        // A test table without landmarks, as for a contest, is of no use here.
        let test = directory + "/test.csv"
        testTable = try exists(test) && LandmarkTable.isLabelled(test) ? test : nil
        if trainingTable == nil, testTable == nil { return nil }
    }

    /// Takes the photos of `directory` that `table` lists, as its test photos.
    init(_ directory: String, table: String) {
        self.directory = directory
        trainingTable = nil
        testTable = table
        needsPhotos = true
    }

    var hasTraining: Bool { trainingTable != nil }

    func training() throws -> PhotoList {
        guard let trainingTable else {
            throw ImagesError.data("\(directory) has test.csv but no train.csv to learn from")
        }
        let table = try LandmarkTable.read(trainingTable)
        let names = directory + "/train_label_to_category.csv"
        let classes = ClassIndex(
            fitting: table.landmarks,
            names: exists(names) ? try readLandmarkNames(names) : [:]
        )
        return try list(table, of: trainingTable, classes, in: ["train", ""])
    }

    func test(_ classes: ClassIndex) throws -> PhotoList? {
        guard let testTable else { return nil }
        let table = try LandmarkTable.read(testTable, unlabelled: true)
        return try list(table, of: testTable, classes, in: ["test", "", "train"])
    }

    func labels(of classes: ClassIndex, among known: ClassIndex) -> [Int32] {
        known.labels(of: classes.ids)
    }

    private func list(
        _ table: LandmarkTable,
        of path: String,
        _ classes: ClassIndex,
        in folders: [String]
    ) throws -> PhotoList {
        PhotoList(
            files: LandmarkFiles(root: try root(of: table.ids, path, in: folders), ids: table.ids),
            classes: classes,
            labels: classes.labels(of: table.landmarks)
        )
    }

    /// The folder below which the photos lie, judged by some of them: a photo may be missing, but
    /// where all are, the folder is the wrong one.
    private func root(of ids: PhotoIDs, _ table: String, in folders: [String]) throws -> String {
        let probes = min(ids.count, 64)
        let rows = (0..<probes).map { $0 < probes / 2 ? $0 : $0 * ids.count / probes }
        var best = (found: 0, root: "")
        for folder in folders {
            let root = folder.isEmpty ? directory : directory + "/" + folder
            let found = rows.count { exists(root + "/" + LandmarkFiles.place(of: ids[$0])) }
            if found > best.found { best = (found, root) }
            if found == probes { break }
        }
        guard best.found > 0 || !needsPhotos else {
            let place = LandmarkFiles.place(of: ids[0])
            let places = folders.map { $0.isEmpty ? directory : directory + "/" + $0 }
            throw ImagesError.data(
                "\(table) lists photos, but none is there: the first should be \(place) in "
                    + places.joined(separator: " or ")
            )
        }
        return best.found > 0 ? best.root : directory
    }
}
