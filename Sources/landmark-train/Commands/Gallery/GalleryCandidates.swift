import Files
import Images
import Reporting
import Training

/// Photos that are to come to a gallery, with what they show; the same on all ranks.
struct GalleryCandidates {
    /// The photos whose files can be read.
    let photos: [Gallery.NewPhoto]
    /// The others.
    let unreadable: [SkippedPhoto]
    /// What lies in folders and is not taken, a line each.
    let remarks: [String]

    /// What rank 0 finds, which looks for all ranks.
    private struct Found: Codable {
        var paths: [String] = []
        /// The content of each as 32 hex digits; "" = it cannot be read.
        var hashes: [String] = []
        /// The landmark of each, as a place in `landmarks`.
        var places: [Int] = []
        var landmarks: [Gallery.Landmark] = []
        var remarks: [String] = []
    }

    /// Lists photos; a collective call.
    ///
    /// - Parameters:
    ///   - arguments: with `name` photos and folders of photos, without it folders of labelled photos.
    ///   - name: what all of them show; nil = folders say it.
    ///   - id: its id; nil = none.
    /// - Throws: on all ranks, where there is no photo or a folder cannot be used.
    init(_ arguments: [String], name: String?, id: Int64?, _ world: World) throws {
        let found = try world.fromRoot(Found.self) {
            guard !arguments.contains(NamedPhotos.standardInput) else {
                throw TrainingError.usage("- (standard input) cannot be added; give files")
            }
            guard name != nil || id == nil else {
                throw TrainingError.usage(
                    "--id is the id of the landmark that --name names; give both"
                )
            }
            var found = Found()
            if let name {
                try GalleryCandidates.add(arguments, name: name, id: id, to: &found)
            } else {
                for folder in arguments { try GalleryCandidates.add(folder: folder, to: &found) }
            }
            guard !found.paths.isEmpty else {
                let rest = found.remarks.map { "; \($0)" }.joined()
                throw TrainingError.data("no photo in \(arguments.joined(separator: ", "))\(rest)")
            }
            found.hashes = inspectPhotos(found.paths, world.pool).map { $0.hash?.text ?? "" }
            return found
        }
        var photos: [Gallery.NewPhoto] = []
        var unreadable: [SkippedPhoto] = []
        for (place, path) in found.paths.enumerated() {
            guard let hash = ContentHash(text: found.hashes[place]) else {
                let reason =
                    exists(path) ? "it is empty or cannot be read" : "there is no such file"
                unreadable.append(SkippedPhoto(path: path, reason: reason))
                continue
            }
            let landmark = found.landmarks[found.places[place]]
            photos.append(.init(path: path, hash: hash, landmark: landmark))
        }
        self.photos = photos
        self.unreadable = unreadable
        remarks = found.remarks
    }

    private static func add(
        _ arguments: [String],
        name: String,
        id: Int64?,
        to found: inout Found
    ) throws {
        guard name.contains(where: { !$0.isWhitespace }) else {
            throw TrainingError.usage("--name is empty; give the landmark's name")
        }
        for path in arguments {
            guard isFolder(path) else {
                found.paths.append(path)
                continue
            }
            let below = try listPhotos(below: path)
            found.paths += below.paths
            found.remarks += below.remarks.lines
        }
        found.landmarks = [Gallery.Landmark(name: name, id: id)]
        found.places = found.paths.map { _ in 0 }
    }

    private static func add(folder: String, to found: inout Found) throws {
        guard isFolder(folder) else {
            throw TrainingError.usage(
                "\(folder) is no folder of landmarks; say with --name what the photo shows"
            )
        }
        let listed = try ListedFolder(folder)
        found.remarks += listed.remarks.lines
        let parts = [listed.listedTraining, listed.listedValidation, listed.listedTest]
            .compactMap { $0 }
        guard let photos = parts.first else { return }
        let left = parts.dropFirst().reduce(0) { $0 + $1.count }
        if left > 0 {
            found.remarks.append(
                "\(Figures.count(left, "photo")) of other parts of \(folder) are left out"
            )
        }
        let first = found.landmarks.count
        let classes = photos.classes
        var names: [String: Int] = [:]
        for name in classes.names { names[name, default: 0] += 1 }
        for (label, name) in classes.names.enumerated() {
            guard case .number(let id) = classes.landmarkID(label) else {
                found.landmarks.append(.init(name: name))
                continue
            }
            // Landmarks of one name are told apart by their ids.
            let isShared = names[name, default: 0] > 1
            found.landmarks.append(.init(name: isShared ? "\(name) (\(id))" : name, id: id))
        }
        for photo in 0..<photos.count where photos.label(photo) >= 0 {
            found.paths.append(photos.path(photo))
            found.places.append(first + Int(photos.label(photo)))
        }
    }
}

/// Photos by their paths, of which nothing else is known.
struct PhotoPaths: PhotoSource {
    let paths: [String]
    func path(_ index: Int) -> String { paths[index] }
    func label(_ index: Int) -> Int32 { -1 }
}

/// What there is to say after a gallery was changed.
struct GalleryNotes {
    /// What it holds now.
    let totals: String
    /// What became of its threshold, a line each.
    let remarks: [String]

    /// Compares a gallery with what it was.
    ///
    /// - Parameter before: its threshold before.
    init(_ gallery: Gallery, before: Calibration?) {
        totals =
            "\(Figures.count(gallery.photos.count, "photo")) of "
            + Figures.count(gallery.landmarks.count, "landmark")
        guard let before else {
            remarks = []
            return
        }
        guard gallery.calibration != nil else {
            remarks = [
                "the threshold of calibrate was of another way to compare photos and is gone; calibrate again"
            ]
            return
        }
        let isOld =
            abs(gallery.photos.count - before.photos) * 5 > before.photos
            || gallery.landmarks.count != before.landmarks
        remarks =
            isOld
            ? [
                "the threshold was found with \(Figures.count(before.photos, "photo")) of "
                    + "\(Figures.count(before.landmarks, "landmark")), now there are \(totals); calibrate again"
            ] : []
    }

    /// What a gallery had already, a line for each kind.
    static func lines(_ sorting: Gallery.Sorting) -> [String] {
        func line(_ twins: [Gallery.Sorting.Twin], _ what: String) -> String? {
            guard let first = twins.first else { return nil }
            let rest = twins.count > 1 ? ", …" : ""
            return
                "\(Figures.count(twins.count, "photo")) \(what) (\(first.photo) and \(first.other)\(rest))"
        }
        return [
            line(sorting.copies, "not added: the same landmark has one of the same content"),
            line(
                sorting.contradictions,
                "not added: another landmark has one of the same content; remove the wrong one first"
            ),
        ].compactMap { $0 }
    }
}
