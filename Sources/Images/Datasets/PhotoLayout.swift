import Files

/// How a folder lays out its photos.
protocol PhotoLayout {
    /// Whether the folder lists photos other than those of its validation and test parts.
    var hasTraining: Bool { get }
    /// What lies beside the photos and is not used.
    var remarks: PhotoRemarks { get }
    /// The training photos, before any split, with classes of their own.
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

/// What is to be said about photos when they are opened, so that nothing is left out in silence.
public struct PhotoRemarks: Codable, Sendable, Equatable {
    /// What lies in the folder and is not used, each kind with its count and its first names.
    public internal(set) var unused: [String] = []
    /// Sentences about what was found.
    public internal(set) var notes: [String] = []

    /// Nothing is to be said.
    public init() {}

    init(unused: [String] = [], notes: [String]) {
        self.unused = unused
        self.notes = notes
    }

    /// The remarks as lines for a person.
    public var lines: [String] {
        notes + (unused.isEmpty ? [] : ["not used: " + unused.joined(separator: "; ")])
    }

    /// Both remarks, each line once.
    public static func + (a: PhotoRemarks, b: PhotoRemarks) -> PhotoRemarks {
        PhotoRemarks(
            unused: a.unused + b.unused.filter { !a.unused.contains($0) },
            notes: a.notes + b.notes.filter { !a.notes.contains($0) }
        )
    }

    /// Notes files or folders that are not used.
    ///
    /// - Parameters:
    ///   - names: the first of which are told.
    ///   - kind: the word for one of them.
    ///   - place: where they lie and why they are left out; may be empty.
    mutating func leaveOut(_ names: [String], _ kind: String, _ place: String = "") {
        guard !names.isEmpty else { return }
        unused.append(
            counted(names.count, kind) + (place.isEmpty ? "" : " " + place)
                + " (\(listed(names, limit: 5)))"
        )
    }
}

/// The first names of a list, and how many more there are.
func listed(_ names: [String], limit: Int) -> String {
    let first = names.prefix(limit).joined(separator: ", ")
    return names.count > limit ? "\(first) and \(names.count - limit) more" : first
}

/// A number with its word.
func counted(_ count: Int, _ word: String) -> String { "\(count) \(word)\(count == 1 ? "" : "s")" }
