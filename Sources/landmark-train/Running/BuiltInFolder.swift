import BuiltIn
import Files
import Images

/// Folders of built-in landmarks in the layout of Google Landmarks: `train.csv`, `test.csv`,
/// `train_label_to_category.csv`, JPEGs below `train/` and `test/`.
enum BuiltInFolder {
    /// Draws a set beside `directory`, which gets its name when it is complete.
    ///
    /// - Parameters:
    ///   - directory: a folder that is empty or not there yet.
    ///   - progress: called now and then, on any thread, with the number of photos drawn so far.
    /// - Throws: `ImagesError.usage` for impossible numbers, `ImagesError.files` where the folder is
    ///   taken or cannot be written.
    static func draw(
        _ set: LandmarkSet,
        into directory: String,
        threads: Int,
        progress: @Sendable (Int) -> Void = { _ in }
    ) throws {
        if let problem = set.problem { throw ImagesError.usage(problem) }
        let folder = try NewFolder(directory)
        let photos = BuiltInPhotos(set)
        try folder.makeFolders(photos.photos.map(\.folder))
        try photos.draw(threads: threads, progress: progress) { photo, picture in
            var bitmap = Bitmap(width: picture.width, height: picture.height)
            bitmap.pixels = picture.pixels
            try folder.write(encodeJPEG(bitmap, quality: photo.quality), photo.place)
        }
        for (name, text) in try photos.tables() { try folder.write(Array(text.utf8), name) }
        try folder.publish()
    }

    /// Draws a set into a folder for these photos alone, unless they are there already.
    ///
    /// - Throws: as `draw`, and where the folder holds other photos.
    static func provide(
        _ set: LandmarkSet,
        in directory: String,
        threads: Int,
        progress: @Sendable (Int) -> Void
    ) throws {
        guard exists(directory + "/train.csv") else {
            return try draw(set, into: directory, threads: threads, progress: progress)
        }
        let notes = try contents(of: directory + "/" + BuiltInPhotos.notes)
        guard notes.flatMap(LandmarkSet.init(json:)) == set else {
            throw ImagesError.files(
                "\(directory) holds other photos than the built-in landmarks asked for; "
                    + "remove it or name another folder"
            )
        }
    }

    /// What `provide` would draw, without drawing any: photos have labels but no files.
    static func plan(_ set: LandmarkSet) throws -> LoadedPhotos {
        if let problem = set.problem { throw ImagesError.usage(problem) }
        let photos = BuiltInPhotos(set)
        let ids = photos.ids.map(Int64.init)
        let classes = ClassIndex(
            fitting: ids,
            names: Dictionary(uniqueKeysWithValues: zip(ids, photos.names))
        )
        return LoadedPhotos(
            planned: PlannedPhotos(photos.photos.filter { !$0.isTest }, classes),
            held: PlannedPhotos(photos.photos.filter(\.isTest), classes),
            source: .test
        )
    }
}

/// Photos that are not drawn yet; the ids of landmarks ascend, so that label k is landmark k.
private struct PlannedPhotos: Dataset {
    let photos: [BuiltInPhotos.Photo]
    let classes: ClassIndex
    let labels: [Int32]
    let countsPerClass: [Int]

    init(_ photos: [BuiltInPhotos.Photo], _ classes: ClassIndex) {
        self.photos = photos
        self.classes = classes
        labels = photos.map { Int32($0.landmark) }
        var counts = [Int](repeating: 0, count: classes.count)
        for photo in photos { counts[photo.landmark] += 1 }
        countsPerClass = counts
    }

    var count: Int { photos.count }
    func id(_ index: Int) -> String { photos[index].id }
    func path(_ index: Int) -> String { photos[index].place }
    func label(_ index: Int) -> Int32 { labels[index] }
}
