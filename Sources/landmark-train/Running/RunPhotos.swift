import BuiltIn
import Distributed
import Files
import Foundation
import Images
import Reporting
import Training

/// The photos of a run: a folder's, or built-in landmarks below the run folder.
enum RunPhotos {
    /// Where the built-in landmarks of a run lie.
    static func builtIn(_ run: RunFolder) -> String { run.path + "/photos" }

    /// Opens the photos on all ranks; built-in ones are rendered by rank 0 where they are missing.
    ///
    /// - Parameters:
    ///   - resumes: whether the run goes on with the photos that it noted when it began.
    ///   - draws: false = tell what built-in photos there would be and draw none.
    static func open(
        _ settings: TrainingConfiguration,
        _ run: RunFolder,
        _ world: World,
        resumes: Bool,
        draws: Bool
    ) throws -> LoadedPhotos {
        if !draws, settings.data == nil, !resumes {
            return try BuiltInFolder.plan(LandmarkSet(seed: settings.seed))
        }
        let notes = resumes ? try RunNotes.read(world) { run } : nil
        if settings.data == nil { try draw(settings, run, world) }
        let data = settings.data ?? builtIn(run)
        let shared = try SharedFolder(
            world.communicator,
            world.pool,
            node: world.topology.node,
            limit: settings.inspectAtMost,
            known: notes?.photos,
            exitCode: Ending.code
        ) {
            try ListedFolder(data, classes: notes?.classes)
        }
        return try world.together {
            var photos = try shared.folder.parted(
                shared.facts,
                holdOut: settings.holdOut,
                seed: settings.seed,
                record: notes?.photos
            )
            photos.findings = try shared.findings(
                photos.findings,
                tolerating: settings.maximumBadPhotos
            )
            if world.isRoot { try photos.requireUsable() }
            return photos
        }
    }

    /// Renders the built-in landmarks where they are missing.
    private static func draw(
        _ settings: TrainingConfiguration,
        _ run: RunFolder,
        _ world: World
    ) throws {
        let set = LandmarkSet(seed: settings.seed)
        try world.together {
            guard world.isRoot else { return }
            let terminal = Terminal.standardError
            let total = set.trainingPhotos + set.testPhotos
            let threads = world.topology.allowedProcessors
            try BuiltInFolder.provide(set, in: builtIn(run), threads: threads) {
                let terminal = Terminal.standardError
                terminal.replace(
                    "drawing built-in landmarks \(Figures.grouped($0))/\(Figures.grouped(total))"
                )
            }
            terminal.replace("")
        }
    }
}

/// What a run folder notes of the run's photos: which it learns from, which it holds out, and the
/// landmarks that their labels stand for.
struct RunNotes {
    /// The notes as they lie in the folder of a run.
    private struct Texts: Codable, Sendable {
        var photos: Data
        var classes: Data
        var folder: String
    }

    let photos: PhotoRecord
    let classes: ClassIndex

    /// Reads the notes on rank 0 and gives them to all ranks; nil where the run has none.
    ///
    /// - Parameters:
    ///   - needed: throw where there are none though the run has a checkpoint.
    ///   - run: names the run on rank 0; nil = there is none.
    static func read(
        _ world: World,
        needed: Bool = true,
        _ run: () -> RunFolder?
    ) throws -> RunNotes? {
        let files = try world.fromRoot { () -> Texts? in
            guard let folder = run() else { return nil }
            if let photos = try contents(of: folder.photos),
                let classes = try contents(of: folder.classes)
            {
                return Texts(photos: photos, classes: classes, folder: folder.path)
            }
            guard needed, folder.latest != nil else { return nil }
            throw TrainingError.checkpoint(
                "\(folder.path) does not note which photos it learned from (photos.csv), as runs of "
                    + "earlier versions; start a new run from its weights with --weights"
            )
        }
        guard let files else { return nil }
        return try world.together {
            try RunNotes(Array(files.photos), Array(files.classes), files.folder)
        }
    }

    /// Reads the notes of a run in one process; nil where there are none.
    init?(_ run: RunFolder) throws {
        guard let photos = try contents(of: run.photos), let classes = try contents(of: run.classes)
        else { return nil }
        try self.init(Array(photos), Array(classes), run.path)
    }

    private init(_ photos: [UInt8], _ classes: [UInt8], _ path: String) throws {
        let run = RunFolder(path)
        self.photos = try PhotoRecord(photos, from: run.photos)
        do {
            self.classes = try JSONDecoder().decode(ClassIndex.self, from: Data(classes))
        } catch {
            throw TrainingError.checkpoint("\(run.classes) is no longer as the run wrote it")
        }
        let count = self.classes.count
        guard (self.photos.learned.labels + self.photos.held.labels).allSatisfy({ $0 < count })
        else {
            throw TrainingError.checkpoint(
                "\(run.photos) has labels beyond the \(count) classes of \(run.classes)"
            )
        }
    }

    /// Notes the photos of a run in its folder.
    static func write(_ photos: LoadedPhotos, _ run: RunFolder) throws {
        try OutputFile.write(try photos.classes.jsonPage(), to: run.classes)
        try OutputFile.write(Data(photos.record.bytes), to: run.photos)
    }
}
