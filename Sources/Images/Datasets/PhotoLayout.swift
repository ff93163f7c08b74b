import Files

/// How a folder lays out its photos.
protocol PhotoLayout {
    /// Whether the folder lists photos other than those of its validation and test parts.
    var hasTraining: Bool { get }
    /// What lies beside the photos and is not used.
    var remarks: PhotoRemarks { get }
    /// The photos to learn from, before any split, with classes of their own.
    func training() throws -> PhotoList
    /// The photos of the folder's own validation part, or nil where it has none, with labels among
    /// `classes`; −1 = a landmark that is not among them. An empty one counts as none.
    func validation(_ classes: ClassIndex) throws -> PhotoList?
    /// The photos of the folder's own test part, in the same way.
    func test(_ classes: ClassIndex) throws -> PhotoList?
}

/// A part of a folder's photos, by the names of its folder or table.
enum PhotoPart {
    case training
    case validation
    case test

    /// What the folder, or the table without its ending, may be called, the likeliest first.
    var names: [String] {
        switch self {
        case .training: ["train", "training"]
        case .validation: ["val", "valid", "validation"]
        case .test: ["test", "testing"]
        }
    }

    /// Which of `entries` is the part's, in any case.
    ///
    /// - Parameter ending: what follows the part's name.
    func find(in entries: [String], ending: String = "") -> String? {
        names.lazy.compactMap { name in
            let alike = entries.filter { $0.lowercased() == name + ending }
            return alike.first { $0 == name + ending } ?? alike.first
        }.first
    }
}

/// Finds out how `directory` lays out its photos.
///
/// - Parameter needsPhotos: whether tables without any of their photos are refused.
func findLayout(_ directory: String, needsPhotos: Bool = true) throws -> any PhotoLayout {
    var directory = directory
    while directory.utf8.count > 1, directory.utf8.last == UInt8(ascii: "/") {
        directory.unicodeScalars.removeLast()
    }
    guard exists(directory) else {
        throw ImagesError.data("there is no folder \(directory); --data wants a folder of photos")
    }
    guard isFolder(directory) else {
        throw ImagesError.data("\(directory) is a file; --data wants a folder of photos")
    }
    if let layout = try LandmarkLayout(directory, needsPhotos: needsPhotos) { return layout }
    return try ClassFolderLayout(directory)
}
