/// Opens what a folder lists, to describe it: tables are enough, the photos need not be there.
///
/// - Returns: the photos to learn from, and as `held` those of the folder's own test split, if any.
/// - Throws: `ImagesError` as `openPhotos`, but for missing photos and for a single landmark.
public func openListed(_ directory: String) throws -> LoadedPhotos {
    let layout = try findLayout(directory, needsPhotos: false)
    let listed = try layout.training()
    let test = try layout.test(listed.classes)
    return LoadedPhotos(
        training: listed,
        held: test ?? listed.subset([]),
        classes: listed.classes,
        source: test == nil ? .split : .test
    )
}

/// Opens the photos of a folder that a table lists, to judge a network on.
///
/// - Parameters:
///   - table: a csv file with the columns id and landmark_id.
///   - directory: the folder with the photos at `a/b/c/<id>.jpg`, or with `test/` or `train/` above.
///   - classes: the network's classes.
/// - Throws: `ImagesError` where the table cannot be used, where none of its photos is there, and
///   where the network knows none of its landmarks.
public func openTable(
    _ table: String,
    in directory: String,
    classes: ClassIndex
) throws -> EvaluationPhotos {
    guard let photos = try LandmarkLayout(directory, table: table).test(classes),
        photos.labels.contains(where: { $0 >= 0 })
    else {
        throw ImagesError.data(
            "none of the landmarks in \(table) is among the \(classes.count) that the network knows"
        )
    }
    return EvaluationPhotos(photos: photos, source: .test)
}
