import Files
import Foundation
import Synchronization
import Tensors

/// Renders built-in landmarks as JPEGs, with tables in the layout of Google Landmarks:
/// `train.csv`, `test.csv`, `train_label_to_category.csv`, photos below `train/` and `test/`.
///
/// The bytes depend on `set` alone. All is written beside `directory` and gets its name when it is
/// complete.
///
/// - Parameters:
///   - directory: a folder that is empty or not there yet.
///   - set: what to render.
///   - threads: threads that render.
///   - progress: called now and then, on any thread, with the number of photos rendered so far.
/// - Throws: `ImagesError.usage` for impossible numbers, `ImagesError.files` where the folder is
///   taken or cannot be written.
public func renderLandmarks(
    into directory: String,
    _ set: LandmarkSet,
    threads: Int,
    progress: @Sendable (Int) -> Void = { _ in }
) throws {
    try set.check()
    let folder = try NewFolder(directory)
    let plan = RenderingPlan(set)
    try folder.makeFolders(plan.photos.map(\.folder))
    let done = Atomic<Int>(0)
    let failure = Mutex<(any Error)?>(nil)
    let pool = ThreadPool(threads: max(threads, 1))
    defer { pool.close() }
    // Photos of a landmark lie together, so that it is built once for many of them.
    pool.parallelRanges(plan.photos.count, grain: 16) { range, _ in
        var photographer: Photographer?
        for photo in plan.photos[range] where failure.withLock({ $0 == nil }) {
            do {
                let current: Photographer
                if let photographer, photographer.number == photo.landmark {
                    current = photographer
                } else {
                    current = Photographer(photo.landmark, seed: set.seed)
                    photographer = current
                }
                let bitmap = current.photo(photo.number, side: set.imageSize)
                try folder.write(encodeJPEG(bitmap, quality: photo.quality), photo.place)
            } catch {
                failure.withLock { $0 = error }
            }
        }
        progress(done.add(range.count, ordering: .relaxed).newValue)
    }
    if let error = failure.withLock({ $0 }) { throw error }
    for (name, text) in try plan.tables() { try folder.write(Array(text.utf8), name) }
    try folder.publish()
}

/// The built-in landmarks of `set` as `provideBuiltIn` would draw them, without drawing any: photos have
/// labels but no files.
public func planBuiltIn(_ set: LandmarkSet) throws -> LoadedPhotos {
    try set.check()
    let plan = RenderingPlan(set)
    let ids = set.ids().map(Int64.init)
    let names = ids.enumerated().map { ($1, BuiltInLandmark.name($0, seed: set.seed)) }
    let classes = ClassIndex(
        fitting: ids,
        names: Dictionary(names, uniquingKeysWith: { first, _ in first })
    )
    func list(_ part: String, _ photos: [RenderingPlan.Photo]) -> PhotoList {
        var photoIDs = PhotoIDs()
        for photo in photos { photoIDs.append(photo.id) }
        return PhotoList(
            files: LandmarkFiles(root: part, ids: photoIDs),
            classes: classes,
            labels: classes.labels(of: photos.map { ids[$0.landmark] })
        )
    }
    return LoadedPhotos(
        training: list("train", plan.photos.filter { !$0.isTest }),
        held: list("test", plan.photos.filter(\.isTest)),
        test: nil,
        classes: classes,
        source: .test,
        remarks: PhotoRemarks(),
        findings: PhotoFindings(),
        makeRecord: { PhotoRecord() }
    )
}

/// Renders built-in landmarks into `directory`, unless they are there already.
///
/// - Parameters:
///   - directory: a folder for these photos alone.
///   - set: what to render.
///   - threads: threads that render.
///   - progress: as in `renderLandmarks`.
/// - Throws: as `renderLandmarks`, and where the folder holds other photos.
public func provideBuiltIn(
    in directory: String,
    _ set: LandmarkSet,
    threads: Int,
    progress: @Sendable (Int) -> Void = { _ in }
) throws {
    if exists(directory + "/train.csv") {
        let found = try contents(of: directory + "/" + RenderingPlan.settings)
            .flatMap(LandmarkSet.parse)
        guard found == set else {
            throw ImagesError.files(
                "\(directory) holds other photos than the built-in landmarks asked for; "
                    + "remove it or name another folder"
            )
        }
    } else {
        try renderLandmarks(into: directory, set, threads: threads, progress: progress)
    }
}
