/// The photos of a folder, parted into those to learn from and those held out.
public struct LoadedPhotos: Sendable {
    /// Photos to learn from.
    public let training: any Dataset
    /// Photos held out; may be empty.
    public let held: any Dataset
    /// The classes of both, which are those of `training`.
    public let classes: ClassIndex
    /// Where `held` comes from.
    public let source: HeldSource
}

/// Where the photos come from on which a network is judged.
public enum HeldSource: String, Codable, Sendable {
    /// The folder's own test photos.
    case test
    /// A seeded part of each class.
    case split
    /// All photos that the folder lists.
    case all
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
        throw ImagesError.data(
            "all \(listed.count) photos of \(directory) show \(classes.names[0]); "
                + "give photos of at least two landmarks"
        )
    }
    if let test = try layout.test(classes) {
        return LoadedPhotos(training: listed, held: test, classes: classes, source: .test)
    }
    let split = try Split(labels: listed.labels, classes: classes, share: holdOut, seed: seed)
    return LoadedPhotos(
        training: listed.subset(split.training),
        held: listed.subset(split.held),
        classes: classes,
        source: .split
    )
}

/// Photos to judge a network on.
public struct EvaluationPhotos: Sendable {
    /// The photos; their labels are those of the network, −1 for landmarks it does not know.
    public let photos: any Dataset
    /// Where they come from.
    public let source: HeldSource
}

/// Opens the photos of a folder on which a network with the given classes is judged.
///
/// These are the folder's test photos; without such, the same part of each class that
/// `openPhotos` holds out with the same `holdOut` and `seed`.
///
/// - Parameters:
///   - directory: the folder.
///   - classes: the network's classes. Tables are matched by landmark id, class folders by name.
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
    let test = try layout.test(classes)
    let chosen: (photos: any Dataset, source: HeldSource)
    if let test, !all || !layout.hasTraining {
        chosen = (test, .test)
    } else {
        let own = try layout.training()
        let listed = own.relabelled(layout.labels(of: own.classes, among: classes), classes)
        if all {
            chosen = (test.map { JoinedPhotos(listed, $0) } ?? listed, .all)
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
        )
    }
    return EvaluationPhotos(photos: chosen.photos, source: chosen.source)
}
