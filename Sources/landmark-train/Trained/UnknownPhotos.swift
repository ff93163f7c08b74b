import Files
import Images
import Reporting
import Training

/// Photos of a folder that are said to show no known landmark; the same on all ranks.
struct UnknownPhotos {
    /// Their paths, each content once.
    let paths: [String]
    /// Their contents.
    private let hashes: [ContentHash]
    /// Photos whose files cannot be read.
    let unreadable: [SkippedPhoto]
    /// What is left out, a line each.
    let remarks: [String]

    private struct Found: Codable {
        var paths: [String] = []
        var hashes: [String] = []
        var remarks: [String] = []
    }

    /// Lists the photos below `folder`; a collective call.
    init(_ folder: String, _ world: World) throws {
        let found = try world.fromRoot(Found.self) {
            guard isFolder(folder) else {
                throw TrainingError.files(
                    "there is no folder of photos at \(folder.shown); check --unknown"
                )
            }
            let below = try listPhotos(below: folder)
            guard !below.paths.isEmpty else {
                throw TrainingError.data("no photo in \(folder.shown); check --unknown")
            }
            var found = Found(paths: below.paths, remarks: below.remarks.lines)
            found.hashes = inspectPhotos(below.paths, world.pool).map { $0.hash?.text ?? "" }
            return found
        }
        var (paths, hashes): ([String], [ContentHash]) = ([], [])
        var unreadable: [SkippedPhoto] = []
        var seen: Set<ContentHash> = []
        var copies = 0
        for (path, text) in zip(found.paths, found.hashes) {
            guard let hash = ContentHash(text: text) else {
                unreadable.append(SkippedPhoto(path: path, reason: "it is empty or cannot be read"))
                continue
            }
            guard seen.insert(hash).inserted else {
                copies += 1
                continue
            }
            paths.append(path)
            hashes.append(hash)
        }
        (self.paths, self.hashes, self.unreadable) = (paths, hashes, unreadable)
        remarks =
            found.remarks
            + (copies > 0
                ? [
                    "\(Figures.count(copies, "photo")) of --unknown are copies of others and left out"
                ] : [])
    }

    /// Places of the photos that are not among `known`; the others are told, on the rank that asks.
    ///
    /// - Parameter whose: what the known ones are, for the message.
    func places(without known: Set<ContentHash>, in whose: String) -> [Int] {
        let places = hashes.indices.filter { !known.contains(hashes[$0]) }
        let left = hashes.count - places.count
        if left > 0, let first = hashes.indices.first(where: { known.contains(hashes[$0]) }) {
            Ending.say(
                "\(Figures.count(left, "photo")) of --unknown are among \(whose.shown) and left out "
                    + "(\(paths[first].shown)\(left > 1 ? ", …" : ""))"
            )
        }
        return places
    }
}

/// Photos of --unknown as photos without a landmark, for an evaluation.
struct PhotosWithoutLandmark: Dataset {
    let paths: [String]
    let classes: ClassIndex
    var count: Int { paths.count }
    var labels: [Int32] { [Int32](repeating: -1, count: paths.count) }
    var countsPerClass: [Int] { [Int](repeating: 0, count: classes.count) }

    func path(_ index: Int) -> String { paths[index] }
    func label(_ index: Int) -> Int32 { -1 }
    func id(_ index: Int) -> String { paths[index] }
    func landmarks(_ index: Int) -> [Int32] { [] }
}

extension Dataset {
    /// The files of all photos.
    var paths: [String] { (0..<count).map { path($0) } }
}
