/// Opens what a folder lists, to describe it: tables are enough, the photos need not be there.
///
/// - Returns: the photos to learn from, and those of the folder's own validation and test parts, if any.
/// - Throws: `ImagesError` as `openPhotos`, but for missing photos and for a single landmark.
public func openListed(_ directory: String) throws -> LoadedPhotos {
    let layout = try findLayout(directory, needsPhotos: false)
    let listed = try layout.training()
    let parts = try HeldParts(layout, listed.classes)
    let source: HeldSource =
        parts.validation != nil ? .validation : parts.test != nil ? .test : .split
    return LoadedPhotos(
        training: listed,
        held: parts.validation ?? parts.test ?? listed.subset([]),
        test: parts.validation == nil ? nil : parts.test,
        classes: listed.classes,
        source: source,
        remarks: parts.remarks(listed, parts.validation, parts.test)
    )
}

/// Opens the photos of a folder that a table lists, to judge a network on.
///
/// - Parameters:
///   - table: a csv file with the columns id and landmark_id, or id and landmarks as contests have it.
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
    return EvaluationPhotos(photos: photos, source: .test, remarks: photos.remarks)
}

/// Opens the photos of a folder that a table lists, to answer what they show.
///
/// - Parameters:
///   - table: a csv file with a column id; what it says of landmarks is not looked at.
///   - directory: as in `openTable`.
/// - Throws: `ImagesError` where the table cannot be used, and where none of its photos is there.
public func openUnlabelled(_ table: String, in directory: String) throws -> any Dataset {
    let ids = try LandmarkTable.readIDs(table)
    let layout = try LandmarkLayout(directory, unlabelled: table)
    return PhotoList(
        files: try layout.files(ids, of: table),
        classes: ClassIndex(folders: []),
        labels: [Int32](repeating: -1, count: ids.count)
    )
}

extension EvaluationPhotos {
    /// The photos of one use, or all but those that a contest ignores.
    ///
    /// - Parameter usage: a word of the table's column `Usage`, in any case; nil = all that count.
    /// - Throws: `ImagesError` where the table does not have it.
    public func used(as usage: String?) throws -> EvaluationPhotos {
        var uses: [String: Int] = [:]
        for index in 0..<photos.count {
            if let use = photos.usage(index) { uses[use, default: 0] += 1 }
        }
        let ignored = uses.filter { $0.key.lowercased() == "ignored" }.values.reduce(0, +)
        guard usage != nil || ignored > 0 else { return self }
        guard !uses.isEmpty else {
            throw ImagesError.usage(
                "--usage chooses rows of a table by its column Usage, and there is none; leave it out"
            )
        }
        let wanted = usage?.lowercased()
        let chosen = (0..<photos.count).filter { index in
            let use = (photos.usage(index) ?? "").lowercased()
            return wanted.map { $0 == use } ?? (use != "ignored")
        }
        guard !chosen.isEmpty else {
            throw ImagesError.usage(
                "no photo is used as '\(usage ?? "")'; the table has "
                    + listed(uses.keys.sorted(), limit: 5)
            )
        }
        var remarks = remarks
        if wanted == nil {
            remarks.unused.append("\(counted(ignored, "photo")) that the table has as Ignored")
        }
        return EvaluationPhotos(
            photos: ChosenPhotos(photos, chosen),
            source: source,
            remarks: remarks
        )
    }
}
