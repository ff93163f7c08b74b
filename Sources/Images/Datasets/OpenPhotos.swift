public import Tensors

/// The photos of a folder, split into training photos and held-out photos.
public struct LoadedPhotos: Sendable {
    /// Training photos.
    public let training: any Dataset
    /// Photos held out, by which the best weights are chosen; may be empty.
    public let held: any Dataset
    /// Photos for a test of the finished network; nil unless the folder has them beside those held out.
    public let test: (any Dataset)?
    /// The classes of both, which are those of `training`.
    public let classes: ClassIndex
    /// Where `held` comes from.
    public let source: HeldSource
    /// What the user should know about the folder.
    public let remarks: PhotoRemarks
    /// What was found about the photos on the way.
    public var findings: PhotoFindings
    /// Makes what a run notes of its photos.
    let makeRecord: @Sendable () -> PhotoRecord

    /// What a run notes of its photos.
    public var record: PhotoRecord { makeRecord() }

    /// Throws what would keep the photos from being used at all: nothing to read among those to learn
    /// from, or among those held out, or held-out photos of strange landmarks alone.
    ///
    /// Photos are decoded until one can be; of a folder that is too large to inspect, only some.
    public func requireUsable() throws {
        guard held.count == 0 || held.labels.contains(where: { $0 >= 0 }) else {
            throw ImagesError.data(
                "none of the \(grouped(held.count)) held-out photos shows one of the "
                    + "\(grouped(classes.count)) landmarks to learn, such as \(held.path(0)); give "
                    + "them the names that the landmarks have in training"
            )
        }
        for (photos, what) in [(training, "photos to learn from"), (held, "held-out photos")]
        where photos.count > 0 {
            let reader = try PhotoReader()
            let limit = findings.inspected < findings.listed ? 100 : photos.count
            var first: PhotoError?
            let isReadable = (0..<min(limit, photos.count)).contains { index in
                do throws(PhotoError) {
                    _ = try reader.check(photos.path(index))
                    return true
                } catch {
                    first = first ?? error
                    return false
                }
            }
            // What was not inspected may still hold some.
            guard !isReadable, limit >= photos.count, let first else { continue }
            throw ImagesError.data(
                "none of the \(grouped(photos.count)) \(what) can be read, the first being "
                    + "\(first); `landmark-train dataset check` lists all"
            )
        }
    }

    /// How many of the held-out photos another run has trained on.
    public func heldOutPhotos(learnedBy other: PhotoRecord) -> Int {
        let match = other.isLearned(namesTell: false)
        let own = record.held
        return (0..<own.count).count { match(own.name($0), own.fact($0)) == .learned }
    }
}

extension LoadedPhotos {
    /// Photos that are planned but not there yet: they have labels and names, no files.
    public init(planned training: any Dataset, held: any Dataset, source: HeldSource) {
        self.init(
            training: training,
            held: held,
            test: nil,
            classes: training.classes,
            source: source,
            remarks: PhotoRemarks(),
            findings: PhotoFindings(),
            makeRecord: { PhotoRecord() }
        )
    }
}

/// Where the photos come from on which a network is evaluated.
public enum HeldSource: String, Codable, Sendable {
    /// The folder's own test photos.
    case test
    /// The folder's own validation photos.
    case validation
    /// A part of the photos, chosen by seed and identity.
    case split
    /// All photos that the folder lists.
    case all
}

/// Opens a folder of photos in one process: Google Landmarks files, or one folder per class.
///
/// - Parameters:
///   - directory: the folder.
///   - holdOut: share of the photos to hold out where the folder has no test photos.
///   - seed: seed of that choice.
///   - pool: threads that inspect each file, by which copies are found and photos are known; nil =
///     photos are known by their names, and none is looked at.
/// - Throws: `ImagesError` where there is no such folder, where its tables lack columns or rows,
///   where no photo is found, or where all photos show the same landmark.
public func openPhotos(
    _ directory: String,
    holdOut: Double,
    seed: UInt64,
    inspectedBy pool: ThreadPool? = nil
) throws -> LoadedPhotos {
    let folder = try ListedFolder(directory)
    let facts = pool.map { folder.inspect(0..<folder.count, $0) } ?? []
    return try folder.parted(facts, holdOut: holdOut, seed: seed)
}

extension ListedFolder {
    /// Splits the photos into training photos and held-out photos.
    ///
    /// - Parameters:
    ///   - facts: what is known of each photo's file; empty = nothing.
    ///   - holdOut: share of the photos to hold out where the folder has no test photos.
    ///   - seed: seed of that choice.
    ///   - record: the photos of a resumed run, which are found again by their content or
    ///     name; nil = a new run.
    /// - Throws: `ImagesError` where there is nothing to learn from, or to tell apart.
    public func parted(
        _ facts: [PhotoFact],
        holdOut: Double,
        seed: UInt64,
        record: PhotoRecord? = nil
    ) throws -> LoadedPhotos {
        guard let training else {
            throw ImagesError.data("\(directory) has test.csv but no train.csv to learn from")
        }
        guard classes.count > 1 else {
            let advice = training.remarks.notes.first ?? "give photos of at least two landmarks"
            throw ImagesError.data(
                "all \(training.count) photos of \(directory) show \(classes.names[0]); \(advice)"
            )
        }
        var parting = TrainingSplit(self, facts: facts)
        let chosen: FolderPhotos
        let heldOut: FolderPhotos
        if let record {
            let found = try parting.find(record)
            chosen = FolderPhotos(self, found.learned, labels: record.learned.labels)
            heldOut = FolderPhotos(self, found.held, labels: found.heldLabels)
        } else {
            let (learned, held) = try parting.part(training, share: holdOut, seed: seed)
            chosen = FolderPhotos(self, learned)
            heldOut = FolderPhotos(self, held)
        }
        guard chosen.count > 0 else {
            throw ImagesError.data(
                "none of the \(training.count) photos that \(directory) lists is there; "
                    + "check that it is the right folder and that all of it was copied"
            )
        }
        let tested =
            validation == nil ? [] : parting.apart(testPhotos, from: chosen.photos)
        return LoadedPhotos(
            training: chosen,
            held: heldOut,
            test: tested.isEmpty ? nil : FolderPhotos(self, tested),
            classes: classes,
            source: validation != nil ? .validation : test != nil ? .test : .split,
            remarks: remarks,
            findings: parting.findings,
            makeRecord: { record ?? PhotoRecord(chosen, heldOut, facts) }
        )
    }
}

extension PhotoRecord {
    /// What a run notes of its photos.
    init(_ learned: FolderPhotos, _ held: FolderPhotos, _ facts: [PhotoFact]) {
        func part(_ photos: FolderPhotos) -> Part {
            var part = Part()
            for (index, label) in photos.labels.enumerated() {
                let photo = Int(photos.photos[index])
                part.append(photos.folder.name(photo), label, facts.isEmpty ? nil : facts[photo])
            }
            return part
        }
        self.init()
        self.learned = part(learned)
        self.held = part(held)
    }
}
