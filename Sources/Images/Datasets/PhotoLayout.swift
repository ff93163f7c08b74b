import Files

/// How a folder lays out its photos.
protocol PhotoLayout {
    /// Whether the folder lists photos other than those of its test split.
    var hasTraining: Bool { get }
    /// The photos to learn from, before any split, with classes of their own.
    func training() throws -> PhotoList
    /// The photos of the folder's own test split, or nil where it has none; a landmark that is not
    /// among `classes` gets label −1.
    func test(_ classes: ClassIndex) throws -> PhotoList?
    /// The label among `known` of each of this folder's own classes, −1 where there is none.
    func labels(of classes: ClassIndex, among known: ClassIndex) -> [Int32]
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
