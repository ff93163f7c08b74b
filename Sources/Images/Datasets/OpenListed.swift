/// Opens the photos of a folder that a table lists, to answer what they show.
///
/// - Parameters:
///   - table: a csv file with a column id; what it says of landmarks is not looked at.
///   - directory: the folder, as of `openPhotos`.
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
        for index in 0..<judged.count {
            if let use = judged.usage(index) { uses[use, default: 0] += 1 }
        }
        let ignored = uses.filter { $0.key.lowercased() == "ignored" }.values.reduce(0, +)
        guard usage != nil || ignored > 0 else { return self }
        guard !uses.isEmpty else {
            throw ImagesError.usage(
                "--usage chooses rows of a table by its column Usage, and there is none; leave it out"
            )
        }
        let wanted = usage?.lowercased()
        let chosen = (0..<judged.count).filter { index in
            let use = (judged.usage(index) ?? "").lowercased()
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
            judged: ChosenPhotos(judged, chosen),
            added: added,
            source: source,
            learned: learned,
            remarks: remarks,
            findings: findings,
            renewed: renewed
        )
    }
}
