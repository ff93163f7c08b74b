import Files
import Foundation
import Tensors

/// Which photos of a dataset are trained on and which are held out; indices ascend.
public struct Split: Sendable, Equatable {
    /// Training photos.
    public var training: [UInt32] = []
    /// Photos held out.
    public var held: [UInt32] = []

    /// Holds out a share of the photos, but leaves each class one photo to learn from.
    ///
    /// Whether a photo is held out depends on the seed and the photo's identity alone, so that it does
    /// not move when the folder grows, is sorted anew or renamed; photos of one identity, which are
    /// copies, are on one side. Where all photos of a class would be held out, the one that came
    /// closest to being trained on is trained on, with its copies; where none of all would be
    /// held out, the one that came closest is.
    ///
    /// - Parameters:
    ///   - labels: the class of each photo; a photo of none is trained on.
    ///   - identities: what each photo is known by.
    ///   - share: the probability of being held out.
    /// - Throws: `ImagesError.usage` unless 0 ≤ `share` < 1.
    public init(
        labels: [Int32],
        identities: [ContentHash],
        classes: Int,
        share: Double,
        seed: UInt64
    ) throws {
        guard share >= 0, share < 1 else {
            throw ImagesError.usage(
                "the share held out is \(share); give 0 or more, and less than 1"
            )
        }
        guard share > 0 else {
            training = labels.indices.map { UInt32($0) }
            return
        }
        let lots = identities.map { $0.lot(seed: seed) }
        var largest = [Int](repeating: -1, count: classes)
        for photo in labels.indices where labels[photo] >= 0 {
            let label = Int(labels[photo])
            if largest[label] < 0 || lots[photo] > lots[largest[label]] { largest[label] = photo }
        }
        let kept = Set(
            largest.filter { $0 >= 0 && lots[$0] < share }.map { identities[$0] }
        )
        func mayBeHeld(_ photo: Int) -> Bool {
            labels[photo] >= 0 && (kept.isEmpty || !kept.contains(identities[photo]))
        }
        var isHeld = labels.indices.map { lots[$0] < share && mayBeHeld($0) }
        if !isHeld.contains(true) {
            // The photo that leaves its class first, of a class that has others.
            let others = Set(largest.filter { $0 >= 0 }.map { identities[$0] })
            let free = labels.indices.filter { mayBeHeld($0) && !others.contains(identities[$0]) }
            if let first = free.min(by: { lots[$0] < lots[$1] }) {
                for photo in free where identities[photo] == identities[first] {
                    isHeld[photo] = true
                }
            }
        }
        training.reserveCapacity(labels.count)
        for photo in labels.indices {
            if isHeld[photo] { held.append(UInt32(photo)) } else { training.append(UInt32(photo)) }
        }
    }
}

/// Writes a split of the photos of a folder to another one, which can be given as `--data` then.
///
/// Of Google Landmarks files it gets new tables and a link to the photos; of class folders a link to
/// each photo, in `train` and `test`. No photo is copied.
///
/// - Parameters:
///   - directory: the folder of photos, without a test split of its own.
///   - target: a folder that is empty or not there yet.
///   - holdOut: share of each class that goes into the test split, 0 < `holdOut` < 1.
///   - seed: seed of the choice; a run makes the same with the same one.
///   - threads: threads that inspect the photos.
///   - inspectAtMost: photos of a folder that are inspected, by which copies are kept on one side.
/// - Returns: the photos, parted as in the new folder.
/// - Throws: as `openPhotos`; `ImagesError.files` where the folder is taken or cannot be written.
@discardableResult
public func writeSplit(
    of directory: String,
    into target: String,
    holdOut: Double,
    seed: UInt64,
    threads: Int = 1,
    inspectAtMost: Int = ListedFolder.inspectedAtMost
) throws -> LoadedPhotos {
    guard holdOut > 0 else {
        throw ImagesError.usage("the share held out is \(holdOut); give more than 0, less than 1")
    }
    let pool = ThreadPool(threads: max(threads, 1))
    defer { pool.close() }
    let listed = try ListedFolder(directory)
    let facts =
        listed.count <= inspectAtMost ? listed.inspect(0..<listed.count, pool) : []
    let photos = try listed.parted(facts, holdOut: holdOut, seed: seed)
    guard photos.source == .split else {
        throw ImagesError.data("\(directory) has test photos already; nothing is left to split")
    }
    let folder = try NewFolder(target)
    if let files = listed.training?.files as? LandmarkFiles {
        try folder.write(table(photos.training), "train.csv")
        try folder.write(table(photos.held), "test.csv")
        try folder.write(names(photos.classes), "train_label_to_category.csv")
        try folder.link("train", to: Path.absolute(files.root))
    } else {
        for (part, list) in [("train", photos.training), ("test", photos.held)] {
            let ids = (0..<list.count).map { list.id($0) }
            try folder.makeFolders(
                [part] + ids.map { part + "/" + Path.parent(of: $0) }
            )
            for (index, id) in ids.enumerated() {
                try folder.link(part + "/" + id, to: Path.absolute(list.path(index)))
            }
        }
    }
    try folder.publish()
    return photos
}

private func table(_ photos: any Dataset) -> [UInt8] {
    var text = "id,landmark_id\n"
    for index in 0..<photos.count {
        text += "\(photos.id(index)),\(photos.classes.ids[Int(photos.label(index))])\n"
    }
    return Array(text.utf8)
}

private func names(_ classes: ClassIndex) -> [UInt8] {
    var text = "landmark_id,category\n"
    for (id, name) in zip(classes.ids, classes.names) {
        // Underscores stand for spaces in this file, and percent signs for bytes.
        let safe = name.replacingOccurrences(of: "%", with: "%25")
            .replacingOccurrences(of: "_", with: "%5F")
        text += "\(id),\(CommaSeparated.quoted(safe))\n"
    }
    return Array(text.utf8)
}
