/// The photos of a folder, parted into those to learn from and those held out.
public struct LoadedPhotos: Sendable {
    /// Photos to learn from.
    public let training: any Dataset
    /// Photos held out, by which the best weights are chosen; may be empty.
    public let held: any Dataset
    /// Photos for a test of the finished network; nil unless the folder has them beside those held out.
    public let test: (any Dataset)?
    /// The classes of all, which are those of `training`.
    public let classes: ClassIndex
    /// Where `held` comes from.
    public let source: HeldSource
    /// What the user should know about the folder.
    public let remarks: PhotoRemarks
}

/// Where the photos come from on which a network is judged.
public enum HeldSource: String, Codable, Sendable {
    /// The folder's own test photos.
    case test
    /// The folder's own validation photos.
    case validation
    /// A seeded part of each class.
    case split
    /// All photos that the folder lists.
    case all
}

/// The photos that a folder itself sets apart from those to learn from.
struct HeldParts {
    /// Photos of its validation part; nil where there are none.
    let validation: PhotoList?
    /// Photos of its test part; nil where there are none.
    let test: PhotoList?
    private let layout: PhotoRemarks

    /// Lists the parts of a layout, with labels among `classes`.
    init(_ layout: any PhotoLayout, _ classes: ClassIndex) throws {
        var remarks = layout.remarks
        func part(_ list: PhotoList?) -> PhotoList? {
            guard let list, list.count == 0 else { return list }
            remarks = remarks + list.remarks
            return nil
        }
        validation = part(try layout.validation(classes))
        test = part(try layout.test(classes))
        self.layout = remarks
    }

    /// What there is to say about the folder and these lists of it.
    func remarks(_ lists: PhotoList?...) -> PhotoRemarks {
        lists.compactMap { $0?.remarks }.reduce(layout, +)
    }
}

/// Opens a folder of photos: Google Landmarks files, or one folder per class.
///
/// - Parameters:
///   - directory: the folder.
///   - holdOut: share of each class to hold out where the folder has no test photos.
///   - seed: seed of that choice.
/// - Throws: `ImagesError` where there is no such folder, where its tables lack columns or rows,
///   where no photo is found, or where all photos show the same landmark.
public func openPhotos(
    _ directory: String,
    holdOut: Double,
    seed: UInt64
) throws -> LoadedPhotos {
    let layout = try findLayout(directory)
    let listed = try layout.training()
    let classes = listed.classes
    guard classes.count > 1 else {
        let advice = listed.remarks.notes.first ?? "give photos of at least two landmarks"
        throw ImagesError.data(
            "all \(listed.count) photos of \(directory) show \(classes.names[0]); \(advice)"
        )
    }
    let parts = try HeldParts(layout, classes)
    let remarks = parts.remarks(listed, parts.validation, parts.test)
    if let held = parts.validation ?? parts.test {
        return LoadedPhotos(
            training: listed,
            held: held,
            test: parts.validation == nil ? nil : parts.test,
            classes: classes,
            source: parts.validation == nil ? .test : .validation,
            remarks: remarks
        )
    }
    let split = try Split(labels: listed.labels, classes: classes, share: holdOut, seed: seed)
    return LoadedPhotos(
        training: listed.subset(split.training),
        held: listed.subset(split.held),
        test: nil,
        classes: classes,
        source: .split,
        remarks: remarks
    )
}

/// Photos to judge a network on.
public struct EvaluationPhotos: Sendable {
    /// The photos; their labels are those of the network, −1 for landmarks it does not know.
    public let photos: any Dataset
    /// Where they come from.
    public let source: HeldSource
    /// What the user should know about them.
    public let remarks: PhotoRemarks
}

/// Opens the photos of a folder on which a network with the given classes is judged.
///
/// These are the folder's test photos; without such, its validation photos; without such, the same part
/// of each class that `openPhotos` holds out with the same `holdOut` and `seed`.
///
/// - Parameters:
///   - directory: the folder.
///   - classes: the network's classes, found among the folder's as `ClassMatch` says.
///   - all: whether to take all photos that the folder lists instead.
/// - Throws: as `openPhotos`, and where the network knows none of the landmarks.
public func openEvaluation(
    _ directory: String,
    classes: ClassIndex,
    holdOut: Double,
    seed: UInt64,
    all: Bool = false
) throws -> EvaluationPhotos {
    let layout = try findLayout(directory)
    let parts = try HeldParts(layout, classes)
    let held = parts.test ?? parts.validation
    let chosen: (photos: any Dataset, source: HeldSource)
    var remarks = parts.remarks(held)
    if let held, !all {
        chosen = (held, parts.test == nil ? .validation : .test)
    } else if let held, !layout.hasTraining {
        let others = parts.test == nil ? nil : parts.validation
        remarks = parts.remarks(held, others)
        chosen = (others.map { JoinedPhotos($0, held) } ?? held, .all)
    } else {
        let own = try layout.training()
        let listed = own.labelled(among: classes)
        remarks = parts.remarks(listed, parts.validation, parts.test)
        if all {
            let others = [parts.validation, parts.test].compactMap { $0 }
            chosen = (others.reduce(listed as any Dataset) { JoinedPhotos($0, $1) }, .all)
        } else {
            // The split goes by the folder's own classes, as it did in training.
            let split = try Split(
                labels: own.labels,
                classes: own.classes,
                share: holdOut,
                seed: seed
            )
            chosen = (listed.subset(split.held), .split)
        }
    }
    guard chosen.photos.count > 0 else {
        throw ImagesError.data(
            "\(directory) has no test photos and none are held out; take all photos instead"
        )
    }
    guard chosen.photos.labels.contains(where: { $0 >= 0 }) else {
        throw ImagesError.data(
            "none of the landmarks of \(directory) is among the \(classes.count) that the network "
                + "knows; give the photos of a folder like the one it was trained on"
                + (remarks.notes.map { "; \($0)" }.joined())
        )
    }
    return EvaluationPhotos(photos: chosen.photos, source: chosen.source, remarks: remarks)
}
